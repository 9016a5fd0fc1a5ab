import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DocumentRefused } from '../domain/errors.ts';

/** Longer ago than this, a change of a file shows in its times. */
const settledMs = 2_000n;

/**
 * Checks and reads through one handle, so that both see the same file; a named pipe would never end.
 * The tag is absent while the file may still change and look the same.
 * @throws {DocumentRefused}
 */
export async function readFile(
  name: string,
  path: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly content: Buffer; readonly tag: string | undefined }> {
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
      tag: isSettled ? tagOfFile(status) : undefined,
    };
  } catch (error) {
    if (error instanceof DocumentRefused || signal?.aborted) throw error;
    throw unreadable(name, error as Error);
  } finally {
    await file?.close();
  }
}

/** What is the same while a file is. */
export function tagOfFile({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return [size, mtimeNs, ctimeNs, ino].join(' ');
}

export function unreadable(name: string, cause: Error): DocumentRefused {
  return new DocumentRefused('unreadable', `Cannot read ${name}: ${describeFileError(cause)}`, { cause });
}

/** Says in words why a file cannot be read. */
export function describeFileError(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') return 'it does not exist';
  if (cause.code === 'EACCES' || cause.code === 'EPERM') return 'permission is denied';
  return cause.message;
}
