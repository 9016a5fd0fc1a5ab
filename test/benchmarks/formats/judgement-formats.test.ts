import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idsByText } from '../../../benchmarks/formats/convert.ts';
import {
  detectJudgementFormat,
  type JudgementFormatName,
  judgementFormats,
  readJudgementFile,
} from '../../../benchmarks/formats/judgement-formats.ts';
import type { Judgements } from '../../../benchmarks/formats/judgements.ts';
import { formatWorkbenchQueries, parseWorkbenchQueries } from '../../../benchmarks/formats/workbench.ts';
import { makeDatasetFolder } from '../relevance/dataset-folder.ts';

const names = Object.keys(judgementFormats) as JudgementFormatName[];

/** Judgements whose ids a format can hold: any text, or none with tabs, or none with white space. */
function judgements(ids: fc.Arbitrary<string>, grades: fc.Arbitrary<number>): fc.Arbitrary<Judgements> {
  const pairs = fc.uniqueArray(fc.tuple(ids, grades), { minLength: 1, maxLength: 5, selector: ([id]) => id });
  return fc
    .uniqueArray(fc.tuple(ids, pairs), { maxLength: 5, selector: ([id]) => id })
    .map((queries) => new Map(queries.map(([query, documents]) => [query, new Map(documents)])));
}

const anyText = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
const whole = fc.integer({ min: -2, max: 10 });
const fraction = fc.double({ min: -3, max: 10, noNaN: true }).map((value) => value + 0);
const held: Record<JudgementFormatName, fc.Arbitrary<Judgements>> = {
  beir: judgements(
    anyText.filter((text) => !/[\t\r\n]/.test(text) && text.trim() !== '' && text !== 'query-id'),
    whole,
  ),
  trec: judgements(
    anyText.map((text) => `i${text.replaceAll(/\s/g, '_')}`),
    whole,
  ),
  quepid: judgements(anyText, fraction),
  workbench: judgements(anyText, fraction),
  ranx: judgements(anyText, fraction),
};

describe.each(names)('%s', (name) => {
  test('gives back what was written, grade by grade', () => {
    fc.assert(
      fc.property(held[name], (given) => {
        const { format, parse } = judgementFormats[name];
        expect(plain(parse(format(given), 'file'))).toEqual(plain(given));
      }),
    );
  });

  test('refuses a pair that is judged twice', () => {
    const twice = {
      beir: 'q\td\t1\nq\td\t2\n',
      trec: 'q 0 d 1\nq 0 d 2\n',
      quepid: 'query,docid,rating\nq,d,1\nq,d,2\n',
      workbench:
        '{"judgmentRatings":[{"query":"q","ratings":[{"docId":"d","rating":"1"},{"docId":"d","rating":"2"}]}]}',
      ranx: '{"q":{"d":1,"d":2}}',
    }[name];
    expect(() => judgementFormats[name].parse(twice, 'file')).toThrow('again');
  });
});

test('judgement formats refuse to write what they cannot hold', () => {
  const fractions: Judgements = new Map([['q', new Map([['d', 0.5]])]]);
  expect(() => judgementFormats.trec.format(fractions)).toThrow('whole grades, got 0.5');
  expect(() => judgementFormats.beir.format(fractions)).toThrow('whole grades, got 0.5');
  const spaced: Judgements = new Map([['red dress', new Map([['d', 1]])]]);
  expect(() => judgementFormats.trec.format(spaced)).toThrow('cannot hold the id "red dress"');
});

test('detectJudgementFormat tells each format by what it writes', () => {
  const given: Judgements = new Map([['q1', new Map([['d1', 1]])]]);
  for (const name of names) {
    expect(detectJudgementFormat(judgementFormats[name].format(given), 'file')).toBe(name);
  }
  expect(detectJudgementFormat('q1\td1\t1\n', 'file')).toBe('beir');
  expect(() => detectJudgementFormat('a, b', 'file')).toThrow('Cannot tell the format of file');
});

test("parseQuepidRatings reads Quepid's export: quoted text, and no rating for a document not judged", () => {
  const text = 'query,docid,rating\n"dress, ""red""",B077,3\n"dress, ""red""",B071,\njeans,B01,0\n';
  expect(plain(judgementFormats.quepid.parse(text, 'ratings.csv'))).toEqual([
    ['dress, "red"', [['B077', 3]]],
    ['jeans', [['B01', 0]]],
  ]);
  expect(() => judgementFormats.quepid.parse('query,doc\n', 'ratings.csv')).toThrow(
    'Expected ratings.csv to begin with query,docid,rating',
  );
});

test('parseWorkbenchJudgements reads the body of an import and what is stored', () => {
  const body = {
    name: 'Imported',
    type: 'IMPORT_JUDGMENT',
    judgmentRatings: [{ query: 'red dress', ratings: [{ docId: 'B077ZJXCTS', rating: '3.000' }] }],
  };
  const wanted = [['red dress', [['B077ZJXCTS', 3]]]];
  const { parse } = judgementFormats.workbench;
  expect(plain(parse(JSON.stringify(body), 'file'))).toEqual(wanted);
  expect(plain(parse(JSON.stringify({ hits: { hits: [{ _source: body }] } }), 'file'))).toEqual(wanted);
  expect(() => parse('{"judgmentRatings":[{"query":"q","ratings":[{"docId":"d"}]}]}', 'file')).toThrow(
    'Cannot read file: expected judgmentRatings[0].ratings[0].rating to be a number',
  );
});

test('parseWorkbenchQueries gives back the texts of a query set in order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyText), (texts) => {
      expect(parseWorkbenchQueries(formatWorkbenchQueries(texts), 'file')).toEqual(texts);
    }),
  );
});

test.each([
  ['a query that comes twice', 'ranx', '{"q":{"d":1},\n"q":{"e":1}}', '"q" comes again'],
  ['a name that is spelled otherwise', 'ranx', '{"q":{"d":1,"\\u0064":2}}', '"d" comes again'],
  [
    'two lists of ratings',
    'workbench',
    '{"judgmentRatings":[],"judgmentRatings":[]}',
    '"judgmentRatings" comes again',
  ],
  [
    'a rating in another base',
    'quepid',
    'query,docid,rating\nq,d,0x10\n',
    'file:2 to be query, docid and a number',
  ],
  [
    'a rating of words',
    'workbench',
    '{"judgmentRatings":[{"query":"q","ratings":[{"docId":"d","rating":"Infinity"}]}]}',
    'to be a number',
  ],
] as const)('judgement formats refuse %s', (_, name, text, message) => {
  expect(() => judgementFormats[name].parse(text, 'file')).toThrow(message);
});

test('judgement formats take equal names in different objects, and what looks like a name in a text', () => {
  const parse = (text: string) => plain(judgementFormats.ranx.parse(text, 'file'));
  expect(parse('{"q":{"d":1},"r":{"d":2}}')).toEqual([
    ['q', [['d', 1]]],
    ['r', [['d', 2]]],
  ]);
  expect(parse('{"q":{"\\"d\\": {":1,"d":1}}')).toEqual([
    [
      'q',
      [
        ['"d": {', 1],
        ['d', 1],
      ],
    ],
  ]);
});

test('judgement formats keep a query for which nothing is judged, so that it can be named', () => {
  const unrated = {
    quepid: 'query,docid,rating\nq,d,\nr,d, \n',
    workbench: '{"judgmentRatings":[{"query":"q","ratings":[]},{"query":"r","ratings":[]}]}',
    ranx: '{"q":{},"r":{}}',
  };
  for (const [name, text] of Object.entries(unrated)) {
    const read = judgementFormats[name as keyof typeof unrated].parse(text, 'file');
    expect([...read].map(([query, grades]) => [query, grades.size])).toEqual([
      ['q', 0],
      ['r', 0],
    ]);
  }
});

test('readJudgementFile takes the byte order mark of a file for no part of its first id', async () => {
  const folder = await makeDatasetFolder({
    'beir.tsv': ['\uFEFFquery-id\tcorpus-id\tscore', 'q\td\t1'],
    'bare.tsv': ['\uFEFFq\td\t1'],
    'ranx.json': ['\uFEFF{"q":{"d":1}}'],
  });
  for (const file of ['beir.tsv', 'bare.tsv', 'ranx.json']) {
    expect(plain((await readJudgementFile(join(folder, file))).judgements)).toEqual([['q', [['d', 1]]]]);
  }
});

test('idsByText refuses two queries of one text', () => {
  expect(() =>
    idsByText(
      new Map([
        ['1', 'wing'],
        ['2', 'wing'],
      ]),
    ),
  ).toThrow('queries "1" and "2" have the same: "wing"');
});

function plain(given: Judgements) {
  return [...given]
    .map(([query, grades]) => [query, [...grades].sort(byKey)] as const)
    .sort(byKey)
    .filter(([, grades]) => grades.length > 0);
}

function byKey(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : 1;
}
