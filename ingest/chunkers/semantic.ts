import { percentile } from './percentile.ts';
import type { ReadDocument } from './read-words.ts';
import type { Section } from './sections.ts';
import type { SemanticChunking } from './strategy.ts';
import { breakLevel } from './word-table.ts';

/** Distances are compared to this, so that the last digits of a sum decide nothing. */
const distanceStep = 1e-6;

/** One vector of length 1 a text, in order. */
export type EmbedTexts = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

export interface Divided {
  readonly sections: Section[];
  /** Texts that the model embedded to find the breakpoints; equal ones once. */
  readonly embedded: number;
}

/**
 * Cuts sections between sentences whose embeddings lie far apart.
 *
 * Each sentence is embedded with `bufferSize` neighbours on each side. Where the cosine distance between two
 * neighbours is above the percentile of all such distances in the document, the next sentence starts a new piece.
 * A table and a block of code count as one sentence. Source: Greg Kamradt, "5 Levels of Text Splitting", 2024, level 4.
 */
export async function divideByMeaning(
  text: string,
  document: ReadDocument,
  sections: readonly Section[],
  chunking: SemanticChunking,
  maxInputTokens: number,
  embed: EmbedTexts,
): Promise<Divided> {
  const sentences = sections.map((section) => sentenceStarts(document, section));
  const groups = sections.map((section, at) =>
    groupTexts(text, document, section, sentences[at]!, chunking.bufferSize, maxInputTokens),
  );
  const texts = [...new Set(groups.flat())];
  const embedded = texts.length;
  const found = await embed(texts);
  const vectors = new Map(texts.map((one, at) => [one, found[at]!]));
  const distances = groups.map((texts) =>
    texts.slice(1).map((next, at) => distance(vectors.get(texts[at]!)!, vectors.get(next)!)),
  );
  const all = distances.flat();
  if (all.length === 0) return { sections: [...sections], embedded };
  const threshold = percentile(all, chunking.breakpointPercentileThreshold);
  const divided = sections.flatMap(({ from, to }, at) => {
    const breaks = distances[at]!.flatMap((far, before) =>
      far > threshold ? [sentences[at]![before + 1]!] : [],
    );
    const starts = [from, ...breaks];
    return starts.map((start, piece) => ({ from: start, to: starts[piece + 1] ?? to }));
  });
  return { sections: divided, embedded };
}

/** The first word of each sentence of a section; a heading goes with the sentence below it. */
function sentenceStarts({ words, blocks }: ReadDocument, section: Section): number[] {
  const starts: number[] = [];
  for (const { block, from, to } of blocks) {
    if (to <= section.from || from >= section.to) continue;
    const isWhole = block.kind === 'table' || block.kind === 'code';
    const first = Math.max(from, section.from);
    const last = isWhole ? first + 1 : Math.min(to, section.to);
    for (let at = first; at < last; at += 1) {
      if (at === section.from || words.level(at) >= breakLevel.sentence) starts.push(at);
    }
  }
  return starts;
}

/** Each sentence with its neighbours, at most as long as the model reads. */
function groupTexts(
  text: string,
  { words }: ReadDocument,
  section: Section,
  starts: readonly number[],
  bufferSize: number,
  maxTokens: number,
): string[] {
  return starts.map((_, at) => {
    const from = starts[Math.max(0, at - bufferSize)]!;
    const end = starts[at + bufferSize + 1] ?? section.to;
    const to = Math.max(words.reach(from, end, maxTokens), from + 1);
    return text.slice(words.start(from), words.end(to - 1));
  });
}

/** 1 − cosine, of vectors of length 1. */
function distance(left: Float32Array, right: Float32Array): number {
  let product = 0;
  for (let at = 0; at < left.length; at += 1) product += left[at]! * right[at]!;
  return Math.round((1 - product) / distanceStep) * distanceStep;
}
