import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTrecRun } from '../../../benchmarks/formats/trec-run.ts';

const parse = (run: string) =>
  run
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [queryId, q0, documentId, rank, score, tag] = line.split(' ');
      return { queryId, q0, documentId, rank: Number(rank), score: Number(score), tag };
    });

test('formatTrecRun writes six columns a document, ranks from 1', () => {
  const run = formatTrecRun(
    '7',
    [
      { documentId: 'b', score: 0.75 },
      { documentId: 'a', score: 0.5 },
    ],
    'hybrid',
  );
  expect(run).toBe('7 Q0 b 1 0.750000000 hybrid\n7 Q0 a 2 0.500000000 hybrid\n');
});

test('formatTrecRun keeps the order of tied and nearly tied scores strictly, in single precision', () => {
  const near = fc.constantFrom(1, 1 - 1e-12, 1 - 1e-9, 0.5, 1e-40, 0, -0, -1e-45, -0.25, -1, 17.123456789);
  fc.assert(
    fc.property(fc.array(near, { minLength: 1, maxLength: 200 }), (scores) => {
      const ranking = scores
        .sort((left, right) => right - left)
        .map((score, at) => ({ documentId: `d${at}`, score }));
      const written = parse(formatTrecRun('q', ranking, 'run'));
      expect(written.map(({ documentId }) => documentId)).toEqual(
        ranking.map(({ documentId }) => documentId),
      );
      for (let at = 1; at < written.length; at += 1) {
        expect(Math.fround(written[at]!.score)).toBeLessThan(Math.fround(written[at - 1]!.score));
      }
    }),
  );
});

test('formatTrecRun follows the ranking where its scores do not fall', () => {
  const written = parse(
    formatTrecRun(
      'q',
      [
        { documentId: 'first', score: 0.1 },
        { documentId: 'second', score: 0.9 },
      ],
      'run',
    ),
  );
  expect(written[1]!.score).toBeLessThan(written[0]!.score);
  expect(written[0]!.documentId).toBe('first');
});

test('formatTrecRun refuses an id that the format cannot hold', () => {
  expect(() => formatTrecRun('q', [{ documentId: 'two words', score: 1 }], 'run')).toThrow(
    'Cannot write a TREC run: expected ids and names without white space, got "two words"',
  );
});

test('formatTrecRun of an empty ranking is empty', () => {
  expect(formatTrecRun('q', [], 'run')).toBe('');
});
