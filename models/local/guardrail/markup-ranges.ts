import { matchesFrom, type Range } from './matches-from.ts';

/** Simple tags of HTML that only change how a text looks, without their end. */
const tag = String.raw`<\/?(?:b|i|u|s|em|strong|del|ins|mark|small|big|code|kbd|span|font|wbr)\b[^<>]{0,100}`;
/** Marks of emphasis, strike-through and code, and such tags. */
const mark = new RegExp(String.raw`\*{1,3}|~~|\x60{1,2}|${tag}>`, 'gi');
/** Such a tag whose end has not come, or the end of its name. */
export const begunTag = new RegExp(String.raw`(?:${tag}|<\/?[a-z]{0,6})$`, 'i');
/** Marks of emphasis too, but for those within a word and those that stand alone. */
const underscores = /(?<![\p{L}\p{N}_])_+(?=[^\s_])|(?<=[^\s_])_+(?![\p{L}\p{N}_])/gu;
/** A backslash before punctuation, which Markdown does not show. */
const escaped = /\\(?=[!-/:-@[-`{-~])/g;
/** Marks further apart than this are no pair. */
const maxApart = 300;

/**
 * Where a text has marks that a reader of Markdown does not see: pairs that stand around something, and single ones
 * within a word, but for those between digits, which multiply; underscores around words. Linear.
 */
export function markupRanges(text: string): Range[] {
  const found: Range[] = [
    ...[...text.matchAll(escaped)].map(({ index }): Range => [index, index + 1]),
    ...matchesFrom(underscores, text, 0),
  ];
  const open = new Map<string, Range>();
  for (const match of text.matchAll(mark)) {
    const [token] = match;
    const range: Range = [match.index, match.index + token.length];
    const [before, after] = [text[range[0] - 1] ?? ' ', text[range[1]] ?? ' '];
    const opened = open.get(token);
    if (token.startsWith('<') || isWithinWord(before, after)) found.push(range);
    if (
      opened !== undefined &&
      range[0] - opened[1] <= maxApart &&
      /\S/.test(before) &&
      range[0] > opened[1]
    ) {
      found.push(opened, range);
      open.delete(token);
    } else if (/\S/.test(after)) open.set(token, range);
  }
  return found;
}

function isWithinWord(before: string, after: string): boolean {
  return /\S/.test(before) && /\S/.test(after) && !(/\d/.test(before) && /\d/.test(after));
}
