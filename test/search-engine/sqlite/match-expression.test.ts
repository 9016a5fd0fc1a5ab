import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchExpression, withinFields } from '../../../search-engine/sqlite/match-expression.ts';

describe('matchExpression', () => {
  it('joins the words, quoted, with OR', () => {
    expect(matchExpression('Red  light-house')).toBe('"red" OR "light" OR "house"');
  });
  it('leaves out stop words', () => {
    expect(matchExpression('What is the lighthouse of Alexandria?')).toBe('"lighthouse" OR "alexandria"');
  });
  it('keeps stop words where there is nothing else', () => {
    expect(matchExpression('to be or not to be')).toBe('"to" OR "be" OR "or" OR "not"');
  });
  it('says nothing where there is no word', () => {
    expect(matchExpression(' ?! "" * ')).toBeUndefined();
  });
  it('keeps marks with their word', () => {
    expect(matchExpression('cafe\u0301 हिन्दी')).toBe('"cafe\u0301" OR "हिन्दी"');
  });
  it('makes of any text an expression that FTS5 can read, over both fields or one', () => {
    const database = new DatabaseSync(':memory:');
    database.exec(`CREATE VIRTUAL TABLE lexical USING fts5(heading, body)`);
    const search = database.prepare('SELECT count(*) FROM lexical WHERE lexical MATCH ?');
    const syntax = fc.constantFrom(
      '"',
      "'",
      '*',
      '^',
      ':',
      '(',
      ')',
      '-',
      '+',
      'NEAR(',
      ' AND ',
      ' OR ',
      'NOT',
      '{a}',
      '\0',
    );
    const text = fc.array(fc.oneof(syntax, fc.string({ unit: 'grapheme' }))).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom(0, 1), (query, title) => {
        const words = matchExpression(query);
        const match = words && withinFields(words, { title, text: 1 });
        if (match !== undefined) expect(search.get(match)).toBeDefined();
      }),
    );
  });
});

describe('withinFields', () => {
  it('searches both fields where both have a weight', () => {
    expect(withinFields('"a" OR "b"', { title: 2, text: 0.1 })).toBe('"a" OR "b"');
  });
  it('leaves out a field of weight 0', () => {
    expect(withinFields('"a" OR "b"', { title: 0, text: 1 })).toBe('{body} : ("a" OR "b")');
    expect(withinFields('"a"', { title: 1, text: 0 })).toBe('{heading} : ("a")');
  });
});
