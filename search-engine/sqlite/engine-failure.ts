import { BraidError, EngineMismatch, EngineUnavailable, RevisionConflict } from '../../domain/errors.ts';

/** What SQLite's primary result codes (sqlite3.h) mean to the one who runs Braid. */
const databaseReasons: Readonly<Record<number, string>> = {
  3: 'access to it is not permitted',
  5: 'another process has kept it locked',
  6: 'another process has kept it locked',
  8: 'it is read-only',
  10: 'the disk could not be read or written',
  11: 'it is damaged',
  13: 'the disk is full',
  14: 'it cannot be opened or created there',
  26: 'it is damaged: not a database',
};

const folderReasons: Readonly<Record<string, string>> = {
  EACCES: 'access to it is not permitted',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'a file is in the way',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a file is in the way',
  EPERM: 'access to it is not permitted',
  EROFS: 'it is read-only',
};

/**
 * Turns a failure of SQLite or of the file system into EngineUnavailable with one clear message; an error of the domain
 * stays what it is, and so does a defect of Braid's own.
 *
 * @param action what was tried: "open the index"
 * @param place the file or folder that it concerns
 */
export function toEngineError(error: unknown, action: string, place: string): unknown {
  if (error instanceof BraidError || !(error instanceof Error)) return error;
  const reason = reasonOf(error);
  if (reason === undefined) return error;
  return new EngineUnavailable(`Cannot ${action}: ${place}: ${reason} (${error.message})`, { cause: error });
}

/** True where another connection held a lock for longer than the time that is waited for it. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === 5;
}

function reasonOf(error: Error): string | undefined {
  if ('errcode' in error) return databaseReasons[Number(error.errcode) % 256];
  if ('code' in error) return folderReasons[String(error.code)];
  return undefined;
}

/** An error on its way between threads, where structured clones lose the class. */
export interface CarriedError {
  readonly kind: 'mismatch' | 'unavailable' | 'conflict' | 'defect';
  readonly message: string;
  readonly stack: string | undefined;
}

export function packError(error: unknown): CarriedError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const kind =
    error instanceof EngineMismatch
      ? 'mismatch'
      : error instanceof EngineUnavailable
        ? 'unavailable'
        : error instanceof RevisionConflict
          ? 'conflict'
          : 'defect';
  return { kind, message, stack };
}

export function unpackError({ kind, message, stack }: CarriedError): Error {
  if (kind === 'mismatch') return new EngineMismatch(message);
  if (kind === 'unavailable') return new EngineUnavailable(message);
  if (kind === 'conflict') return new RevisionConflict(message);
  const defect = new Error(message);
  if (stack !== undefined) defect.stack = stack;
  return defect;
}
