import type { Tokenizer } from '../embedding-model.ts';

/** How a vendor's limits read in characters, where they are stricter than those in tokens. */
export interface EstimateOptions {
  /** A token counts for at most so many characters: `maxInputTokens` of them never pass the limit in characters. */
  readonly charactersPerToken: number;
}

/**
 * Counts tokens without the vendor's tokenizer, rather too many than too few: a word of letters a token for each five
 * begun, two digits a token, and each other character one, those of scripts without spaces and of most others too.
 * Beside WordPiece it counts 1.0 to 1.3 times as many in English prose.
 */
export function createEstimatingTokenizer({ charactersPerToken }: EstimateOptions): Tokenizer {
  return {
    specialTokens: 2,
    count: (text) => Math.max(countTokens(text), Math.ceil(text.length / charactersPerToken)),
  };
}

const lettersPerToken = 5;
const digitsPerToken = 2;

function countTokens(text: string): number {
  let tokens = 0;
  let letters = 0;
  let digits = 0;
  const endRun = () => {
    tokens += Math.ceil(letters / lettersPerToken) + Math.ceil(digits / digitsPerToken);
    letters = 0;
    digits = 0;
  };
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isPlainLetter(code)) {
      if (digits > 0) endRun();
      letters += 1;
    } else if (code >= 0x30 && code <= 0x39) {
      if (letters > 0) endRun();
      digits += 1;
    } else {
      endRun();
      if (!isSpace(code)) tokens += 1;
    }
  }
  endRun();
  return tokens;
}

/** Latin without marks: the only letters of which several make a token in every tokenizer. */
function isPlainLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0;
}
