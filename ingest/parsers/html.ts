import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { type BlockWriter, createBlockWriter } from './block-writer.ts';
import { noteHidden, noteLinks } from './html-asides.ts';
import { writeHtmlBlocks } from './html-blocks.ts';
import { findMainContent } from './html-content.ts';
import { childrenOf, type HtmlDocument, type HtmlNode } from './html-node.ts';

/** The walks are recursive, and no page for readers comes near. */
const maxDepth = 1_000;
/** Tags in scripts and comments are counted too, hence the margin. */
const maxOpenTags = 5 * maxDepth;
const containerTags =
  /<\/?(?:div|span|section|article|blockquote|table|ul|ol|dl|font|center|b|i|u|a|em|strong|small|big)\b/gi;
const shellTags = /<!doctype[^>]*>|<\/?(?:html|head|body)(?:\s(?:"[^"]*"|'[^']*'|[^"'>])*)?>/gi;
const maxArticleElements = 50_000;

/**
 * Parses a page: what its author marked as the main content, or what reads like the article, else all of the body
 * without navigation, footers, scripts and hidden parts.
 * @throws {DocumentRefused} `empty`, or `too_large` when nested more than 1,000 deep
 */
export function parseHtml(content: string): ParsedDocument {
  const document = readHtml(content);
  const writer = createBlockWriter();
  const main = findMainContent(document, () => readArticle(readHtml(content)));
  writeHtmlBlocks(writer, main.root, main);
  const base = baseOf(document);
  noteLinks(writer, main.root, { ...main, ...(base !== undefined && { base }) });
  noteHidden(writer, document);
  return writer.finish({ mediaType: 'text/html', title: titleOf(document) ?? writer.firstHeading });
}

/**
 * Writes a piece of HTML that stands in a document of another format.
 * @param options.isAbsoluteOnly whether relative links lead nowhere
 */
export function writeHtmlFragment(
  writer: BlockWriter,
  html: string,
  options: { readonly isAbsoluteOnly: boolean } = { isAbsoluteOnly: true },
): void {
  const root = readHtml(html);
  writeHtmlBlocks(writer, root, { keepsChrome: true });
  noteLinks(writer, root, { keepsChrome: true, ...options });
  noteHidden(writer, root);
}

/** The library makes several documents of one whose shell is incomplete or out of order, so each gets a new one. */
function readHtml(content: string): HtmlDocument {
  checkTags(content);
  const html = `<html><head></head><body>${content.replace(shellTags, '')}</body></html>`;
  const document = (parseHTML(html) as { readonly document: HtmlDocument }).document;
  checkDepth(document);
  return document;
}

/** What reads like the article of the page; the document is changed by this. */
function readArticle(document: HtmlDocument): HtmlNode | undefined {
  // The library's types want a browser's document; any DOM will do.
  const reader = new Readability<HtmlNode>(document as never, {
    maxElemsToParse: maxArticleElements,
    disableJSONLD: true,
    serializer: (node: unknown) => node as HtmlNode,
  });
  try {
    return reader.parse()?.content ?? undefined;
  } catch {
    // It throws above its limit of elements and on pages without a body: the whole page is taken then.
    return undefined;
  }
}

/** Counts tags before a tree is made of them, which takes long where they nest deep; errs on the side of reading. */
function checkTags(content: string): void {
  let depth = 0;
  for (const tag of content.matchAll(containerTags)) {
    if (tag[0].startsWith('</')) depth = Math.max(0, depth - 1);
    else depth++;
    if (depth > maxOpenTags) throw tooDeep();
  }
}

function checkDepth(document: HtmlNode): void {
  let level: HtmlNode[] = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw tooDeep();
    level = level.flatMap((node) => [...childrenOf(node)]);
  }
}

function tooDeep(): DocumentRefused {
  return new DocumentRefused(
    'too_large',
    `Cannot parse the document: expected HTML nested at most ${maxDepth} deep`,
  );
}

/** What the page's relative links start from, where it says so. */
function baseOf(document: HtmlDocument): string | undefined {
  for (const base of document.querySelectorAll('base[href]')) {
    const address = base.getAttribute('href') ?? '';
    if (/^https?:/i.test(address) && URL.canParse(address)) return address;
  }
  return undefined;
}

function titleOf(document: HtmlDocument): string | undefined {
  for (const title of document.querySelectorAll('title')) {
    // Drawings have titles of their own.
    if (title.parentNode?.nodeName.toUpperCase() !== 'SVG' && title.textContent?.trim())
      return title.textContent;
  }
  return undefined;
}
