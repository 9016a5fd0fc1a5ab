import { describe, expect, it } from 'vitest';
import { CursorExpired, InvalidInput } from '../../domain/errors.ts';
import { nextCursor, pageOffset } from '../../retrieval/cursor.ts';
import { resolveSearchRequest } from '../../retrieval/resolve.ts';

const request = resolveSearchRequest({ query: 'wing', topK: 2 }, []);
const ranked = ['a', 'b', 'c', 'd', 'e'];

describe('cursor', () => {
  it('goes on where the last page ended, and ends with the list', () => {
    const second = nextCursor('t', request, ranked, 2)!;
    expect(pageOffset('t', { ...request, cursor: second }, ranked)).toBe(2);
    expect(nextCursor('t', request, ranked, 5)).toBeUndefined();
  });

  it('goes on when only hits not yet shown have changed', () => {
    const cursor = nextCursor('t', request, ranked, 2)!;
    expect(pageOffset('t', { ...request, cursor }, ['a', 'b', 'x', 'c'])).toBe(2);
  });

  it.each([
    ['a new hit comes in among those shown', ['a', 'x', 'b', 'c']],
    ['a shown hit is gone', ['b', 'c', 'd', 'e']],
    ['two shown hits change places', ['b', 'a', 'c', 'd']],
    ['the list is shorter than what was shown', ['a']],
  ])('has expired when %s', (_, changed) => {
    const cursor = nextCursor('t', request, ranked, 2)!;
    expect(() => pageOffset('t', { ...request, cursor }, changed)).toThrow(CursorExpired);
  });

  it('has expired when a stage that made the list is missing, or back', () => {
    const whole = nextCursor('t', request, ranked, 2)!;
    expect(() => pageOffset('t', { ...request, cursor: whole }, ranked, ['embed'])).toThrow(CursorExpired);
    const partial = nextCursor('t', request, ranked, 2, ['embed'])!;
    expect(pageOffset('t', { ...request, cursor: partial }, ranked, ['embed'])).toBe(2);
    expect(() => pageOffset('t', { ...request, cursor: partial }, ranked)).toThrow(CursorExpired);
  });

  it('has expired when the defaults changed under the same request', () => {
    const asked = { query: 'wing', topK: 2 };
    const cursor = nextCursor('t', request, ranked, 2, [], asked)!;
    const changed = resolveSearchRequest({ ...asked, lexical: { weight: 0.7 } }, []);
    const again = { ...asked, cursor };
    expect(() => pageOffset('t', { ...changed, cursor }, ranked, [], again)).toThrow(CursorExpired);
    expect(() => pageOffset('t', { ...changed, cursor }, ranked, [], { ...again, query: 'tail' })).toThrow(
      InvalidInput,
    );
    expect(() => pageOffset('u', { ...changed, cursor }, ranked, [], again)).toThrow(InvalidInput);
  });

  it.each([
    ['another tenant', 'u', request],
    ['another query', 't', { ...request, query: 'tail' }],
    ['another page size', 't', { ...request, topK: 3 }],
  ])('is refused for %s', (_, tenant, other) => {
    const cursor = nextCursor('t', request, ranked, 2)!;
    expect(() => pageOffset(tenant, { ...other, cursor }, ranked)).toThrow(InvalidInput);
  });

  it.each(['', 'x', '%%%', 'W10', 'WzEsMiwzXQ', Buffer.from('["a",-1,"b"]').toString('base64url')])(
    'refuses %j',
    (cursor) => {
      expect(() => pageOffset('t', { ...request, cursor }, ranked)).toThrow(InvalidInput);
    },
  );
});
