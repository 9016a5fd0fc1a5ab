import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutMasked } from '../../answer/quote.ts';

describe('withoutMasked', () => {
  it.each([
    ['anna@example.com', 'Write to Anna@Example.com about the wing.', 'about the wing.'],
    ['4111-1111-1111-1111', 'Paid by 4111 1111 1111 1111 in the spring.', 'in the spring.'],
    ['4111 1111 1111 1111', 'Paid by 4111111111111111 in the spring.', 'in the spring.'],
    ['4111 1111 1111 1111', 'Paid by ４１１１ １１１１ １１１１ １１１１ in the spring.', 'in the spring.'],
    ['José Núñez', 'By JOSE\u0301 NU\u0301N\u0303EZ, who built it.', ', who built it.'],
    ['a@b.de', 'x a@b.de y a@b.de the longest of all', 'the longest of all'],
    ['***', 'Hidden *** behind stars', 'behind stars'],
    ['42', 'Nothing of it is here', 'Nothing of it is here'],
  ])('keeps %j out of %j', (secret, quote, wanted) => {
    expect(withoutMasked(quote, [secret])).toBe(wanted);
  });

  it('leaves a part of the quote as it stands, without the letters of what was masked', () => {
    const piece = fc.constantFrom(...'ab1', ' ', '-', 'É', 'é', 'e\u0301', '①', '１', 'ß', '😀');
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 3 }), (quote, masked) => {
        const part = withoutMasked(quote, masked);
        expect(quote).toContain(part);
        for (const secret of masked) if (secret.trim() !== '') expect(part).not.toContain(secret);
      }),
    );
  });
});
