import { stat } from 'node:fs/promises';
import { InvalidInput } from '../domain/errors.ts';
import { createFolderSource } from './folder.ts';
import { createS3Source, type S3SourceOptions } from './s3.ts';
import type { Source } from './source.ts';
import { createWebSource } from './web.ts';

/**
 * Files, folders, web addresses and what S3 holds as one source, each once, in the order given.
 * @throws {InvalidInput} for a path that does not exist or an address of another kind, before anything is listed
 */
export async function openSources(paths: readonly string[], options: S3SourceOptions): Promise<Source> {
  const sources: Source[] = [];
  for (const path of new Set(paths)) {
    if (/^https?:\/\//i.test(path)) {
      sources.push(createWebSource(path, options));
    } else if (/^s3:\/\//i.test(path)) {
      sources.push(createS3Source(path, options));
    } else if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
      throw new InvalidInput(
        'path',
        `Expected a file, a folder, an s3:// or an https:// address, got ${path}`,
      );
    } else {
      await stat(path).catch((cause: NodeJS.ErrnoException) => {
        const reason = cause.code === 'ENOENT' ? 'it does not exist' : cause.message;
        throw new InvalidInput('path', `Cannot read ${path}: ${reason}`, { cause });
      });
      sources.push(createFolderSource(path, options));
    }
  }
  return {
    collections: sources.flatMap(({ collections = [] }) => collections),
    async *items(signal) {
      for (const source of sources) yield* source.items(signal);
    },
  };
}
