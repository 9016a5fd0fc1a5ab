import type { Chunk, ParentChunk } from '../../domain/chunk.ts';
import type { Draft } from './draft.ts';

/** A parent this full ends where a section does. */
const wellFilled = 1 / 2;

/**
 * Joins neighbouring children to parents of at most `maxTokens`, each the text from its first child's start to its
 * last child's end; so neighbouring parents overlap as their children do.
 */
export function joinParents(
  draft: Draft,
  maxTokens: number,
): { readonly children: Chunk[]; readonly parents: ParentChunk[] } {
  const { text } = draft.parsed;
  const parents: ParentChunk[] = [];
  const children: Chunk[] = [];
  while (children.length < draft.chunks.length) {
    const first = children.length;
    const next = parentEnd(draft, first, maxTokens);
    const ordinal = parents.length;
    const start = draft.chunks[first]!.start;
    const end = draft.chunks[next - 1]!.end;
    for (const child of draft.chunks.slice(first, next)) children.push({ ...child, parentOrdinal: ordinal });
    parents.push({ ordinal, text: text.slice(start, end), start, end });
  }
  return { children, parents };
}

/** The first child that is the next parent's. */
function parentEnd(draft: Draft, first: number, maxTokens: number): number {
  const { chunks, tokenizer, sectionStarts } = draft;
  const { text } = draft.parsed;
  const start = chunks[first]!.start;
  let tokens = tokenizer.count(text.slice(start, chunks[first]!.end));
  let next = first + 1;
  for (; next < chunks.length; next += 1) {
    if (sectionStarts.has(next) && tokens >= maxTokens * wellFilled) break;
    tokens += tokenizer.count(text.slice(chunks[next - 1]!.end, chunks[next]!.end));
    if (tokens > maxTokens) break;
  }
  // Counts of parts need not add up.
  while (next > first + 1 && tokenizer.count(text.slice(start, chunks[next - 1]!.end)) > maxTokens) next -= 1;
  return next;
}
