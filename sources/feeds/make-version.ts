import { UnreadableEvent } from './unreadable-event.ts';

/** A part of a version: its name for messages, its value, and how many decimal digits it is given. */
export type VersionPart = readonly [partName: string, value: bigint, digits: number];

/** Digits before the position: a new epoch comes after everything of the one before. */
const epochDigits = 6;
const maxDigits = 80;

/**
 * Writes the parts of a position one after the other, each with leading zeros, the epoch first, so that versions compare
 * as the positions do.
 * @throws {UnreadableEvent} where a part does not fit its digits
 */
export function makeVersion(epoch: number, parts: readonly VersionPart[]): bigint {
  const all: readonly VersionPart[] = [['the epoch', BigInt(epoch), epochDigits], ...parts];
  const digits = all.map(([partName, value, width]) => {
    const text = value.toString();
    if (value < 0n || text.length > width) {
      throw new UnreadableEvent(
        'invalid_event',
        `Cannot make a version: expected ${partName} to be a whole number of at most ${width} digits, got ${text.slice(0, 100)}`,
      );
    }
    return text.padStart(width, '0');
  });
  const version = digits.join('');
  if (version.length > maxDigits) throw new RangeError(`A version has at most ${maxDigits} digits`);
  return BigInt(version);
}
