/** `[2]` or `[2, 3]`, as a model writes it that cites by numbers. */
export const marker = /^\[(\d{1,3}(?:\s?[,;]\s?\d{1,3}){0,9})\]/;
/** Wherever it stands. */
export const markers = new RegExp(marker.source.slice(1), 'g');
export const tagStart = /^<[a-z/!?]/i;
/** With whatever stands in its quoted values. */
const wholeTag = /^<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>/;

/** The length of the construct that a text begins with; `open`: not known yet; `none`: it is none. */
export function constructLength(
  view: string,
  isLast: boolean,
  context: { readonly isLineStart: boolean; readonly takesMarkers: boolean },
): number | 'open' | 'none' {
  const open = isLast ? 'none' : 'open';
  if (view[0] === '<') {
    if (view.length === 1) return open;
    return tagStart.test(view) ? tagLength(view, open) : 'none';
  }
  // The end of a link whose words are not told by their brackets: those within code or a tag do not count.
  if (view[0] === ']') return tailLength(view, open);
  if (view[0] !== '[' && view[0] !== '!') {
    // A name may begin with any marks behind `www.`.
    const begun = /^www\\?\.[^\s\p{L}\p{N}]*/iu.exec(view)?.[0].length ?? 0;
    const stop = /[\s<`]/.exec(view.slice(begun))?.index;
    return stop === undefined ? (isLast ? view.length : 'open') : begun + stop;
  }
  const label = balanced(view, view[0] === '!' ? 1 : 0, '[', ']', open);
  if (typeof label === 'string') return label;
  if (label === view.length && !isLast) return 'open';
  const next = view[label];
  if (next === '(') {
    const tail = tailLength(view.slice(label - 1), open);
    return typeof tail === 'number' ? label - 1 + tail : tail;
  }
  if (context.takesMarkers && marker.test(view.slice(0, label))) return label;
  return next === ':' && context.isLineStart ? definitionLength(view, label, isLast) : 'none';
}

/** An address and a title may stand on lines of their own. */
function definitionLength(view: string, label: number, isLast: boolean): number | 'open' {
  const lines = /^[^\n]*(?:\n[^\n]+){0,2}(?=\n|$)/.exec(view.slice(label))![0];
  const end = label + lines.length;
  const isKnown = isLast || view.indexOf('\n', end) !== -1;
  return isKnown && (isLast || lines.split('\n').length === 3 || /^\n[ \t]*\n/.test(view.slice(end)))
    ? end
    : 'open';
}

/** Markdown ends a tag behind its quotes, at the latest with its paragraph. */
function tagLength(view: string, open: 'open' | 'none'): number | 'open' | 'none' {
  const paragraph = paragraphEnd(view);
  const within = view.slice(0, paragraph);
  const whole = wholeTag.exec(within)?.[0].length;
  if (whole !== undefined) return whole;
  if (paragraph === undefined && open === 'open') return open;
  const end = within.indexOf('>');
  return end === -1 ? 'none' : end + 1;
}

/** Nested ones in an address, as Markdown's readers bound them. */
const maxParentheses = 32;
const escapable = /[!-/:-@[-`{-~]/;

/** The length of `](address "title")`, read as CommonMark 0.31 says. */
function tailLength(view: string, open: 'open' | 'none'): number | 'open' | 'none' {
  const paragraph = paragraphEnd(view);
  const within = view.slice(0, paragraph);
  const cut = paragraph === undefined ? open : 'none';
  let at = skipSpace(within, 2);
  const addressEnd = within[at] === '<' ? skipAngles(within, at) : skipAddress(within, at);
  if (addressEnd === undefined) return 'none';
  at = skipSpace(within, addressEnd);
  if (at > addressEnd && /["'(]/.test(within[at] ?? '')) {
    const titleEnd = skipTitle(within, at);
    if (titleEnd === undefined) return 'none';
    at = skipSpace(within, titleEnd);
  }
  if (at >= within.length) return cut;
  return within[at] === ')' ? at + 1 : 'none';
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at += 1;
  return at;
}

function isEscape(text: string, at: number): boolean {
  return text[at] === '\\' && escapable.test(text[at + 1] ?? '');
}

/** Where an address in angles ends; undefined where it is none; beyond the text where that is not known yet. */
function skipAngles(text: string, from: number): number | undefined {
  for (let at = from + 1; at < text.length; at += 1) {
    if (isEscape(text, at)) at += 1;
    else if (text[at] === '>') return at + 1;
    else if (text[at] === '<' || text[at] === '\n') return undefined;
  }
  return text.length;
}

function skipAddress(text: string, from: number): number | undefined {
  let depth = 0;
  let at = from;
  for (; at < text.length && !/\s/.test(text[at]!); at += 1) {
    if (isEscape(text, at)) at += 1;
    else if (text[at] === '(') depth += 1;
    else if (text[at] === ')' && depth === 0) return at;
    else if (text[at] === ')') depth -= 1;
    if (depth > maxParentheses) return undefined;
  }
  return depth === 0 || at >= text.length ? at : undefined;
}

function skipTitle(text: string, from: number): number | undefined {
  const close = text[from] === '(' ? ')' : text[from]!;
  for (let at = from + 1; at < text.length; at += 1) {
    if (isEscape(text, at)) at += 1;
    else if (text[at] === close) return at + 1;
    else if (text[at] === '(' && close === ')') return undefined;
  }
  return text.length;
}

/** The place behind the bracket that closes the one at `at`. */
function balanced(
  view: string,
  at: number,
  opening: string,
  close: string,
  open: 'open' | 'none',
): number | 'open' | 'none' {
  const paragraph = paragraphEnd(view) ?? view.length;
  let depth = 0;
  for (let place = at; place < paragraph; place += 1) {
    if (view[place] === '\\') place += 1;
    else if (view[place] === opening) depth += 1;
    else if (view[place] === close) {
      depth -= 1;
      if (depth === 0) return place + 1;
    }
  }
  return paragraph < view.length ? 'none' : open;
}

/** Where the first paragraph of a text ends, if that is known. */
export function paragraphEnd(view: string): number | undefined {
  return /\n[ \t]*\n/.exec(view)?.index;
}
