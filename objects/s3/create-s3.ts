import { InvalidInput } from '../../domain/errors.ts';
import type { ObjectStore } from '../object-store.ts';
import type { S3Connection } from './connection.ts';
import type { S3Options } from './s3-options.ts';

export type { S3Options } from './s3-options.ts';

/** The buckets of S3 that this machine's credentials reach. */
export interface S3 {
  /** The objects of a bucket; with a prefix those below it, their keys without it. @throws {InvalidInput} for no bucket name */
  bucket(name: string, prefix?: string): ObjectStore;
  /** Which Region requests are signed for. @throws {InvalidConfiguration} where none is known */
  region(): Promise<string>;
  close(): Promise<void>;
}

/** Makes S3 without connecting: the SDK is loaded when it is first used, since that takes a while. */
export function createS3(options: S3Options): S3 {
  let connecting: Promise<S3Connection> | undefined;
  const connected = () => {
    connecting ??= import('./connection.ts').then(({ connect }) => connect(options));
    return connecting;
  };
  return {
    bucket(name, prefix = '') {
      if (
        !/^[a-zA-Z0-9][a-zA-Z0-9._:/-]{1,253}[a-zA-Z0-9]$/.test(name) ||
        (name.includes('/') && !name.startsWith('arn:'))
      ) {
        throw new InvalidInput('bucket', `Expected the name of a bucket, got ${JSON.stringify(name)}`);
      }
      const store = async () => (await connected()).store({ bucket: name, prefix });
      return {
        location: `s3://${name}/${prefix}`,
        head: async (key, given) => (await store()).head(key, given),
        get: async (key, given) => (await store()).get(key, given),
        put: async (key, content, given) => (await store()).put(key, content, given),
        async *list(start, given) {
          yield* (await store()).list(start, given);
        },
        remove: async (keys, given) => (await store()).remove(keys, given),
      };
    },
    region: async () => (await connected()).region(),
    close: async () => (await connecting)?.close(),
  };
}
