import { createWordGrounds } from './docx-grounds.ts';
import { isUnseen, lookOfProperty, type WordLook, type WordStyles } from './docx-styles.ts';
import { scanXml } from './xml.ts';

/** Of these properties the converter reads only what is named; the trees of all others take most of its memory. */
const keptProperties: Readonly<Record<string, readonly string[]>> = {
  pPr: ['pStyle', 'numPr', 'rPr'],
  rPr: ['del'],
  tblPr: [],
  tblPrEx: [],
  trPr: ['tblHeader', 'del'],
  tcPr: ['gridSpan', 'vMerge'],
};
/** Without words of their own: what a reader of text never needs. */
const dropped = new Set(['sectPr', 'proofErr', 'lastRenderedPageBreak', 'bookmarkEnd', 'drawing', 'tblGrid']);
const words = new Set(['t', 'sym', 'noBreakHyphen', 'softHyphen']);

/** White text is seen after all where a picture lies behind the page. */
type Unseen = 'always' | 'white' | 'never';

interface Run {
  look: WordLook;
  style: string | undefined;
  /** Why no reader sees it; undefined: not decided yet. */
  unseen: Unseen | undefined;
}

export interface WordPart {
  /** The part as XML, without formatting and without what no reader sees. */
  readonly xml: string;
  readonly hidesText: boolean;
}

/**
 * Reads a part of a Word document that holds text, as it is unpacked: what formatting takes is left out, and so is text
 * that is hidden, a speck, or white on a white page.
 * @throws {DocumentRefused} `too_large` when nested more than 1,000 deep or with declarations of entities
 */
export async function readWordPart(chunks: AsyncIterable<Uint8Array>, styles: WordStyles): Promise<WordPart> {
  const parts: string[] = [];
  const open: string[] = [];
  const runs: Run[] = [];
  const paragraphs: { style: string | undefined; look: WordLook }[] = [];
  let prefix: string | undefined;
  let droppedDepth = 0;
  const grounds = createWordGrounds(styles);
  let hidesText = false;
  /** White text, with its place among the parts. */
  const whites: { readonly at: number; xml: string; isText: boolean }[] = [];
  /** Depth of the hidden text that is open. */
  let hiddenAt: number | undefined;
  let hidden: Unseen = 'never';

  const wordName = (name: string): string | undefined => {
    if (prefix === undefined || !name.startsWith(prefix)) return undefined;
    const local = name.slice(prefix.length);
    return local.includes(':') ? undefined : local;
  };

  const unseen = (): Unseen => {
    const run = runs.at(-1);
    if (run === undefined) return 'never';
    run.unseen ??= (() => {
      const paragraph = paragraphs.at(-1);
      const look = {
        ...styles.defaults,
        ...styles.looks.get(paragraph?.style ?? styles.paragraph ?? ''),
        ...paragraph?.look,
        ...styles.looks.get(run.style ?? ''),
        ...run.look,
      };
      if (isUnseen(look, false)) return 'always';
      return isUnseen(look, grounds.isWhite) ? 'white' : 'never';
    })();
    return run.unseen;
  };

  /** Properties are noted where they are left out. */
  const note = (name: string, within: string | undefined, attributes: Readonly<Record<string, string>>) => {
    const paragraph = paragraphs.at(-1);
    if (within === 'pPr' && paragraph !== undefined) {
      if (name === 'pStyle') paragraph.style = attributes.val;
      paragraph.look = { ...paragraph.look, ...lookOfProperty(name, attributes) };
    }
    const run = runs.at(-1);
    const isOfRun = within === 'rPr' && wordName(open.at(-3) ?? '') === 'r';
    if (isOfRun && run !== undefined) {
      if (name === 'rStyle') run.style = attributes.val;
      run.look = { ...run.look, ...lookOfProperty(name, attributes) };
    }
  };

  await scanXml(
    chunks,
    {
      open(name, attributes) {
        if (open.length === 0) prefix = prefixOf(attributes);
        const local = wordName(name);
        const within = wordName(open.at(-1) ?? '');
        open.push(name);
        if (droppedDepth > 0) {
          droppedDepth++;
          grounds.openDropped(name, attributes);
          return;
        }
        const properties = withoutPrefixes(attributes);
        grounds.open(local ?? name, within, properties);
        if (local !== undefined && within !== undefined) note(local, within, properties);
        const kept = within === undefined ? undefined : keptProperties[within];
        if (local !== undefined && (dropped.has(local) || (kept !== undefined && !kept.includes(local)))) {
          droppedDepth = 1;
          return;
        }
        if (local === 'p') paragraphs.push({ style: undefined, look: {} });
        else if (local === 'r') runs.push({ look: {}, style: undefined, unseen: undefined });
        const why = local !== undefined && words.has(local) ? unseen() : 'never';
        if (why !== 'never') {
          if (why === 'white') {
            whites.push({
              at: parts.length,
              xml: `<${name}${writeAttributes(attributes)}>`,
              isText: local === 'sym',
            });
            parts.push('');
          } else if (local === 'sym') hidesText = true;
          hiddenAt = open.length;
          hidden = why;
          droppedDepth = 1;
          return;
        }
        parts.push(`<${name}${writeAttributes(attributes)}>`);
      },
      text(text) {
        if (droppedDepth === 0) parts.push(escapeText(text));
        else if (hiddenAt === open.length) {
          const white = hidden === 'white' ? whites.at(-1) : undefined;
          if (white !== undefined) white.xml += escapeText(text);
          if (!/\S/.test(text)) return;
          if (white === undefined) hidesText = true;
          else white.isText = true;
        }
      },
      close(name) {
        if (hiddenAt === open.length) {
          const white = hidden === 'white' ? whites.at(-1) : undefined;
          if (white !== undefined) white.xml += `</${name}>`;
          hiddenAt = undefined;
        }
        open.pop();
        if (droppedDepth > 0) {
          droppedDepth--;
          return;
        }
        const local = wordName(name);
        if (local === 'p') paragraphs.pop();
        else if (local === 'r') runs.pop();
        grounds.close(local ?? name);
        parts.push(`</${name}>`);
      },
    },
    { keepsPrefixes: true, isWhole: true },
  );
  if (grounds.isOverPicture) for (const { at, xml } of whites) parts[at] = xml;
  else hidesText ||= whites.some(({ isText }) => isText);
  return { xml: parts.join(''), hidesText };
}

/** What the root calls the namespace of Word's own elements, with its colon. */
function prefixOf(attributes: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(attributes)) {
    if (!/\/wordprocessingml\/(?:2006\/)?main$/.test(value)) continue;
    if (name === 'xmlns') return '';
    if (name.startsWith('xmlns:')) return `${name.slice('xmlns:'.length)}:`;
  }
  return undefined;
}

function withoutPrefixes(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name.slice(name.indexOf(':') + 1), value]),
  );
}

/** Marks of who wrote what when are left out. */
function writeAttributes(attributes: Readonly<Record<string, string>>): string {
  let written = '';
  for (const [name, value] of Object.entries(attributes)) {
    if (/:(?:rsid\w*|paraId|textId)$/.test(name)) continue;
    written += ` ${name}="${escapeText(value).replaceAll('"', '&quot;')}"`;
  }
  return written;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
