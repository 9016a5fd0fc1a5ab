import { dotProduct } from '../../../domain/dot-product.ts';
import { sentences } from '../../../domain/sentences.ts';
import type { EmbeddingModel } from '../../embedding-model.ts';
import type { Grounding } from '../../guardrail.ts';
import type { ModelCall } from '../../model-call.ts';
import { contentWords, wordOverlap } from '../word-overlap.ts';

/** Of the passages' sentences; the likeliest by words where there are more. */
const maxSentencesPerClaim = 24;

/**
 * Scores each sentence of an answer against what it cites, 0 to 1: the mean of the highest cosine to a sentence of
 * the cited passages, and of the share of the sentence's content words that those passages have. It tells whether a
 * passage speaks of what is claimed, not whether it says the contrary.
 */
export function createGroundingScorer(embedding: EmbeddingModel) {
  return async function scoreGrounding(
    answer: string,
    { passages, cited }: Grounding,
    call?: ModelCall,
  ): Promise<number[]> {
    const claims = sentences(answer)
      .map(([start, end]) => ({
        text: answer.slice(start, end),
        sources: sourcesOf(start, end, passages, cited),
      }))
      .filter(({ text }) => contentWords(text).size > 0);
    const chosen = claims.map(({ text, sources }) => likeliest(contentWords(text), sources));
    const texts = [...new Set([...claims.map(({ text }) => text), ...chosen.flat()])];
    const { vectors } = await embedding.embedPassages(texts, call);
    const vectorOf = new Map(texts.map((text, at) => [text, vectors[at]!]));
    return claims.map(({ text, sources }, at) => {
      const own = vectorOf.get(text)!;
      const cosines = chosen[at]!.map((sentence) => dotProduct(own, vectorOf.get(sentence)!));
      const words = wordOverlap(contentWords(text), contentWords(sources.join('\n')));
      return (Math.max(0, ...cosines) + words) / 2;
    });
  };
}

function sourcesOf(
  start: number,
  end: number,
  passages: readonly string[],
  cited: Grounding['cited'],
): readonly string[] {
  const own = new Set(
    cited.filter((citation) => citation.start < end && citation.end > start).map(({ passage }) => passage),
  );
  return own.size === 0 ? passages : passages.filter((_, at) => own.has(at));
}

function likeliest(words: ReadonlySet<string>, sources: readonly string[]): string[] {
  const all = sources.flatMap((source) => sentences(source).map((range) => source.slice(...range)));
  if (all.length <= maxSentencesPerClaim) return all;
  return all
    .map((text) => ({ text, overlap: wordOverlap(words, contentWords(text)) }))
    .sort((left, right) => right.overlap - left.overlap)
    .slice(0, maxSentencesPerClaim)
    .map(({ text }) => text);
}
