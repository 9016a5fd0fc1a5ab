import { describe, expect, it } from 'vitest';
import { hasLoopedPages } from '../../../ingest/parsers/pdf-page-tree.ts';

const loops = (text: string) => hasLoopedPages(Buffer.from(text, 'latin1'));

describe('hasLoopedPages', () => {
  it.each([
    ['a node below itself', '2 0 obj << /Kids [2 0 R] >> endobj'],
    [
      'a node below one below it',
      '2 0 obj << /Kids [3 0 R] >> endobj 3 0 obj << /Kids [4 0 R 2 0 R] >> endobj',
    ],
    ['objects that do not end', '2 0 obj << /Kids [3 0 R] >> 3 0 obj << /Kids [2 0 R] >>'],
  ])('sees %s', (_, text) => {
    expect(loops(text)).toBe(true);
  });

  it('sees none in a tree, nor where two nodes share one', () => {
    expect(
      loops(
        '2 0 obj << /Kids [3 0 R 4 0 R] >> endobj 3 0 obj << /Kids [4 0 R] >> endobj 4 0 obj << >> endobj',
      ),
    ).toBe(false);
    expect(loops('2 0 obj << >> 3 0 obj << /Kids [2 0 R] >>')).toBe(false);
  });

  it('reads ids in linear time, whatever stands for them', () => {
    // Quadratic it would take minutes.
    expect(loops(`2 0 obj << /Kids [${'7'.repeat(2_000_000)}] >>`)).toBe(false);
  }, 20_000);
});
