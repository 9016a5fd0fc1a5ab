import { type Chunk, embeddedText, headingLine } from '../domain/chunk.ts';
import type { EmbeddingModel } from '../models/embedding-model.ts';
import { cutText } from './chunkers/cut-text.ts';

/** Of the title in what is embedded, as the default strategy allows it. */
const maxTitleTokens = 64;

/** A stored chunk under another title, with what is to be embedded for it. */
export interface RetitledChunk {
  readonly chunk: Chunk;
  readonly embeddedText: string;
}

/** Puts stored chunks under another title, cut where the embedding model would not read the chunk whole. */
export function retitle(
  chunks: readonly Chunk[],
  title: string | undefined,
  { tokenizer, maxInputTokens }: Pick<EmbeddingModel, 'tokenizer' | 'maxInputTokens'>,
  embedHeadings: boolean,
): RetitledChunk[] {
  const tokensOf = (text: string) => tokenizer.count(text) + tokenizer.specialTokens;
  return chunks.map((chunk) => {
    const under = (maxTokens: number) => {
      const cut = title === undefined ? '' : cutText(title, maxTokens, tokenizer);
      return embeddedText(embedHeadings ? headingLine(cut, chunk.headingPath) : '', chunk);
    };
    let room = maxTitleTokens;
    let text = under(room);
    let tokens = tokensOf(text);
    while (tokens > maxInputTokens && room > 0) {
      room = Math.max(0, room - (tokens - maxInputTokens));
      text = under(room);
      tokens = tokensOf(text);
    }
    return { chunk: { ...chunk, tokens }, embeddedText: text };
  });
}
