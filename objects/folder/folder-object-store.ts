import { randomUUID } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { BraidError, InvalidInput, ObjectStoreFailure } from '../../domain/errors.ts';
import type { ObjectInfo, ObjectStore } from '../object-store.ts';
import { listFolder, partPrefix } from './list-folder.ts';
import { sweepParts } from './sweep-parts.ts';

/** No link is followed, and a named pipe is not waited for. */
const readOnly = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Keeps objects as files below a folder, which is made with the first of them. A key is a path: one that could lead out
 * of the folder is refused. An object takes its name when it is whole and on the disk. A link below the folder is no
 * object, and no object is read or written through one, since no listing would show it.
 */
export function createFolderObjectStore(folder: string): ObjectStore {
  const root = resolve(folder);
  const pathOf = (key: string) => join(root, ...checkKey(key));
  /** @throws {ObjectStoreFailure} where a link leads elsewhere */
  const checkFolder = async (key: string): Promise<void> => {
    const folder = dirname(pathOf(key));
    const [realRoot, real] = await Promise.all([realpath(root), realpath(folder)]);
    if (real === join(realRoot, folder.slice(root.length))) return;
    throw new ObjectStoreFailure(
      'rejected',
      `Cannot use the object ${JSON.stringify(key)}: a link in its path leads to ${real}`,
    );
  };

  return {
    location: pathToFileURL(`${root}/`).href,

    async head(key, { signal } = {}) {
      signal?.throwIfAborted();
      const status = await lstat(pathOf(key), { bigint: true }).catch(absent(key));
      if (!status?.isFile()) return undefined;
      await checkFolder(key);
      return infoOf(key, status);
    },

    async get(key, { range, signal } = {}) {
      signal?.throwIfAborted();
      const file = await open(pathOf(key), readOnly).catch(absent(key));
      if (file === undefined) return undefined;
      await checkFolder(key).catch(async (error: unknown) => {
        await file.close();
        throw error;
      });
      const status = await file.stat({ bigint: true });
      if (!status.isFile()) {
        await file.close();
        return undefined;
      }
      const info = infoOf(key, status);
      const start = range?.start ?? 0;
      const end = Math.min(range?.end ?? info.sizeBytes, info.sizeBytes);
      if (end <= start) {
        await file.close();
        return { info, body: Readable.from([]) };
      }
      return { info, body: file.createReadStream({ start, end: end - 1, ...(signal && { signal }) }) };
    },

    async put(key, content, { signal } = {}) {
      signal?.throwIfAborted();
      const path = pathOf(key);
      const part = join(dirname(path), `${partPrefix}${randomUUID()}`);
      try {
        await mkdir(dirname(path), { recursive: true });
        await checkFolder(key);
        const status = await writeWhole(part, content, signal);
        await rename(part, path);
        await synchronize(dirname(path));
        const { sizeBytes, eTag } = infoOf(key, status);
        return { sizeBytes, eTag };
      } catch (error) {
        await rm(part, { force: true });
        signal?.throwIfAborted();
        throw failureOf(key, error);
      }
    },

    list: (prefix, { signal } = {}) => listFolder(root, prefix, infoOf, signal),
    sweep: ({ signal } = {}) => sweepParts(root, signal),

    async remove(keys, { signal } = {}) {
      for (const key of keys) {
        signal?.throwIfAborted();
        const isThere = await checkFolder(key).then(() => true, absent(key));
        if (isThere) await rm(pathOf(key), { force: true }).catch(absent(key));
      }
    },
  };
}

async function writeWhole(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<BigIntStats> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx');
    if (content instanceof Uint8Array) await file.writeFile(content);
    else {
      for await (const chunk of content) {
        signal?.throwIfAborted();
        await file.writeFile(chunk);
      }
    }
    await file.sync();
    return await file.stat({ bigint: true });
  } finally {
    await file?.close();
  }
}

/** A rename is on the disk when its folder is; some systems cannot do that. */
async function synchronize(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}

function infoOf(key: string, status: BigIntStats): ObjectInfo {
  return {
    key,
    sizeBytes: Number(status.size),
    eTag: [status.size, status.mtimeNs, status.ino].map((part) => part.toString(36)).join('-'),
    lastModified: status.mtime,
  };
}

/** The segments of a key. @throws {InvalidInput} for a key that is no path below the folder */
function checkKey(key: string): string[] {
  const segments = key.split('/');
  const isPath = segments.every(
    (segment) =>
      segment !== '' &&
      segment !== '.' &&
      segment !== '..' &&
      Buffer.byteLength(segment) <= 255 &&
      !segment.startsWith(partPrefix) &&
      !(process.platform === 'win32' ? /[\0\\:*?"<>|]/ : /\0/).test(segment),
  );
  if (!isPath || Buffer.byteLength(key) > 1_024 || !key.isWellFormed()) {
    throw new InvalidInput(
      'key',
      `Expected key to be a path of named segments, got ${JSON.stringify(key.slice(0, 200))}`,
    );
  }
  return segments;
}

/** Turns "not there" into undefined and everything else into a failure. */
function absent(key: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'ERR_FS_EISDIR', 'ELOOP'].includes(error.code ?? ''))
      return undefined;
    throw failureOf(key, error);
  };
}

function failureOf(key: string, error: unknown): unknown {
  if (
    error instanceof BraidError ||
    !(error instanceof Error) ||
    !('code' in error) ||
    typeof error.code !== 'string'
  )
    return error;
  const isDenied = error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS';
  const isBusy = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'EBUSY'].includes(error.code);
  return new ObjectStoreFailure(
    isDenied ? 'access_denied' : isBusy ? 'unavailable' : 'rejected',
    `Cannot use the object ${JSON.stringify(key)}: ${error.message}`,
    { cause: error },
  );
}
