import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DocumentRefused } from '../../../domain/errors.ts';
import { parseJson } from '../../../ingest/parsers/json.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';

const lines = (value: unknown): string[] => outline(parseJson(JSON.stringify(value), 'application/json'));

describe('parseJson', () => {
  it('writes each member as lines with their paths', () => {
    expect(lines({ title: 'Config', server: { port: 80, tags: ['a', 'b'], none: null }, on: false })).toEqual(
      ['paragraph: title: Config', 'paragraph: server.port: 80\nserver.tags: a, b', 'paragraph: on: false'],
    );
    expect(parseJson('{"title":"Config"}', 'application/json').title).toBe('Config');
  });

  it('writes arrays of flat objects as tables, below their key', () => {
    expect(
      lines([
        { id: 1, name: 'A' },
        { id: 2, size: 3 },
      ]),
    ).toEqual(['table: id | name | size\n1 | A\n2 | | 3']);
    expect(lines({ users: [{ id: 1 }, { id: 2 }], z: 1 })).toEqual([
      'heading1: users',
      'table (users): id\n1\n2',
      'paragraph (users): z: 1',
    ]);
  });

  it('writes records with prose or inner objects as paragraphs', () => {
    const prose = 'words '.repeat(50).trim();
    expect(
      lines([
        { id: 1, text: prose },
        { id: 2, text: 'x' },
      ]),
    ).toEqual([`paragraph: id: 1\ntext: ${prose}`, 'paragraph: id: 2\ntext: x']);
    expect(lines([{ a: { b: [{ c: 1 }] } }, 2])).toEqual(['paragraph: a.b[0].c: 1', 'paragraph: 2']);
  });

  it('reads NDJSON and names the line that is broken', () => {
    expect(outline(parseJson('{"a":1}\r\n\n{"a":2}\n', 'application/x-ndjson'))).toEqual(['table: a\n1\n2']);
    expect(() => parseJson('{"a":1}\n{"a":', 'application/x-ndjson')).toThrow(/line 2/);
  });

  it('refuses invalid JSON as corrupt and JSON without values as empty', () => {
    expect(() => parseJson('{"a":', 'application/json')).toThrow(
      expect.objectContaining({ reason: 'corrupt' }),
    );
    expect(() => parseJson('{"a":{}}', 'application/json')).toThrow(
      expect.objectContaining({ reason: 'empty' }),
    );
  });

  it('refuses JSON nested 50,000 deep as too large', () => {
    for (const json of [
      '['.repeat(50_000) + ']'.repeat(50_000),
      `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
    ]) {
      expect(() => parseJson(json, 'application/json')).toThrow(
        expect.objectContaining({ reason: 'too_large' }),
      );
    }
  });

  it('keeps the invariants for any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        try {
          expectWellParsed(parseJson(json, 'application/json'));
        } catch (error) {
          if (!(error instanceof DocumentRefused)) throw error;
          expect(error.reason).toBe('empty');
        }
      }),
      { numRuns: 500 },
    );
  });
});
