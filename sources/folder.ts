import { type BigIntStats, constants } from 'node:fs';
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

/** Longer ago than this, a change of a file shows in its times. */
const settledMs = 2_000n;

const skippedFolders = new Set(['node_modules']);

/**
 * A file, or all files below a folder in the order of their paths, without hidden ones and `node_modules`. The id of
 * a document is its path from the folder's name on, with `/` on every system; of a single file its name.
 * Links are followed as long as they stay inside the folder. A file counts as the same while its size and times are.
 *
 * A path that does not exist is an {InvalidInput} when the items are listed.
 */
export function createFolderSource(path: string, options: FolderSourceOptions): Source {
  const start = resolve(path);
  // The root of a file system has no name.
  const id = basename(start) || 'root';
  return {
    collections: [
      {
        source: options.source ?? 'files',
        idPrefix: `${id}/`,
        // Another folder of this name has documents of its own.
        uriPrefix: pathToFileURL(start.endsWith(sep) ? start : start + sep).href,
      },
    ],
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
        id,
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
    yield refusedItem(folder.shown, entries, `${folder.id}/`);
    return;
  }
  for (const name of entries.sort()) {
    if (name.startsWith('.') || skippedFolders.has(name)) continue;
    const path = join(folder.path, name);
    const shown = join(folder.shown, name);
    const id = `${folder.id}/${name}`;
    const target = await inspect(path, folder.realRoot).catch((cause: Error) => cause);
    if (target instanceof Error) yield refusedItem(shown, target, id);
    else if (target.kind === 'file') yield createItem(shown, path, id, options, target.status);
    else if (target.kind === 'folder' && !folder.open.has(target.realPath)) {
      const open = new Set(folder.open).add(target.realPath);
      yield* walk({ ...folder, path, shown, id, open }, options, signal);
    }
  }
}

async function inspect(
  path: string,
  realRoot: string,
): Promise<{
  readonly kind: 'file' | 'folder' | 'other';
  readonly realPath: string;
  readonly status?: BigIntStats;
}> {
  const realPath = await realpath(path);
  const isInside =
    realPath === realRoot || realPath.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
  if (!isInside) return { kind: 'other', realPath };
  const status = await stat(realPath, { bigint: true });
  if (status.isFile()) return { kind: 'file', realPath, status };
  return { kind: status.isDirectory() ? 'folder' : 'other', realPath };
}

function createItem(
  name: string,
  path: string,
  documentId: string,
  options: FolderSourceOptions,
  listed?: BigIntStats,
): SourceItem {
  return {
    name,
    documentId,
    ...(listed !== undefined && { tag: tagOf(listed) }),
    async load(signal): Promise<Document> {
      const { content, tag } = await readFile(name, path, options.maxDocumentBytes, signal);
      return {
        documentId,
        source: options.source ?? 'files',
        uri: pathToFileURL(path).href,
        content,
        ...(tag !== undefined && { origin: { tag } }),
      };
    },
  };
}

/** Checks and reads through one handle, so that both see the same file; a named pipe would never end. */
async function readFile(
  name: string,
  path: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly content: Uint8Array; readonly tag: string | undefined }> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await file.stat({ bigint: true });
    if (!status.isFile()) throw new DocumentRefused('unreadable', `Cannot read ${name}: it is not a file`);
    if (status.size > maxBytes) {
      throw new DocumentRefused(
        'too_large',
        `Cannot read ${name}: it has ${status.size} bytes, expected at most ${maxBytes}`,
      );
    }
    // Clocks of file systems are coarse: what changed this moment may change again and look the same.
    const isSettled = BigInt(Date.now()) - status.ctimeMs > settledMs;
    return {
      content: await file.readFile(signal && { signal }),
      tag: isSettled ? tagOf(status) : undefined,
    };
  } catch (error) {
    if (error instanceof DocumentRefused || signal?.aborted) throw error;
    throw unreadable(name, error as Error);
  } finally {
    await file?.close();
  }
}

function tagOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return [size, mtimeNs, ctimeNs, ino].join(' ');
}

/** @param unlisted starts the ids of what may stand there unseen */
function refusedItem(name: string, cause: Error, unlisted: string): SourceItem {
  return { name, unlisted, load: () => Promise.reject(unreadable(name, cause)) };
}

function unreadable(name: string, cause: Error): DocumentRefused {
  return new DocumentRefused('unreadable', `Cannot read ${name}: ${describe(cause)}`, { cause });
}

function describe(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') return 'it does not exist';
  if (cause.code === 'EACCES' || cause.code === 'EPERM') return 'permission is denied';
  return cause.message;
}
