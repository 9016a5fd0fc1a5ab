import { describe, expect, it } from 'vitest';
import { moveTowards } from '../../retrieval/feed-back.ts';

describe('moveTowards', () => {
  it('moves by the weight towards the mean and keeps the length 1', () => {
    const moved = moveTowards(Float32Array.of(1, 0), [Float32Array.of(0, 1), Float32Array.of(0.6, 0.8)], 0.4);
    // 0.6·(1, 0) + 0.4·(0.3, 0.9) = (0.72, 0.36)
    expect(moved[1]! / moved[0]!).toBeCloseTo(0.5, 6);
    expect(Math.hypot(...moved)).toBeCloseTo(1, 6);
  });

  it('leaves the query where there is nothing to move to, or where it would vanish', () => {
    const query = Float32Array.of(1, 0);
    expect(moveTowards(query, [], 0.4)).toBe(query);
    expect(moveTowards(query, [Float32Array.of(-1, 0)], 0.5)).toBe(query);
  });
});
