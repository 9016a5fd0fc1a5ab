import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import type { Tokenizer } from '../embedding-model.ts';
import { createAsciiWordPiece } from './ascii-word-piece.ts';

/** A text as the model reads it. */
export interface EncodedText {
  /** With the special tokens. */
  readonly ids: readonly number[];
  /** The text was longer, and its end is not in `ids`. */
  readonly isTruncated: boolean;
}

/** The model's own tokenizer, made fast by remembering words. */
export interface WordPieceTokenizer extends Tokenizer {
  /** At most `maxTokens` ids, special tokens included; reads no further than that. */
  encode(text: string, maxTokens: number): EncodedText;
}

/**
 * Words whose tokens, one after another, are the text's: between what the tokenizer turns into a space before
 * anything else, and around marks and Chinese characters, which it sets apart. Not `\s`: control characters and U+FEFF
 * it deletes, which joins what they stood between. Only marks that neither a special token nor the rule for a final
 * sigma looks at.
 */
const word =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff,;()/|"=+_-]|[^\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff,;()/|"=+_-]+/g;

const maxRememberedWords = 100_000;
const maxRememberedCharacters = 64;

/**
 * Loads a WordPiece tokenizer from a model's folder (`tokenizer.json`, `tokenizer_config.json`).
 * @throws when a file is missing or not of that kind
 */
export async function loadWordPieceTokenizer(folder: string): Promise<WordPieceTokenizer> {
  const [tokenizer, config] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map(
      async (name) => JSON.parse(await readFile(path.join(folder, name), 'utf8')) as object,
    ),
  );
  return createWordPieceTokenizer(new HuggingFaceTokenizer(tokenizer!, config!));
}

function createWordPieceTokenizer(tokenizer: HuggingFaceTokenizer): WordPieceTokenizer {
  const around = tokenizer.encode('').ids;
  const [first, last] = around;
  if (around.length !== 2 || first === undefined || last === undefined) {
    throw new TypeError(`Expected a tokenizer with 2 special tokens around a text, got ${around.length}`);
  }
  const asciiIds = createAsciiWordPiece(tokenizer.get_vocab());
  const remembered = new Map<string, readonly number[]>();

  const idsOf = (text: string): readonly number[] => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const ids = asciiIds(text) ?? tokenizer.encode(text, { add_special_tokens: false }).ids;
    if (text.length <= maxRememberedCharacters) {
      if (remembered.size >= maxRememberedWords) remembered.clear();
      remembered.set(text, ids);
    }
    return ids;
  };

  return {
    specialTokens: around.length,

    count(text) {
      const known = remembered.get(text);
      if (known !== undefined) return known.length;
      let tokens = 0;
      for (const match of text.matchAll(word)) tokens += idsOf(match[0]).length;
      return tokens;
    },

    encode(text, maxTokens) {
      const ids = [first];
      const room = maxTokens - 1;
      for (const match of text.matchAll(word)) {
        for (const id of idsOf(match[0])) {
          if (ids.length === room) return { ids: [...ids, last], isTruncated: true };
          ids.push(id);
        }
      }
      ids.push(last);
      return { ids, isTruncated: false };
    },
  };
}
