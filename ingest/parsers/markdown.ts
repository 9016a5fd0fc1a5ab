import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { type BlockWriter, createBlockWriter, tableLine } from './block-writer.ts';
import { writeHtmlFragment } from './html.ts';
import { splitMarkdown } from './split-markdown.ts';

/** What the walk reads of an mdast node, whatever its type. */
interface MarkdownNode {
  readonly type: string;
  readonly value?: string | undefined;
  readonly depth?: number | undefined;
  readonly ordered?: boolean | null | undefined;
  readonly start?: number | null | undefined;
  readonly url?: string | undefined;
  readonly alt?: string | null | undefined;
  readonly children?: readonly MarkdownNode[] | undefined;
}

/** Quotes and lists inside each other; the parser's time grows with the square of their number. */
const nestedContainers = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))){200}/m;

const { syntax, trees } = withoutBareAddresses();
/** An address without marks around it; what ends a sentence is not part of it. */
const bareAddress = /\bhttps?:\/\/[^\s<>"'`|\\]*[^\s<>"'`|\\.,;:!?)\]]/gi;

/**
 * Parses CommonMark with GitHub's extensions into plain text: marks go, words, code and tables stay.
 * @throws {DocumentRefused} `empty`, or `too_large` when quotes or lists are nested 200 deep
 */
export function parseMarkdown(content: string): ParsedDocument {
  const { title, body } = splitFrontMatter(content.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'));
  if (nestedContainers.test(body)) {
    throw new DocumentRefused(
      'too_large',
      'Cannot parse the document: expected fewer than 200 quotes and lists inside each other',
    );
  }
  const writer = createBlockWriter();
  for (const section of splitMarkdown(body)) {
    const root: MarkdownNode = fromMarkdown(section, {
      extensions: [syntax],
      mdastExtensions: trees,
    });
    for (const node of root.children ?? []) writeNode(writer, node);
    noteLinks(writer, root);
  }
  return writer.finish({ mediaType: 'text/markdown', title: title ?? writer.firstHeading });
}

/**
 * GitHub's extensions without addresses that stand bare: text stays text, while they are looked for at each letter, which
 * takes half of the time.
 */
function withoutBareAddresses() {
  const whole = gfm();
  type Construct = Exclude<NonNullable<typeof whole.text>[string], readonly unknown[] | undefined>;
  const text: Record<string, Construct[]> = {};
  for (const [code, given] of Object.entries(whole.text ?? {})) {
    const constructs = [given].flat().filter((construct) => construct !== undefined);
    const kept = constructs.filter(({ name }) => !/^(?:www|protocol|email)Autolink$/.test(name ?? ''));
    if (kept.length > 0) text[code] = kept;
  }
  return {
    syntax: { ...whole, text },
    trees: gfmFromMarkdown().filter(({ transforms }) => transforms === undefined),
  };
}

/** Front matter is metadata for other tools; only its title says what the text is about. */
function splitFrontMatter(text: string): { readonly title: string | undefined; readonly body: string } {
  const frontMatter = /^---[^\S\n]*\n([\s\S]*?)\n(?:---|\.\.\.)[^\S\n]*(?:\n|$)/.exec(text);
  if (frontMatter === null || !/^[\w-]+\s*:/m.test(frontMatter[1]!)) return { title: undefined, body: text };
  const title = /^title\s*:[^\S\n]*(["']?)(.+)\1[^\S\n]*$/m.exec(frontMatter[1]!)?.[2];
  return { title, body: text.slice(frontMatter[0].length) };
}

function writeNode(writer: BlockWriter, node: MarkdownNode): void {
  switch (node.type) {
    case 'heading':
      writer.heading(node.depth ?? 1, inlineText(node));
      return;
    case 'paragraph':
      writer.block('paragraph', inlineText(node));
      return;
    case 'code':
      writer.block('code', node.value ?? '');
      return;
    case 'list':
      writeList(writer, node);
      return;
    case 'table': {
      const [header, ...rows] = (node.children ?? []).map((row) =>
        tableLine((row.children ?? []).map(inlineText)),
      );
      writer.table(header ?? '', rows);
      return;
    }
    case 'html':
      writeHtmlFragment(writer, node.value ?? '', { isAbsoluteOnly: false });
      return;
    case 'definition':
    case 'thematicBreak':
      return;
    default:
      for (const child of node.children ?? []) writeNode(writer, child);
  }
}

/** Links and the definitions that links refer to; those of pictures do not lead a reader anywhere. */
function noteLinks(writer: BlockWriter, node: MarkdownNode): void {
  if (node.url !== undefined && (node.type === 'link' || node.type === 'definition')) writer.link(node.url);
  if (node.type === 'text') {
    for (const [address] of (node.value ?? '').matchAll(bareAddress)) writer.link(address);
  }
  if (node.type === 'html') {
    const address = /^<a\s[^>]*?\bhref\s*=\s*["']([^"']*)/i.exec(node.value ?? '')?.[1];
    if (address !== undefined) writer.link(address);
  }
  for (const child of node.children ?? []) noteLinks(writer, child);
}

/** A list is one block; code and tables inside it are blocks of their own, and the list goes on after them. */
function writeList(writer: BlockWriter, list: MarkdownNode): void {
  let lines: string[] = [];
  const flush = (): void => {
    writer.block('list', lines.join('\n'));
    lines = [];
  };
  const addList = (node: MarkdownNode, indent: string): void => {
    for (const [at, item] of (node.children ?? []).entries()) {
      const marker = node.ordered ? `${(node.start ?? 1) + at}. ` : '- ';
      let prefix = indent + marker;
      const addItem = (child: MarkdownNode): void => {
        if (child.type === 'list') addList(child, `${indent}  `);
        else if (child.type === 'paragraph') {
          const text = inlineText(child).replaceAll('\n', `\n${indent}  `);
          if (text.trim() !== '') lines.push(prefix + text);
          prefix = `${indent}  `;
        } else if (child.type === 'blockquote') child.children?.forEach(addItem);
        else {
          flush();
          writeNode(writer, child);
        }
      };
      item.children?.forEach(addItem);
    }
  };
  addList(list, '');
  flush();
}

/** A soft line break is a space: sentences run on over it. */
function inlineText(node: MarkdownNode): string {
  switch (node.type) {
    case 'text':
      return (node.value ?? '').replace(/[^\S\n]*\n[^\S\n]*/g, ' ');
    case 'inlineCode':
      return node.value ?? '';
    case 'break':
      return '\n';
    case 'image':
    case 'imageReference':
      return node.alt ?? '';
    case 'html':
      return /^<br\b/i.test(node.value ?? '') ? '\n' : '';
    case 'footnoteReference':
      return '';
    default:
      return (node.children ?? []).map(inlineText).join('');
  }
}
