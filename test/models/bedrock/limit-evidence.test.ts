import { describe, expect, it } from 'vitest';
import { evidenceAgainstLimit } from '../../../models/bedrock/limit-evidence.ts';

const at = (perSecond: number, judged: number, throttled: number) => ({ perSecond, judged, throttled });

describe('evidenceAgainstLimit', () => {
  it('holds a share that half the pace leaves as it was for noise', () => {
    expect(evidenceAgainstLimit(at(100, 100, 30), at(50, 50, 15), 0)).toBeGreaterThan(5);
  });

  it('holds a share that goes as the pace does for a limit', () => {
    // 60 a second are let through.
    expect(evidenceAgainstLimit(at(100, 100, 40), at(75, 75, 15), 0)).toBeLessThan(-3);
    // With 30 percent throttled at any pace, and 42 of 60 served.
    expect(evidenceAgainstLimit(at(120, 240, 156), at(60, 120, 36), 0.3)).toBeLessThan(-5);
  });

  it('says nothing where too little was seen', () => {
    expect(Math.abs(evidenceAgainstLimit(at(100, 10, 3), at(60, 10, 2), 0))).toBeLessThan(2);
  });

  it('takes a share that rises at a lower pace for a limit that fell', () => {
    expect(evidenceAgainstLimit(at(100, 100, 30), at(70, 70, 55), 0)).toBe(Number.NEGATIVE_INFINITY);
  });
});
