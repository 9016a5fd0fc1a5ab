import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectStoreFailure } from '../../domain/errors.ts';
import type { ObjectInfo } from '../../objects/object-store.ts';
import { pairMetadata } from '../../sources/pair-metadata.ts';

async function* asGiven(keys: readonly string[]): AsyncGenerator<ObjectInfo> {
  for (const key of keys) yield { key, sizeBytes: 1, eTag: key, lastModified: new Date(0) };
}

function listing(keys: readonly string[]): AsyncGenerator<ObjectInfo> {
  return asGiven(
    [...new Set(keys)].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
  );
}

async function pairs(keys: readonly string[]): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {};
  for await (const { object, metadata } of pairMetadata(listing(keys))) {
    expect(Object.hasOwn(found, object.key)).toBe(false);
    found[object.key] = metadata?.key;
  }
  return found;
}

describe('pairMetadata', () => {
  it('joins files that do not stand side by side', async () => {
    const keys = ['a.md', 'a.md-2', 'a.md.b', 'a.md.metadata.json', 'a.md/c', 'z', 'gone.metadata.json'];
    expect(await pairs(keys)).toEqual({
      'a.md': 'a.md.metadata.json',
      'a.md-2': undefined,
      'a.md.b': undefined,
      'a.md/c': undefined,
      z: undefined,
    });
  });

  it('refuses a listing in another order or with a repeated key', async () => {
    for (const keys of [
      ['a.md.metadata.json', 'a.md'],
      ['a.md', 'a.md'],
    ]) {
      const read = async () => {
        for await (const _ of pairMetadata(asGiven(keys)));
      };
      await expect(read()).rejects.toThrow(ObjectStoreFailure);
    }
  });

  it('gives each object once, with its own file, in any listing', async () => {
    const name = fc.string({
      unit: fc.constantFrom('a', '.', '-', '/', 'm', 'é', '\u{1f600}'),
      maxLength: 6,
    });
    const key = fc.oneof(
      name,
      name.map((start) => `${start}.metadata.json`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 30 }), async (keys) => {
        const objects = [...new Set(keys)].filter((each) => !each.endsWith('.metadata.json'));
        const wanted = objects.map((each): [string, string | undefined] => [
          each,
          keys.includes(`${each}.metadata.json`) ? `${each}.metadata.json` : undefined,
        ]);
        expect(await pairs(keys)).toEqual(Object.fromEntries(wanted));
      }),
    );
  });
});
