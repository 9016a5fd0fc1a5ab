import type { ObjectStore } from './object-store.ts';

const keysPerRequest = 1_000;

/**
 * Removes every object whose key starts with `prefix` and returns how many there were. Repeated after a crash, it
 * removes what is left.
 * @throws {ObjectStoreFailure}
 */
export async function removePrefix(
  store: ObjectStore,
  prefix: string,
  signal?: AbortSignal,
): Promise<number> {
  const options = signal === undefined ? {} : { signal };
  let removed = 0;
  let keys: string[] = [];
  const flush = async () => {
    await store.remove(keys, options);
    removed += keys.length;
    keys = [];
  };
  for await (const { key } of store.list(prefix, options)) {
    keys.push(key);
    if (keys.length === keysPerRequest) await flush();
  }
  if (keys.length > 0) await flush();
  return removed;
}
