/**
 * Compares two strings by their UTF-8 bytes, which is the order of their code points: below 0, 0 or above 0.
 * The order of `<` is that of UTF-16 code units, which puts astral characters before U+E000 to U+FFFF.
 */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Lifts surrogates above the rest of the basic plane. */
function rank(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff
    ? codeUnit + 0x2000
    : codeUnit >= 0xe000
      ? codeUnit - 0x800
      : codeUnit;
}
