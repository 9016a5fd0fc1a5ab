/** Draws numbers from 0 to below 1. */
export type Random = () => number;

/**
 * A random number generator whose draws depend on the seed alone, so that each figure can be computed again.
 * Source: mulberry32 by Tommy Ettinger, public domain; period 2^32, passes gjrand's small tests.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
