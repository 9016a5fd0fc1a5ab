import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { partPrefix } from './list-folder.ts';

/** A file that is still written is younger, unless its writer says nothing for so long. */
const oldMs = 60 * 60_000;

/** Removes the files below a folder whose writing ended with its process, an hour after the last byte; returns how many. */
export async function sweepParts(folder: string, signal?: AbortSignal): Promise<number> {
  signal?.throwIfAborted();
  let removed = 0;
  for (const entry of (await readdir(folder, { withFileTypes: true }).catch(ifGone)) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removed += await sweepParts(path, signal);
    else if (entry.isFile() && entry.name.startsWith(partPrefix)) {
      const status = await lstat(path).catch(ifGone);
      if (status === undefined || Date.now() - status.mtimeMs < oldMs) continue;
      await rm(path, { force: true });
      removed += 1;
    }
  }
  return removed;
}

function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
