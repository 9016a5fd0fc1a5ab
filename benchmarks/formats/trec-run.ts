import { InvalidInput } from '../../domain/errors.ts';

/** One document of a ranking. */
export interface RankedDocument {
  readonly documentId: string;
  readonly score: number;
}

/**
 * Formats one query's ranking as lines of a TREC run: `queryId Q0 documentId rank score tag`, ranks from 1.
 *
 * Scores are written strictly decreasing, as single-precision floats: trec_eval reads them so and orders ties by
 * document id, which would measure another ranking. A score that is not below the one before it is lowered to the next
 * smaller float; the order is that of `ranking`.
 * @throws {InvalidInput} for an id with white space, which the format cannot hold
 */
export function formatTrecRun(queryId: string, ranking: readonly RankedDocument[], tag: string): string {
  const lines: string[] = [];
  let previous = Number.POSITIVE_INFINITY;
  ranking.forEach(({ documentId, score }, at) => {
    const rounded = Math.fround(score);
    const written = rounded < previous ? rounded : nextFloatBelow(previous);
    previous = written;
    const columns = [queryId, 'Q0', documentId, String(at + 1), written.toPrecision(9), tag];
    const spaced = columns.find((column) => /\s/.test(column) || column === '');
    if (spaced !== undefined) {
      throw new InvalidInput(
        'runsOut',
        `Cannot write a TREC run: expected ids and names without white space, got ${JSON.stringify(spaced)}`,
      );
    }
    lines.push(`${columns.join(' ')}\n`);
  });
  return lines.join('');
}

/** The largest single-precision float below `value`. */
function nextFloatBelow(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  // Floats of one sign are ordered by their bits; below zero stands the smallest negative number.
  if (value === 0) view.setUint32(0, 0x80000001);
  else view.setUint32(0, value > 0 ? bits - 1 : bits + 1);
  return view.getFloat32(0);
}
