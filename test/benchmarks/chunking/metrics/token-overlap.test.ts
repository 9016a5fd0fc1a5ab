import { describe, expect, it } from 'vitest';
import {
  precisionAtFullRecall,
  tokenIoU,
  tokenPrecision,
  tokenRecall,
} from '../../../../benchmarks/chunking/metrics/token-overlap.ts';

const span = (from: number, to: number) => ({ from, to });

describe('token overlap', () => {
  // Ten relevant tokens in two excerpts, of which six are in the 20 that were retrieved.
  const relevant = [span(0, 4), span(10, 16)];
  const retrieved = [span(2, 12), span(12, 14), span(30, 38)];

  it('counts the relevant tokens that were retrieved', () => {
    expect(tokenRecall(relevant, retrieved)).toBe(6 / 10);
    expect(tokenPrecision(relevant, retrieved)).toBe(6 / 20);
    expect(tokenIoU(relevant, retrieved)).toBe(6 / (10 + 20 - 6));
  });

  it('counts tokens of other documents as retrieved', () => {
    expect(tokenPrecision(relevant, retrieved, 10)).toBe(6 / 30);
    expect(tokenIoU(relevant, retrieved, 10)).toBe(6 / 34);
  });

  it('lets what is retrieved twice cost twice and help once', () => {
    const twice = [span(0, 4), span(0, 4)];
    expect(tokenRecall(relevant, twice)).toBe(4 / 10);
    expect(tokenPrecision(relevant, twice)).toBe(4 / 8);
    expect(tokenIoU(relevant, twice)).toBe(4 / (10 + 8 - 4));
  });

  it('is 0 where nothing or nothing relevant was retrieved, and 1 where nothing else was', () => {
    expect([tokenRecall(relevant, []), tokenPrecision(relevant, []), tokenIoU(relevant, [])]).toEqual([
      0, 0, 0,
    ]);
    expect(tokenIoU(relevant, [span(20, 30)])).toBe(0);
    expect(tokenIoU(relevant, relevant)).toBe(1);
  });

  it('takes for precision at full recall all chunks that hold a relevant token, and no others', () => {
    const chunks = [span(0, 5), span(5, 10), span(10, 15), span(15, 20), span(20, 25)];
    expect(precisionAtFullRecall(relevant, chunks)).toBe(10 / 15);
    // Overlapping chunks count as their union, as in the source's code.
    expect(precisionAtFullRecall([span(0, 4)], [span(0, 6), span(2, 8)])).toBe(4 / 8);
    expect(precisionAtFullRecall([span(0, 4)], [span(4, 9)])).toBe(0);
  });
});
