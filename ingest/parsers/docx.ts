import mammoth from 'mammoth';
import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { createBlockWriter } from './block-writer.ts';
import { writeHtmlFragment } from './html.ts';
import { readPackageTitle } from './ooxml-package.ts';
import { checkZip, openZip } from './zip-reader.ts';

const mediaType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
/** Paragraphs in these styles are the lines of one block of code. */
const codeStyles = ['Code', 'Source Code', 'HTML Preformatted'];
const sectionCharacters = 50_000;
/** Elements that the converter writes without an end. */
const voidElements = new Set(['br', 'img', 'hr', 'input']);

/**
 * Parses a Word document: headings by their styles, lists, tables; notes and comments are sections
 * of their own at the end, pictures are left out.
 * @throws {DocumentRefused} `too_large` for an archive that unpacks to too much, `corrupt`, `encrypted`, `empty`
 */
export async function parseDocx(bytes: Uint8Array): Promise<ParsedDocument> {
  await checkZip(bytes);
  const title = await readPackageTitle(openZip(bytes));
  const writer = createBlockWriter();
  for (const section of splitHtml(await toHtml(bytes))) writeHtmlFragment(writer, section);
  return writer.finish({ mediaType, title: title || writer.firstHeading });
}

async function toHtml(bytes: Uint8Array): Promise<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const result = await mammoth.convertToHtml(
      { buffer },
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
    return (
      result.value
        // A note ends in a link back to its mark, and so does a comment, whose mark is no text.
        .replace(/<a href="#(?:(?:foot|end)note|comment)-ref-[^"]*">↑<\/a>/g, '')
        .replace(/<a [^>]*id="comment-ref-[^>]*>[^<]*<\/a>/g, '')
        // They stand at the end: sections of their own.
        .replace(/<ol><li id="(?:foot|end)note-/, '<h2>Notes</h2>$&')
        .replace(/<dl><dt id="comment-/, '<h2>Comments</h2>$&')
    );
  } catch (cause) {
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
