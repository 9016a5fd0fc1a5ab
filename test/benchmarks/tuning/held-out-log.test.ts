import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLooks, otherLooks, questionsOf, readLooks } from '../../../benchmarks/tuning/held-out-log.ts';

const look = (heldOut: string, weight: number, change: object = {}) => ({
  heldOut,
  engine: 'sqlite',
  chosen: { lexical: { weight } },
  baseline: {},
  metric: 'ndcg@10',
  at: '',
  difference: 0,
  pValue: 1,
  ...change,
});

test('otherLooks counts other comparisons by the same queries, each once', () => {
  const looks = [look('a', 0.1), look('a', 0.1), look('a', 0.2), look('b', 0.9), look('a', 0.3)];
  expect(otherLooks(looks, look('a', 0.3))).toBe(2);
  expect(otherLooks(looks, look('a', 0.4))).toBe(3);
  // It came out at its first time, before the others.
  expect(otherLooks(looks, look('a', 0.1))).toBe(0);
  expect(otherLooks(looks, look('c', 0.3))).toBe(0);
  // A look at one set alone counts when that set is judged together with others, and the other way round;
  // the same settings by other sets are another comparison.
  expect(otherLooks(looks, look('a+b', 0.3))).toBe(4);
  expect(otherLooks([look('a+b', 0.5), look('ab', 0.6)], look('b', 0.3))).toBe(1);
  expect(otherLooks([look('a+b', 0.5), look('b', 0.6)], look('b+a', 0.5))).toBe(0);
});

test.each([
  ['metric', { metric: 'recall@10' }],
  ['baseline', { baseline: { lexical: { weight: 0 } } }],
  ['engine', { engine: 'opensearch' }],
])('otherLooks counts the same settings by another %s: they can come out otherwise', (_, change) => {
  expect(otherLooks([look('a', 0.1)], look('a', 0.1, change))).toBe(1);
});

test('otherLooks counts no look of the run in which the same one was made first', () => {
  const first = [look('a', 0.1, { run: '1' }), look('a', 0.2, { run: '1' })];
  expect(otherLooks(first, look('a', 0.2))).toBe(0);
  expect(otherLooks(first, look('a', 0.3))).toBe(2);
  expect(otherLooks([look('a', 0.4, { run: '0' }), ...first], look('a', 0.2))).toBe(1);
});

test('openLooks keeps what it logs for the runs after it', async () => {
  const data = await mkdtemp(join(tmpdir(), 'braid-looks-'));
  const run = { heldOut: 'a', engine: 'sqlite', metric: 'ndcg@10' };
  const [one, other] = [{ lexical: { weight: 0.1 } }, { lexical: { weight: 0.2 } }];
  const outcome = { difference: 0, pValue: 1 };
  const looks = await openLooks({ data }, run);
  await looks.log(one, {}, outcome);
  await looks.log(other, {}, outcome);
  const again = await openLooks({ data }, run);
  expect(again.earlier(other, {})).toBe(0);
  expect(again.earlier({ lexical: { weight: 0.3 } }, {})).toBe(2);
  await rm(data, { recursive: true });
});

test('openLooks counts what the same run has judged before, each comparison once', async () => {
  const data = await mkdtemp(join(tmpdir(), 'braid-looks-'));
  const run = { heldOut: 'a', engine: 'sqlite', metric: 'ndcg@10' };
  const [winner, ofClass, step] = [0.1, 0.2, 0.3].map((weight) => ({ lexical: { weight } }));
  const outcome = { difference: 0, pValue: 1 };
  const looks = await openLooks({ data }, run);
  expect(looks.earlier(winner!, {})).toBe(0);
  await looks.log(winner!, {}, outcome);
  expect(looks.earlier(ofClass!, {})).toBe(1);
  await looks.log(ofClass!, {}, outcome);
  expect(looks.earlier(step!, {})).toBe(2);
  // Another run judges the same winner first: it is one comparison, however often it is made.
  const again = await openLooks({ data }, run);
  await again.log(winner!, {}, outcome);
  expect(again.earlier(step!, {})).toBe(2);
  await rm(data, { recursive: true });
});

test('otherLooks knows queries again whose corpus or judgements have changed', () => {
  const queries = Array.from({ length: 100 }, (_, at) => ({ text: `query ${at}` }));
  const before = look('corpus of yesterday', 0.1, { questions: questionsOf(queries) });
  const now = (of: typeof queries) => look('corpus of today', 0.2, { questions: questionsOf(of) });
  expect(otherLooks([before], now([...queries, { text: 'one more' }]))).toBe(1);
  expect(otherLooks([before], now(queries.map(({ text }) => ({ text: text.toUpperCase() }))))).toBe(1);
  // Sets that share a query or two are not the same queries.
  const others = Array.from({ length: 98 }, (_, at) => ({ text: `other ${at}` }));
  expect(otherLooks([before], now([...others, ...queries.slice(0, 2)]))).toBe(0);
  expect(otherLooks([look('corpus of yesterday', 0.1)], now(queries))).toBe(0);
});

test('readLooks names the line that it cannot read', async () => {
  const data = await mkdtemp(join(tmpdir(), 'braid-looks-'));
  const file = join(data, 'looks.jsonl');
  await writeFile(file, `${JSON.stringify(look('a', 0.1))}\n{"heldOut":`);
  await expect(readLooks(file)).rejects.toThrow(`${file}:2 is no JSON`);
  expect(await readLooks(join(data, 'none.jsonl'))).toEqual([]);
  await rm(data, { recursive: true });
});
