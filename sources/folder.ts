import { constants } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Document } from '../domain/document.ts';
import { DocumentRefused, InvalidInput } from '../domain/errors.ts';
import type { Source, SourceItem } from './source.ts';

export interface FolderSourceOptions {
  /** Larger files are refused unread. */
  readonly maxDocumentBytes: number;
  /** Names the source of the documents. @default "files" */
  readonly source?: string;
}

const skippedFolders = new Set(['node_modules']);

/**
 * A file, or all files below a folder in the order of their paths, without hidden ones and `node_modules`. The id of
 * a document is its path from the folder's name on, with `/` on every system; of a single file its name.
 * Links are followed as long as they stay inside the folder.
 *
 * A path that does not exist is an {InvalidInput} when the items are listed.
 */
export function createFolderSource(path: string, options: FolderSourceOptions): Source {
  const start = resolve(path);
  return {
    async *items(signal) {
      const status = await stat(start).catch((cause: Error) => {
        throw new InvalidInput('path', `Cannot read ${path}: ${describe(cause)}`, { cause });
      });
      if (!status.isDirectory()) {
        yield createItem(path, start, basename(start), options);
        return;
      }
      const realRoot = await realpath(start);
      const folder: Folder = {
        shown: path,
        path: start,
        // The root of a file system has no name.
        id: basename(start) || 'root',
        realRoot,
        open: new Set([realRoot]),
      };
      yield* walk(folder, options, signal);
    },
  };
}

interface Folder {
  readonly shown: string;
  readonly path: string;
  readonly id: string;
  readonly realRoot: string;
  /** Real paths of the folders above, so that a link to one of them does not lead in a circle. */
  readonly open: ReadonlySet<string>;
}

async function* walk(
  folder: Folder,
  options: FolderSourceOptions,
  signal: AbortSignal | undefined,
): AsyncIterable<SourceItem> {
  signal?.throwIfAborted();
  const entries = await readdir(folder.path).catch((cause: Error) => cause);
  if (entries instanceof Error) {
    yield refusedItem(folder.shown, entries);
    return;
  }
  for (const name of entries.sort()) {
    if (name.startsWith('.') || skippedFolders.has(name)) continue;
    const path = join(folder.path, name);
    const shown = join(folder.shown, name);
    const id = `${folder.id}/${name}`;
    const target = await inspect(path, folder.realRoot).catch((cause: Error) => cause);
    if (target instanceof Error) yield refusedItem(shown, target);
    else if (target.kind === 'file') yield createItem(shown, path, id, options);
    else if (target.kind === 'folder' && !folder.open.has(target.realPath)) {
      const open = new Set(folder.open).add(target.realPath);
      yield* walk({ ...folder, path, shown, id, open }, options, signal);
    }
  }
}

async function inspect(
  path: string,
  realRoot: string,
): Promise<{ readonly kind: 'file' | 'folder' | 'other'; readonly realPath: string }> {
  const realPath = await realpath(path);
  const isInside =
    realPath === realRoot || realPath.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
  if (!isInside) return { kind: 'other', realPath };
  const status = await stat(realPath);
  if (status.isFile()) return { kind: 'file', realPath };
  return { kind: status.isDirectory() ? 'folder' : 'other', realPath };
}

function createItem(
  name: string,
  path: string,
  documentId: string,
  options: FolderSourceOptions,
): SourceItem {
  return {
    name,
    async load(signal): Promise<Document> {
      const content = await readFile(name, path, options.maxDocumentBytes, signal);
      return { documentId, source: options.source ?? 'files', uri: pathToFileURL(path).href, content };
    },
  };
}

/** Checks and reads through one handle, so that both see the same file; a named pipe would never end. */
async function readFile(
  name: string,
  path: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await file.stat();
    if (!status.isFile()) throw new DocumentRefused('unreadable', `Cannot read ${name}: it is not a file`);
    if (status.size > maxBytes) {
      throw new DocumentRefused(
        'too_large',
        `Cannot read ${name}: it has ${status.size} bytes, expected at most ${maxBytes}`,
      );
    }
    return await file.readFile(signal && { signal });
  } catch (error) {
    if (error instanceof DocumentRefused || signal?.aborted) throw error;
    throw unreadable(name, error as Error);
  } finally {
    await file?.close();
  }
}

function refusedItem(name: string, cause: Error): SourceItem {
  return { name, load: () => Promise.reject(unreadable(name, cause)) };
}

function unreadable(name: string, cause: Error): DocumentRefused {
  return new DocumentRefused('unreadable', `Cannot read ${name}: ${describe(cause)}`, { cause });
}

function describe(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') return 'it does not exist';
  if (cause.code === 'EACCES' || cause.code === 'EPERM') return 'permission is denied';
  return cause.message;
}
