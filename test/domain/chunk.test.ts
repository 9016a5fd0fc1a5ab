import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkIdOf, documentKey, embeddedText, fingerprint, headingLine } from '../../domain/chunk.ts';

describe('chunkIdOf', () => {
  it('is the same each time, and stays the same from release to release', () => {
    expect(chunkIdOf('default', 'a/b.md', 3)).toBe(chunkIdOf('default', 'a/b.md', 3));
    expect(chunkIdOf('default', 'a/b.md', 3)).toMatch(/^[A-Za-z0-9_-]{22}-3$/);
  });

  it('differs where tenant, document or ordinal differ', () => {
    const place = fc.tuple(
      fc.stringMatching(/^[a-z0-9_-]{1,8}$/),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
      fc.nat(20),
    );
    fc.assert(
      fc.property(place, place, (left, right) => {
        const isSame = left.every((part, at) => part === right[at]);
        expect(chunkIdOf(...left) === chunkIdOf(...right)).toBe(isSame);
      }),
    );
    expect(documentKey('a', 'bc')).not.toBe(documentKey('ab', 'c'));
    expect(documentKey('a', '\0b')).not.toBe(documentKey('a', 'b'));
  });
});

describe('headingLine', () => {
  it.each<[string | undefined, string[], string]>([
    [undefined, [], ''],
    ['Title', [], 'Title'],
    [undefined, ['One', 'Two'], 'One > Two'],
    ['Title', ['One', 'Two'], 'Title > One > Two'],
    ['Title', ['Title', 'Two'], 'Title > Two'],
    ['Title', ['One', 'One', 'Title'], 'Title > One > Title'],
    ['', ['', 'One', ''], 'One'],
    ['One', ['', 'One'], 'One'],
  ])('of %j and %j is %j', (title, headingPath, line) => {
    expect(headingLine(title, headingPath)).toBe(line);
  });
});

describe('embeddedText', () => {
  it('joins heading, context and text by line breaks and leaves out what is missing', () => {
    expect(embeddedText('Title', { context: 'a | b', text: '1 | 2' })).toBe('Title\na | b\n1 | 2');
    expect(embeddedText('', { text: 'text' })).toBe('text');
    expect(embeddedText('Title', { context: '', text: 'text' })).toBe('Title\ntext');
  });
});

describe('fingerprint', () => {
  it('differs where text, model or dimensions differ', () => {
    const model = { id: 'model', dimensions: 384 };
    const prints = [
      fingerprint('text', model, 'passage'),
      fingerprint('text ', model, 'passage'),
      fingerprint('text', { ...model, id: 'model 2' }, 'passage'),
      fingerprint('text', { ...model, dimensions: 256 }, 'passage'),
    ];
    expect(new Set(prints).size).toBe(4);
    expect(fingerprint('text', { ...model }, 'passage')).toBe(prints[0]);
    expect(prints[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});
