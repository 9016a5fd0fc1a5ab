import mammoth from 'mammoth';
import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { createBlockWriter } from './block-writer.ts';
import { readWordPart } from './docx-body.ts';
import { readWordStyles } from './docx-styles.ts';
import { writeHtmlFragment } from './html.ts';
import { findMainPart, readPackageTitle, readPart, readRelations } from './ooxml-package.ts';
import { openZip, type ZipReader } from './zip-reader.ts';

const mediaType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
/** Paragraphs in these styles are the lines of one block of code. */
const codeStyles = ['Code', 'Source Code', 'HTML Preformatted'];
const sectionCharacters = 50_000;
/** Elements that the converter writes without an end. */
const voidElements = new Set(['br', 'img', 'hr', 'input']);

/**
 * Parses a Word document: headings by their styles, lists, tables; notes and comments are sections
 * of their own at the end, pictures and what no reader sees are left out.
 * @throws {DocumentRefused} `too_large` for an archive that unpacks to too much, `corrupt`, `encrypted`, `empty`
 */
export async function parseDocx(bytes: Uint8Array): Promise<ParsedDocument> {
  const zip = openZip(bytes);
  const title = await readPackageTitle(zip);
  const writer = createBlockWriter();
  const { html, hidesText } = await toHtml(zip);
  if (hidesText) writer.flag('hidden_text');
  for (const section of splitHtml(html)) writeHtmlFragment(writer, section);
  return writer.finish({ mediaType, title: title || writer.firstHeading });
}

/** Parts that say how the others are to be read, and hold no text. */
const withoutText = /(?:^|\/)(?:\[Content_Types\]|styles|numbering)\.xml$|\.rels$/i;

async function toHtml(zip: ZipReader): Promise<{ readonly html: string; readonly hidesText: boolean }> {
  const main = await findMainPart(zip, 'word/document.xml');
  const relations = await readRelations(zip, main);
  const stylesPart = relations.find(({ type }) => type === 'styles')?.target ?? 'word/styles.xml';
  const styles = readWordStyles(await readPart(zip, stylesPart));
  let hidesText = false;
  // What the library makes of an archive by itself: it asks for parts by name.
  const file = {
    exists: (name: string) => zip.has(name),
    async read(name: string) {
      if (withoutText.test(name)) return zip.text(name);
      const part = await readWordPart(zip.stream(name), styles);
      hidesText ||= part.hidesText;
      return part.xml;
    },
  };
  try {
    const result = await mammoth.convertToHtml(
      // Its types do not name this one of its inputs.
      { file } as never,
      {
        convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
        externalFileAccess: false,
        styleMap: [
          "p[style-name='Subtitle'] => h2:fresh",
          'comment-reference => sup',
          ...codeStyles.map((style) => `p[style-name='${style}'] => pre:separator('\\n')`),
        ],
      },
    );
    const html = result.value
      // A note ends in a link back to its mark, and so does a comment, whose mark is no text.
      .replace(/<a href="#(?:(?:foot|end)note|comment)-ref-[^"]*">↑<\/a>/g, '')
      .replace(/<a [^>]*id="comment-ref-[^>]*>[^<]*<\/a>/g, '')
      // They stand at the end: sections of their own.
      .replace(/<ol><li id="(?:foot|end)note-/, '<h2>Notes</h2>$&')
      .replace(/<dl><dt id="comment-/, '<h2>Comments</h2>$&');
    return { html, hidesText };
  } catch (cause) {
    if (cause instanceof DocumentRefused) throw cause;
    throw new DocumentRefused('corrupt', `Cannot parse the document as DOCX: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Cuts well-formed HTML between outermost elements: the tree of a whole book would take more than it may. */
function* splitHtml(html: string): Iterable<string> {
  let start = 0;
  let depth = 0;
  for (const tag of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (tag[1] === '/') depth--;
    else if (!voidElements.has(tag[2]!)) depth++;
    const end = tag.index + tag[0].length;
    if (depth === 0 && end - start >= sectionCharacters) {
      yield html.slice(start, end);
      start = end;
    }
  }
  yield html.slice(start);
}
