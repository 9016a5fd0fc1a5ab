import { type SentenceRange, sentences } from '../../domain/sentences.ts';

const marker = /^(?:[-*+•–‣·>]|\d{1,3}[.)]|\p{L}[.)])\s+/u;
const ending = /[.!。！…]["'”’)\]]*$/;
const word = /\p{L}[\p{L}\p{M}'’-]+/gu;

const maxCharacters = 700;
const minWords = 4;
/** A list's item may lack its full stop; a heading is shorter than this. */
const minWordsUnended = 7;
/** Of the characters that are no white space; tables and code have fewer. */
const minLetterShare = 0.6;

/**
 * The sentences of a passage that state something by themselves: not headings, table rows, code, questions, or lines
 * of a few words. Without the mark of a list's item.
 */
export function statements(text: string): SentenceRange[] {
  const found: SentenceRange[] = [];
  for (const [start, end] of sentences(text)) {
    const lead = marker.exec(text.slice(start, end))?.[0].length ?? 0;
    if (isStatement(text.slice(start + lead, end))) found.push([start + lead, end]);
  }
  return found;
}

function isStatement(sentence: string): boolean {
  if (sentence.length > maxCharacters || sentence.includes('\t') || sentence.includes(' | ')) return false;
  if (settings.test(sentence)) return false;
  const isEnded = ending.test(sentence);
  const words = sentence.match(word)?.length ?? 0;
  if (unspacedLetters.test(sentence)) return isEnded;
  if (words < (isEnded ? minWords : minWordsUnended) || /[?:]$/.test(sentence)) return false;
  const letters = sentence.match(/\p{L}/gu)?.length ?? 0;
  const filled = sentence.match(/\S/gu)?.length ?? 0;
  return letters / filled >= minLetterShare;
}

/** A line that is a key alone, as in YAML, or a key and value in braces: words enough, but no sentence. */
const settings = /^\s*[\w.-]+:\s*\n|\{\s*["\w.-]+\s*:/m;

/** In Chinese, Japanese and Thai words cannot be counted by spaces. */
const unspacedLetters = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]{4}/u;
