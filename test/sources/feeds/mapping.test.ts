import { describe, expect, it } from 'vitest';
import { identityOf, mapRow } from '../../../sources/feeds/map-row.ts';
import { parseMapping, tableOf } from '../../../sources/feeds/mapping.ts';

describe('parseMapping', () => {
  it('refuses what it does not know, by name', () => {
    const table = { id: 'id', text: 'body' };
    const wrong: [unknown, string][] = [
      [[], 'mapping'],
      [{ text: 'body' }, 'mapping.id'],
      [{ id: 'id' }, 'mapping.text'],
      [{ ...table, content: 'file' }, 'mapping.text'],
      [{ ...table, titel: 'title' }, 'mapping.titel'],
      [{ ...table, epoch: -1 }, 'mapping.epoch'],
      [{ ...table, snapshotsAreWhole: 'yes' }, 'mapping.snapshotsAreWhole'],
      [{ ...table, tenant: { column: 'owner', neverChanges: 'true' } }, 'mapping.tenant.neverChanges'],
      [{ ...table, metadata: { key: 3 } }, 'mapping.metadata.key'],
      [{ ...table, types: { price: 'money' } }, 'mapping.types.price'],
      [{ tables: { a: { ...table, epoch: 1 } } }, 'mapping.tables.a.epoch'],
      [{ ...table, tables: { a: table } }, 'mapping.id'],
    ];
    for (const [mapping, field] of wrong) {
      expect(() => parseMapping(mapping), JSON.stringify(mapping)).toThrow(
        expect.objectContaining({ field }),
      );
    }
  });

  it('finds a table by its most exact name', () => {
    const mapping = parseMapping({
      tables: { articles: { id: 'a', text: 'b' }, 'public.articles': { id: 'c', text: 'b' } },
    });
    expect(tableOf(mapping, ['shop.public.articles', 'public.articles', 'articles'])?.id.columns).toEqual([
      'c',
    ]);
    expect(tableOf(mapping, ['public.orders', 'orders'])).toBeUndefined();
  });
});

describe('identityOf', () => {
  it('keeps ids of several columns apart', () => {
    const table = parseMapping({ id: { columns: ['a', 'b'], prefix: 'x/' }, text: 'c' }).table!;
    expect(identityOf(table, { a: 'p/q', b: 'r' }).documentId).toBe('x/p%2Fq/r');
    expect(identityOf(table, { a: 'p', b: 'q/r' }).documentId).toBe('x/p/q%2Fr');
  });

  it('refuses an empty id', () => {
    const table = parseMapping({ id: 'a', text: 'c' }).table!;
    expect(() => identityOf(table, { a: null })).toThrow('"a" is empty');
    expect(() => identityOf(table, {})).toThrow('no column "a"');
  });
});

describe('mapRow', () => {
  const row = { id: 1, title: 'T', body: 'B', none: null, photo: Buffer.from([1, 2]) };

  it('joins columns, passing over empty ones, or fills a template', () => {
    const joined = parseMapping({ id: 'id', text: ['title', 'none', 'body'] }).table!;
    expect(mapRow(joined, row, false)?.content).toBe('T\n\nB');
    const template = parseMapping({ id: 'id', text: { template: '# {title}\n{body}' } }).table!;
    expect(mapRow(template, { ...row, title: '{body}' }, false)?.content).toBe('# {body}\nB');
  });

  it('takes bytes as content, and never as text', () => {
    const content = parseMapping({ id: 'id', content: { column: 'photo', mediaType: 'image/png' } }).table!;
    expect(mapRow(content, row, false)).toEqual({ content: Buffer.from([1, 2]), mediaType: 'image/png' });
    const text = parseMapping({ id: 'id', text: ['body', 'photo'] }).table!;
    expect(() => mapRow(text, row, false)).toThrow('binary column "photo"');
  });

  it('has no document where there is no text', () => {
    const table = parseMapping({ id: 'id', text: 'none' }).table!;
    expect(mapRow(table, row, false)).toBeUndefined();
  });
});
