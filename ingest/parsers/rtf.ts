import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { type BlockWriter, createBlockWriter } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { encodingOfDocument, encodingOfFont } from './rtf-charset.ts';
import { createRtfParagraphs, type RtfParagraphs } from './rtf-paragraphs.ts';
import { rtfTokens } from './rtf-tokens.ts';

/** Groups whose content is no text of the document; so is any that starts with `\*`, but for a few. */
const skipped = new Set(
  `colortbl pict object generator filetbl listtable listoverridetable revtbl rsidtbl
  header headerl headerr headerf footer footerl footerr footerf xe tc bkmkstart bkmkend themedata latentstyles
  datastore fldinst nonshppict upr annotation atnid atnauthor`.split(/\s+/),
);
const readThoughStarred = new Set(['shptxt', 'shpinst', 'ud', 'pn', 'pntext']);
const characters: Readonly<Record<string, string>> = {
  tab: '\t',
  line: '\n',
  emdash: '—',
  endash: '–',
  emspace: ' ',
  enspace: ' ',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  bullet: '•',
};

interface Group {
  readonly target: 'text' | 'nothing' | 'properties' | 'styles' | 'fonts' | 'notes' | 'mark' | 'title';
  /** How many characters stand after each `\u` for readers that do not know it. */
  fallback: number;
  font: number;
}

/** Parses RTF: paragraphs, headings by outline level or style, lists, tables; footnotes are a section of their own. */
export function parseRtf(content: string): ParsedDocument {
  const writer = createBlockWriter();
  const title = writeRtf(writer, content);
  return writer.finish({ mediaType: 'application/rtf', title: title || writer.firstHeading });
}

/** Writes the text of RTF as blocks. @returns the title that its properties name, else empty */
export function writeRtf(writer: BlockWriter, content: string): string {
  const body = createRtfParagraphs(writer);
  const notes: string[] = [];
  const fonts = new Map<number, string>();
  const stack: Group[] = [{ target: 'text', fallback: 1, font: -1 }];
  let documentEncoding = 'windows-1252';
  let bytes: number[] = [];
  let isStarred = false;
  let isStart = false;
  let toSkip = 0;
  let note = '';
  let title = '';
  let style = { number: -1, name: '' };

  const add = (text: string): void => {
    const { target } = stack.at(-1)!;
    if (target === 'text') body.text(text);
    else if (target === 'notes') note += text;
    else if (target === 'title') title += text;
    else if (target === 'styles') style.name += text;
  };
  const flushBytes = (): void => {
    if (bytes.length === 0) return;
    const encoding = fonts.get(stack.at(-1)!.font) ?? documentEncoding;
    const text = new TextDecoder(encoding).decode(Uint8Array.from(bytes));
    bytes = [];
    add(text);
  };
  const word = (name: string, value: number | undefined): void => {
    const group = stack.at(-1)!;
    if (isStart) {
      isStart = false;
      const target = targetOf(name, isStarred);
      if (target === 'mark' && group.target === 'text') body.item();
      if (target !== undefined) {
        stack[stack.length - 1] = { ...group, target };
        return;
      }
    }
    if (name === 'ansicpg') documentEncoding = encodingOfDocument(value ?? 0);
    else if (name === 'uc') group.fallback = Math.max(0, value ?? 1);
    else if (name === 'u') {
      add(String.fromCharCode((value ?? 0) & 0xffff));
      toSkip = group.fallback;
    } else if (name === 'f') group.font = value ?? 0;
    else if (name === 'fcharset' && group.target === 'fonts') {
      const encoding = encodingOfFont(value ?? 0);
      if (encoding !== undefined) fonts.set(group.font, encoding);
    } else if (name === 's' && group.target === 'styles') style.number = value ?? 0;
    else if (characters[name] !== undefined) add(characters[name]);
    else if (group.target === 'notes' && name === 'par') note += ' ';
    else if (group.target === 'text') body.word(name, value);
  };

  for (const token of rtfTokens(content)) {
    if (token.kind === 'byte') {
      isStart = false;
      if (toSkip > 0) toSkip--;
      else if (stack.at(-1)!.target !== 'nothing') bytes.push(token.value);
      continue;
    }
    flushBytes();
    if (token.kind === 'open') {
      toSkip = 0;
      stack.push({ ...stack.at(-1)! });
      isStart = true;
      isStarred = false;
    } else if (token.kind === 'close') {
      toSkip = 0;
      isStart = false;
      const closed = stack.length > 1 ? stack.pop()! : stack[0]!;
      const parent = stack.at(-1)!;
      if (closed.target === 'styles') {
        nameStyle(body, style);
        style = { number: -1, name: '' };
      } else if (closed.target === 'notes' && parent.target !== 'notes') {
        notes.push(oneLine(note));
        note = '';
      }
    } else if (token.kind === 'word') word(token.name, token.value);
    else if (token.kind === 'symbol') {
      if (token.name === '*') isStarred = true;
      else {
        isStart = false;
        if (token.name === '\n' || token.name === '\r') word('par', undefined);
        else if (token.name === '~') add('\u00a0');
        else if (token.name === '_') add('-');
        else if (/[\\{}]/.test(token.name)) add(token.name);
      }
    } else {
      isStart = false;
      const text = token.text.slice(toSkip);
      toSkip = Math.max(0, toSkip - token.text.length);
      add(text);
    }
  }
  flushBytes();
  body.end();
  if (notes.length > 0) writer.heading(2, 'Notes');
  for (const text of notes) writer.block('paragraph', text);
  return oneLine(title);
}

/** What is read from a group that starts with this word; undefined: what is read around it. */
function targetOf(name: string, isStarred: boolean): Group['target'] | undefined {
  if (name === 'fonttbl') return 'fonts';
  if (name === 'stylesheet') return 'styles';
  if (name === 'footnote') return 'notes';
  if (name === 'listtext' || name === 'pntext') return 'mark';
  if (name === 'title') return 'title';
  if (name === 'info') return 'properties';
  return skipped.has(name) || (isStarred && !readThoughStarred.has(name)) ? 'nothing' : undefined;
}

function nameStyle(body: RtfParagraphs, style: { readonly number: number; readonly name: string }): void {
  const level = /^\s*heading (\d)/i.exec(style.name)?.[1];
  if (level !== undefined) body.headingStyle(style.number, Number(level));
  else if (/^\s*title\b/i.test(style.name)) body.headingStyle(style.number, 1);
}
