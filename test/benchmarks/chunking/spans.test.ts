import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersectionOf, lengthOf, type Span, unionOf } from '../../../benchmarks/chunking/spans.ts';

const spans = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 12 })).map(([from, length]) => ({
    from,
    to: from + length,
  })),
  { maxLength: 8 },
);

function unitsOf(found: readonly Span[]): Set<number> {
  return new Set(found.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)));
}

describe('spans', () => {
  it('unionOf holds each unit once, rising, without touching spans', () => {
    fc.assert(
      fc.property(spans, (given) => {
        const union = unionOf(given);
        expect(unitsOf(union)).toEqual(unitsOf(given));
        expect(lengthOf(union)).toBe(unitsOf(given).size);
        for (const [at, span] of union.entries()) {
          if (at > 0) expect(span.from).toBeGreaterThan(union[at - 1]!.to);
        }
      }),
    );
  });

  it('intersectionOf holds exactly what lies in both', () => {
    fc.assert(
      fc.property(spans, spans, (left, right) => {
        const both = intersectionOf(left, right);
        const wanted = [...unitsOf(left)].filter((unit) => unitsOf(right).has(unit));
        expect(unitsOf(both)).toEqual(new Set(wanted));
        expect(lengthOf(both)).toBe(wanted.length);
      }),
    );
  });
});
