import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectStoreFailure } from '../../domain/errors.ts';
import type { ObjectInfo } from '../object-store.ts';

/** Starts the names of files that are being written; no key has such a segment. */
export const partPrefix = '.part-';

/** Walks the files below `root` whose key starts with `prefix`, in the order of the keys' bytes. */
export async function* listFolder(
  root: string,
  prefix: string,
  infoOf: (key: string, status: BigIntStats) => ObjectInfo,
  signal?: AbortSignal,
): AsyncGenerator<ObjectInfo> {
  // From the root on, so that no link on the way to the prefix is followed.
  yield* walk('');

  async function* walk(path: string): AsyncGenerator<ObjectInfo> {
    signal?.throwIfAborted();
    for (const entry of await entriesOf(join(root, path))) {
      const key = `${path}${entry.name}`;
      if (entry.isDirectory()) {
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) yield* walk(`${key}/`);
      } else if (entry.isFile() && key.startsWith(prefix) && !entry.name.startsWith(partPrefix)) {
        const status = await stat(join(root, key), { bigint: true }).catch(ifGone);
        if (status !== undefined) yield infoOf(key, status);
      }
    }
  }
}

/** In the order that their keys have: a folder's keys all continue with a slash. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(ifGone)) ?? [];
  const sorted = entries.map((entry) => ({
    entry,
    order: Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name),
  }));
  return sorted.sort((left, right) => Buffer.compare(left.order, right.order)).map(({ entry }) => entry);
}

function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw new ObjectStoreFailure(
    error.code === 'EACCES' ? 'access_denied' : 'unavailable',
    `Cannot list objects: ${error.message}`,
    { cause: error },
  );
}
