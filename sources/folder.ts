import type { BigIntStats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Document } from '../domain/document.ts';
import { BraidError, DocumentRefused, InvalidInput } from '../domain/errors.ts';
import {
  maxMetadataBytes,
  metadataSuffix,
  type ObjectMetadata,
  parseObjectMetadata,
} from './object-metadata.ts';
import { describeFileError, readFile, tagOfFile, unreadable } from './read-file.ts';
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
 * a document is its path from the folder's name on, with `/` on every system; of a single file its name. Its metadata
 * and access list come from the file beside it with `.metadata.json` after its name; such files are no documents.
 * Links are followed as long as they stay inside the folder. A file counts as the same while its size and times are,
 * and those of its metadata file.
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
        throw new InvalidInput('path', `Cannot read ${path}: ${describeFileError(cause)}`, { cause });
      });
      if (!status.isDirectory()) {
        yield createItem(
          { name: path, path: start },
          basename(start),
          options,
          await findBeside(path, start),
        );
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
  const names = new Set(entries);
  for (const name of entries.sort()) {
    if (name.startsWith('.') || skippedFolders.has(name)) continue;
    if (isMetadataOf(names, name)) continue;
    const found = await find(folder, name);
    const id = `${folder.id}/${name}`;
    if (found instanceof Error) yield refusedItem(join(folder.shown, name), found, id);
    else if (found.kind === 'file' && !name.endsWith(metadataSuffix)) {
      const beside = name + metadataSuffix;
      const metadata = names.has(beside) ? await find(folder, beside) : undefined;
      yield createItem(found, id, options, metadata);
    } else if (found.kind === 'folder' && !folder.open.has(found.realPath)) {
      const open = new Set(folder.open).add(found.realPath);
      yield* walk({ ...folder, path: found.path, shown: found.name, id, open }, options, signal);
    }
  }
}

/** A file as it was found; `name` is how the user knows it. */
interface FoundFile {
  readonly name: string;
  readonly path: string;
  /** Absent where it was not listed. */
  readonly status?: BigIntStats;
}

/** The metadata file of a file that is named by itself. */
async function findBeside(name: string, path: string): Promise<FoundFile | Error | undefined> {
  return stat(path + metadataSuffix).then(
    () => ({ name: name + metadataSuffix, path: path + metadataSuffix }),
    (cause: NodeJS.ErrnoException) =>
      cause.code === 'ENOENT' || cause.code === 'ENAMETOOLONG' ? undefined : cause,
  );
}

function isMetadataOf(names: ReadonlySet<string>, name: string): boolean {
  return name.endsWith(metadataSuffix) && names.has(name.slice(0, -metadataSuffix.length));
}

async function find(
  folder: Folder,
  entry: string,
): Promise<Error | (FoundFile & Awaited<ReturnType<typeof inspect>>)> {
  const path = join(folder.path, entry);
  return inspect(path, folder.realRoot).then(
    (target) => ({ ...target, name: join(folder.shown, entry), path }),
    (cause: Error) => cause,
  );
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

/** @param metadata of its metadata file, or why that cannot be looked at; absent where there is none */
function createItem(
  file: FoundFile,
  documentId: string,
  options: FolderSourceOptions,
  metadata: Error | (FoundFile & { readonly kind?: string }) | undefined,
): SourceItem {
  const { name, path } = file;
  if (metadata instanceof Error || (metadata?.kind ?? 'file') !== 'file') {
    const reason = metadata instanceof Error ? describeFileError(metadata) : 'it is no file of the folder';
    return {
      name,
      documentId,
      load: () => Promise.reject(unusable(name + metadataSuffix, reason, metadata)),
    };
  }
  const isListed = file.status !== undefined;
  return {
    name,
    documentId,
    ...(isListed && { tag: tagOf(tagOfFile(file.status), metadata?.status && tagOfFile(metadata.status)) }),
    async load(signal): Promise<Document> {
      // The list of who may read comes first: a document is never taken in under an older one than its content's.
      const described = metadata && (await readMetadata(metadata, signal));
      const { content, tag } = await readFile(name, path, options.maxDocumentBytes, signal);
      const isSettled = tag !== undefined && (described === undefined || described.tag !== undefined);
      return {
        documentId,
        source: options.source ?? 'files',
        uri: pathToFileURL(path).href,
        content,
        ...(isSettled && { origin: { tag: tagOf(tag, described?.tag) } }),
        ...(described !== undefined && {
          metadata: described.value.metadata,
          ...(described.value.access !== undefined && { access: described.value.access }),
        }),
      };
    },
  };
}

async function readMetadata(
  { name, path }: FoundFile,
  signal: AbortSignal | undefined,
): Promise<{ readonly tag: string | undefined; readonly value: ObjectMetadata }> {
  try {
    const { content, tag } = await readFile(name, path, maxMetadataBytes, signal);
    return { tag, value: parseObjectMetadata(content.toString('utf8')) };
  } catch (error) {
    if (!(error instanceof BraidError)) throw error;
    throw unusable(name, error.message, error);
  }
}

/** Its document is refused: who may read it could stand there. */
function unusable(name: string, reason: string, cause: unknown): DocumentRefused {
  return new DocumentRefused('invalid_document', `Cannot use ${name}: ${reason}`, { cause });
}

function tagOf(file: string, metadata: string | undefined): string {
  return metadata === undefined ? file : `${file} | ${metadata}`;
}

/** @param unlisted starts the ids of what may stand there unseen */
function refusedItem(name: string, cause: Error, unlisted: string): SourceItem {
  return { name, unlisted, load: () => Promise.reject(unreadable(name, cause)) };
}
