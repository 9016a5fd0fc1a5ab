import { intersectionOf, lengthOf, type Span, unionOf } from '../spans.ts';

// Source of all: Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval", Chroma, 2024. With the tokens t_e
// of a question's relevant excerpts and t_r of the retrieved chunks, a token that stands in several retrieved chunks
// counts in |t_r| each time and in |t_e ∩ t_r| once: what is repeated costs.

/** |t_e ∩ t_r| / |t_e|, 0 to 1; excerpts are not empty. */
export function tokenRecall(relevant: readonly Span[], retrieved: readonly Span[]): number {
  return lengthOf(intersectionOf(relevant, retrieved)) / lengthOf(unionOf(relevant));
}

/** |t_e ∩ t_r| / |t_r|, 0 to 1; 0 where nothing was retrieved. */
export function tokenPrecision(relevant: readonly Span[], retrieved: readonly Span[], elsewhere = 0): number {
  const all = lengthOf(retrieved) + elsewhere;
  return all === 0 ? 0 : lengthOf(intersectionOf(relevant, retrieved)) / all;
}

/**
 * Intersection over union: |t_e ∩ t_r| / (|t_e| + |t_r| − |t_e ∩ t_r|), 0 to 1.
 * @param elsewhere retrieved tokens of other documents than the excerpts'
 */
export function tokenIoU(relevant: readonly Span[], retrieved: readonly Span[], elsewhere = 0): number {
  const both = lengthOf(intersectionOf(relevant, retrieved));
  return both / (lengthOf(unionOf(relevant)) + lengthOf(retrieved) + elsewhere - both);
}

/**
 * Precision at full recall, the Ω of the source: the precision of all chunks that hold any relevant token, as a perfect
 * retriever would return them. It looks at chunk boundaries alone. As in the source's code, chunks that overlap are
 * counted as their union. 0 where no chunk holds a relevant token.
 */
export function precisionAtFullRecall(relevant: readonly Span[], chunks: readonly Span[]): number {
  const wanted = unionOf(relevant);
  const holding = chunks.filter((chunk) => wanted.some(({ from, to }) => chunk.from < to && from < chunk.to));
  const all = lengthOf(unionOf(holding));
  return all === 0 ? 0 : lengthOf(intersectionOf(wanted, holding)) / all;
}
