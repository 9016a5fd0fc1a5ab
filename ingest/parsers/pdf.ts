import { getDocumentProxy, getResolvedPDFJS } from 'unpdf';
import { DocumentRefused } from '../../domain/errors.ts';
import type { Omission, ParsedDocument } from '../../domain/parsed-document.ts';
import { createBlockWriter } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { writePdfBlocks } from './pdf-blocks.ts';
import { findGrids } from './pdf-grids.ts';
import { type PdfItem, type PdfLine, readLines } from './pdf-lines.ts';
import { hasLoopedPages } from './pdf-page-tree.ts';
import { readRuledLines } from './pdf-ruled-tables.ts';
import { createRuleReader, type PdfOperatorCodes, type PdfRule } from './pdf-rules.ts';

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;
type PdfPage = Awaited<ReturnType<PdfDocument['getPage']>>;

const maxPages = 20_000;
const maxPagesNamed = 20;
/** Fewer lines with gaps in them are no table. */
const minRowsForRules = 2;

/**
 * Parses a PDF's text layer, page by page; headings are told by the size of their letters, tables by
 * the rules that are drawn around their cells or by their alignment. Pages without text are named as omissions.
 * @throws {DocumentRefused} `encrypted` where a password is needed, `needs_ocr` where no page has text, `too_large` above
 * 20,000 pages or with a tree of pages that leads into itself, `corrupt`
 */
export async function parsePdf(bytes: Uint8Array): Promise<ParsedDocument> {
  const document = await open(bytes);
  if (document.numPages > maxPages) {
    throw new DocumentRefused(
      'too_large',
      `Cannot parse the document: it has ${document.numPages} pages, expected at most ${maxPages}`,
    );
  }
  const { OPS: codes } = await getResolvedPDFJS();
  const pages: PdfLine[][] = [];
  let broken = 0;
  for (let number = 1; number <= document.numPages; number++) {
    const lines = await readPage(document, number, codes);
    if (lines === undefined) broken += 1;
    pages.push(lines ?? []);
  }
  const textless = pages.flatMap((lines, at) => (lines.length === 0 ? [at + 1] : []));
  if (textless.length === pages.length && hasLoopedPages(bytes)) {
    throw new DocumentRefused(
      'too_large',
      'Cannot parse the document: its tree of pages leads into itself, so that they have no end',
    );
  }
  if (broken === pages.length) {
    throw new DocumentRefused('corrupt', 'Cannot parse the document as PDF: none of its pages can be read');
  }
  if (textless.length === pages.length) {
    throw new DocumentRefused(
      'needs_ocr',
      `Cannot parse the document: none of its ${pages.length} pages has text, run character recognition first`,
    );
  }
  const writer = createBlockWriter();
  writePdfBlocks(writer, pages);
  const title = await readTitle(document);
  const parsed = writer.finish({ mediaType: 'application/pdf', title: title ?? writer.firstHeading });
  return textless.length === 0 ? parsed : { ...parsed, omissions: [describeTextless(textless)] };
}

function describeTextless(pages: readonly number[]): Omission {
  const shown = pages.slice(0, maxPagesNamed).join(', ');
  const more = pages.length > maxPagesNamed ? ` and ${pages.length - maxPagesNamed} more` : '';
  return {
    reason: 'needs_ocr',
    message: `Without text on page ${shown}${more}: run character recognition first where it is not blank`,
  };
}

async function open(bytes: Uint8Array): Promise<PdfDocument> {
  try {
    // The library takes the buffer over, so it gets its own. Pictures are not decoded.
    return await getDocumentProxy(Uint8Array.from(bytes), { verbosity: 0, maxImageSize: 1 });
  } catch (cause) {
    const { name, message } = cause as Error;
    if (name === 'PasswordException') {
      throw new DocumentRefused('encrypted', 'Cannot parse the document: it is protected by a password', {
        cause,
      });
    }
    throw new DocumentRefused('corrupt', `Cannot parse the document as PDF: ${message}`, { cause });
  }
}

/** A page that is broken loses its text, and the others keep theirs. */
async function readPage(
  document: PdfDocument,
  number: number,
  codes: PdfOperatorCodes,
): Promise<PdfLine[] | undefined> {
  const page = await document.getPage(number).catch(() => undefined);
  if (page === undefined) return undefined;
  const content = await page.getTextContent().catch(() => undefined);
  const items = content?.items.filter((item): item is typeof item & PdfItem => 'str' in item);
  let lines = items && readLines(items);
  const rows = lines?.filter((line) => line.cells.length > 1).length ?? 0;
  if (items !== undefined && rows >= minRowsForRules) {
    const rules = await readRules(page, codes).catch(() => []);
    if (rules.length > 0) lines = readRuledLines(items, findGrids(rules));
  }
  page.cleanup();
  return lines;
}

/**
 * The rules that a page draws. The library gathers all that is drawn, a kilobyte each; by the lists that it fills here
 * each is looked at and let go.
 */
async function readRules(page: PdfPage, codes: PdfOperatorCodes): Promise<readonly PdfRule[]> {
  const states: unknown = Reflect.get(page, '_intentStates');
  if (!(states instanceof Map)) return [];
  const reader = createRuleReader(codes);
  const drawn = page.getOperatorList();
  const state = [...states.values()].find(({ operatorList }) => operatorList !== undefined);
  if (state === undefined) return [];
  let code = 0;
  state.operatorList.fnArray = { push: (next: number) => (code = next) };
  state.operatorList.argsArray = { push: (values: unknown) => reader.add(code, values) };
  await drawn;
  return reader.rules;
}

/** Writers leave the file's name or nothing in the title more often than not. */
async function readTitle(document: PdfDocument): Promise<string | undefined> {
  const metadata = await document.getMetadata().catch(() => undefined);
  const title = (metadata?.info as { readonly Title?: unknown } | undefined)?.Title;
  if (typeof title !== 'string') return undefined;
  const line = oneLine(title);
  const isJunk =
    line.length < 3 ||
    /^untitled|^\(?anonymous|^microsoft |^\S+\.[a-z]{2,4}$|\.(?:docx?|pdf|tex|dvi|indd|pptx?|xlsx?|qxd)$/i.test(
      line,
    );
  return isJunk ? undefined : line;
}
