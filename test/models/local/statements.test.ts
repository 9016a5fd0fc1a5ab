import { describe, expect, it } from 'vitest';
import { statements } from '../../../models/local/statements.ts';

function found(text: string): string[] {
  return statements(text).map(([start, end]) => text.slice(start, end));
}

describe('statements', () => {
  it('gives the sentences of prose where they stand', () => {
    expect(found('Intro\n\nThe first one is here. And here is the second one.')).toEqual([
      'The first one is here.',
      'And here is the second one.',
    ]);
  });

  it('gives a list item without its mark, also where it lacks a full stop', () => {
    expect(found('- the tenant is taken from the key of the caller\n2. It has one more item.')).toEqual([
      'the tenant is taken from the key of the caller',
      'It has one more item.',
    ]);
  });

  it.each([
    ['a heading', 'How to install Braid'],
    [
      'table rows',
      'folder | may import | third-party packages that it uses itself\napi | types | hono and zod and others',
    ],
    ['a row with tabs', 'name\tprice of the thing\tcolour of it and its friends.'],
    ['code', 'const x = { a: 1, b: [2, 3], c: {} }; f(x)(y)[z] = 4; g();'],
    ['data', '{ "key": 12.5, "other": [1, 2, 3, 4, 5, 6], "more": 100, "last": {} }.'],
    [
      'settings',
      'search:\n  defaults:\n    lexical: { weight: one, candidates: many }\n  classes:\n    code: { dense: { weight: none } }',
    ],
    ['a question', 'What is the name of the default tenant?'],
    ['a line that announces', 'These are the things that you need to know about it:'],
    ['a few words', 'See above.'],
  ])('leaves out %s', (_, text) => {
    expect(found(text)).toEqual([]);
  });

  it('takes sentences of languages without spaces', () => {
    expect(found('今天天气很好。')).toEqual(['今天天气很好。']);
  });
});
