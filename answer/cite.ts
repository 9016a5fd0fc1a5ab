import type { Citation } from '../domain/answer.ts';
import type { Hit } from '../domain/search.ts';

/** A citation as a model gives it: a range of the answer, a passage by its place, and words said to stand in it. */
export interface ClaimedCitation {
  readonly start: number;
  readonly end: number;
  readonly passage: number;
  readonly quote: string;
}

/**
 * Holds a model's citation against the answer and the passage: the range must cover text of the answer, and the quote
 * must stand verbatim in the passage's chunk. Pure.
 * @returns undefined for a citation that does not hold
 */
export function verifyCitation(
  claimed: ClaimedCitation,
  answerText: string,
  passages: readonly Hit[],
): Citation | undefined {
  const { start, end, quote } = claimed;
  const hit = passages[claimed.passage];
  const coversText =
    Number.isInteger(start) &&
    Number.isInteger(end) &&
    start >= 0 &&
    start < end &&
    end <= answerText.length &&
    answerText.slice(start, end).trim() !== '';
  if (hit === undefined || !coversText || quote.trim() === '' || !hit.chunk.text.includes(quote))
    return undefined;
  return {
    start,
    end,
    chunkId: hit.chunk.chunkId,
    documentId: hit.documentId,
    ...(hit.title !== undefined && { title: hit.title }),
    ...(hit.uri !== undefined && { uri: hit.uri }),
    quote,
  };
}
