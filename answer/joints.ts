import { removedAddress } from './links.ts';

/** What would make an address of whatever comes to stand behind it. */
const begunAddress =
  /(?:www\\?\.[^\s]{0,255}|[a-z]:[\\/]{0,3}|<(?:[a-z][a-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]{1,255}@[^\s<>]*))$/i;
/** As far back as anything is looked for. */
const maxBegun = 4_200;
/** Letters of an address; brackets and what stands behind them; what begins a tag; a backslash. */
const joints: readonly (readonly [end: RegExp, start: RegExp])[] = [
  [/[a-z0-9]/i, /^[.:/@\\]{0,4}[a-z0-9]/i],
  [/[\]!]/, /^[([:]/],
  [/</, /^[a-z/!?]/i],
  // An address takes in a backslash, which then escapes nothing.
  [/\S/, /^\\/],
];
const bracketAtLineStart = /(?:^|\n)[ \t>*+\-\d.)]*\[/;

/** How much of a text behind a joint decides. */
export const maxJoint = 5;

/** What stands where something was taken out of the brackets of a link: two words, which no link has there. */
const spoiler = ' link removed ';

/** Whether two texts that did not stand beside each other would make a link, an image or a tag of their ends. */
export function joins(before: string, after: string): boolean {
  return joints.some(([end, start]) => start.test(after) && end.test(before.slice(-1)));
}

/** A replacement that makes no link with what stands before it or comes behind it. */
export function apart(before: string, replacement: string): string {
  if (isLinkBegun(before)) return replacement === removedAddress ? spoiler : spoiler + replacement;
  const gap = joins(before, replacement) || begunAddress.test(before.slice(-maxBegun)) ? ' ' : '';
  return `${gap}${replacement}${begunAddress.test(replacement) ? ' ' : ''}`;
}

/** Whether what a text ends in, back to a space, has a bare address in it. */
export function endsInAddress(text: string): boolean {
  let start = text.length;
  while (start > 0 && /\S/.test(text[start - 1]!)) start -= 1;
  return /:\/\/|www\./i.test(text.slice(start));
}

/** Whether a text ends within the address of a link or of a definition, or where one may begin. */
export function isLinkBegun(text: string): boolean {
  const paragraph = text
    .slice(-maxBegun)
    .split(/\n[ \t]*\n/)
    .at(-1)!;
  const label = paragraph.lastIndexOf(']:');
  if (/^\]:\s*\S*$/.test(paragraph.slice(label)) && bracketAtLineStart.test(paragraph.slice(0, label)))
    return true;
  const open = paragraph.lastIndexOf('](');
  if (open === -1) return false;
  let depth = 1;
  for (const character of paragraph.slice(open + 2)) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth === 0) return false;
  }
  return true;
}
