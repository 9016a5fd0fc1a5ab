import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gatherRun, type Run } from '../../../benchmarks/formats/run.ts';
import { runFormats } from '../../../benchmarks/formats/run-formats.ts';

const id = fc.string({ minLength: 1, maxLength: 8 }).map((text) => `d${text.replaceAll(/\s/g, '_')}`);
const scores = fc.uniqueArray(fc.tuple(id, fc.float({ noNaN: true, noDefaultInfinity: true })), {
  minLength: 1,
  selector: ([document]) => document,
});
const runs: fc.Arbitrary<Run> = fc
  .uniqueArray(fc.tuple(id, scores), { minLength: 1, maxLength: 4, selector: ([query]) => query })
  .map((queries) =>
    gatherRun(
      queries.flatMap(([queryId, documents]) =>
        documents.map(([documentId, score]) => ({ queryId, documentId, score: score + 0, place: '' })),
      ),
      'file',
    ),
  );

describe.each(['trec-run', 'ranx-run'] as const)('%s', (name) => {
  test('gives back each ranking in its order', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { format, parse } = runFormats[name];
        expect(order(parse(format(run, 'tag'), 'file'))).toEqual(order(run));
      }),
    );
  });

  test('refuses a run without a line, and a document that comes twice', () => {
    const { parse } = runFormats[name];
    expect(() => parse(name === 'trec-run' ? '\n' : '{}', 'empty')).toThrow(
      'Expected empty to hold a run, got nothing',
    );
    if (name === 'trec-run')
      expect(() => parse('q Q0 d 1 2 t\nq Q0 d 2 1 t\n', 'file')).toThrow('file:2 has "d" again');
  });

  test('refuses a score that is no number', () => {
    const text = name === 'trec-run' ? 'q Q0 d 1 NaN t\n' : '{"q":{"d":"NaN"}}';
    expect(() => runFormats[name].parse(text, 'file')).toThrow(/to be a (finite )?number, got "?NaN/);
  });
});

test('the ranx format gives back scores to the last bit', () => {
  fc.assert(
    fc.property(runs, (run) => {
      const { format, parse } = runFormats['ranx-run'];
      const given = parse(format(run), 'file');
      for (const [query, ranking] of run) expect(given.get(query)).toEqual(ranking);
    }),
  );
});

test('gatherRun orders equal scores by document id falling, as trec_eval does, whatever the ranks say', () => {
  const run = runFormats['trec-run'].parse('q Q0 a 1 1.0 t\nq Q0 b 2 1.0 t\nq Q0 c 3 2.0 t\n', 'file');
  expect(run.get('q')!.map(({ documentId }) => documentId)).toEqual(['c', 'b', 'a']);
});

function order(run: Run) {
  return [...run]
    .map(([query, ranking]) => [query, ranking.map(({ documentId }) => documentId)] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
}
