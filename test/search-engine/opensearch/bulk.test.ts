import { describe, expect, it } from 'vitest';
import { type BulkItem, createBulk, writeBulk } from '../../../search-engine/opensearch/bulk.ts';
import type { Call, Connection } from '../../../search-engine/opensearch/connection.ts';
import { Rejection } from '../../../search-engine/opensearch/failure.ts';

interface Outcome {
  readonly status: number;
  readonly error?: { readonly type: string; readonly reason: string };
}

/** Answers each bulk with what `answer` says of each item's id, and keeps what was sent. */
function scripted(answer: (id: string, attempt: number) => Outcome) {
  const sent: { bytes: number; ids: string[] }[] = [];
  const connection: Connection = {
    url: 'http://scripted',
    request: async <T>({ lines = '' }: Call) => {
      const ids = [...lines.matchAll(/^\{"(?:index|delete)":.*?"_id":"([^"]+)"/gm)].map(([, id]) => id!);
      sent.push({ bytes: Buffer.byteLength(lines), ids });
      const outcomes = ids.map((id) => answer(id, sent.length));
      return {
        errors: outcomes.some(({ error }) => error !== undefined),
        items: outcomes.map((index) => ({ index })),
      } as T;
    },
    close: async () => {},
  };
  return { connection, sent };
}

const item = (id: string, source = '{}'): BulkItem => ({ action: 'index', index: 'x', id, source });
const busy: Outcome = { status: 429, error: { type: 'rejected_execution_exception', reason: 'queue full' } };

describe('writeBulk', () => {
  it('sends at most 5 MB at once, and a larger item alone', async () => {
    const { connection, sent } = scripted(() => ({ status: 200 }));
    const megabyte = JSON.stringify({ text: 'é'.repeat(512 * 1024) });
    const items = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => item(id, megabyte));
    await writeBulk(createBulk(connection), [
      ...items,
      item('large', JSON.stringify({ text: 'x'.repeat(6_000_000) })),
    ]);
    expect(sent.map(({ ids }) => ids.join(''))).toEqual(['abcd', 'efg', 'large']);
    expect(Math.max(...sent.slice(0, 2).map(({ bytes }) => bytes))).toBeLessThanOrEqual(5 * 1024 * 1024);
  });

  it('sends again, after a while, only the items that were refused for a moment', async () => {
    const { connection, sent } = scripted((id, attempt) =>
      id === 'b' && attempt < 3 ? busy : { status: 200 },
    );
    await writeBulk(createBulk(connection), [item('a'), item('b'), item('c')]);
    expect(sent.map(({ ids }) => ids.join(''))).toEqual(['abc', 'b', 'b']);
  });

  it('throws what an item is refused for, and sends it once', async () => {
    const { connection, sent } = scripted((id) =>
      id === 'b'
        ? { status: 400, error: { type: 'strict_dynamic_mapping_exception', reason: 'field x' } }
        : { status: 200 },
    );
    await expect(writeBulk(createBulk(connection), [item('a'), item('b')])).rejects.toThrow(Rejection);
    expect(sent).toHaveLength(1);
  });

  it('sends nothing where there is nothing', async () => {
    const { connection, sent } = scripted(() => ({ status: 200 }));
    await writeBulk(createBulk(connection), []);
    expect(sent).toEqual([]);
  });
});
