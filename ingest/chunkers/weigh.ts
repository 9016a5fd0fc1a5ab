import type { Tokenizer } from '../../models/embedding-model.ts';

/** Of text, English has about 5 characters a token; this bounds a chunk that its tokens alone would not. */
const maxCharactersPerToken = 16;

/**
 * The room that text takes in a chunk: its tokens, but at least a sixteenth of its characters, since to WordPiece
 * a word of 300,000 letters is one unknown token and no passage.
 */
export function weigh(text: string, tokenizer: Tokenizer): number {
  return Math.max(tokenizer.count(text), Math.ceil(text.length / maxCharactersPerToken));
}
