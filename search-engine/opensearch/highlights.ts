import { randomBytes } from 'node:crypto';

// Texts cannot know them, so that they cannot hold them.
const open = `⟦${randomBytes(12).toString('hex')}`;
const close = `${randomBytes(12).toString('hex')}⟧`;

/** Asks for the whole body with the words marked. */
export function highlightOf(words: string): object {
  return {
    type: 'unified',
    fields: { body: { number_of_fragments: 0, pre_tags: [open], post_tags: [close] } },
    highlight_query: { match: { body: words } },
  };
}

/** The marked ranges of a body from `start` on, counted from there, in UTF-16 code units. */
export function marksIn(marked: string | undefined, start: number): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  const [before = '', ...parts] = (marked ?? '').split(open);
  let position = before.length;
  for (const part of parts) {
    const length = part.indexOf(close);
    const range: [number, number] = [position - start, position + length - start];
    if (range[0] >= 0) ranges.push(range);
    position += part.length - close.length;
  }
  return ranges;
}
