import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { createBlockWriter } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { writeOdfSheets } from './odf-sheets.ts';
import { writeOdfSlides } from './odf-slides.ts';
import { readOdfStyles } from './odf-styles.ts';
import { writeOdfText } from './odf-text.ts';
import { visibleOdf } from './odf-visible.ts';
import { readPart } from './ooxml-package.ts';
import { descendants, elementAt, textOf } from './xml-walk.ts';
import { openZip } from './zip-reader.ts';

/** The media types of OpenDocument that are parsed; templates are read as what they are templates of. */
export type OdfMediaType = `application/vnd.oasis.opendocument.${'text' | 'spreadsheet' | 'presentation'}`;

/**
 * Parses an OpenDocument text, spreadsheet or presentation. Notes and comments are sections of their own, deleted text
 * that is still tracked is left out, and so is what no reader sees.
 * @throws {DocumentRefused} `too_large`, `encrypted`, `corrupt`, `empty`
 */
export async function parseOdf(bytes: Uint8Array, mediaType: OdfMediaType): Promise<ParsedDocument> {
  const zip = openZip(bytes);
  const manifest = await readPart(zip, 'META-INF/manifest.xml');
  if (descendants(manifest, 'encryption-data').length > 0) {
    throw new DocumentRefused('encrypted', 'Cannot parse the document: it is protected by a password');
  }
  const content = await readPart(zip, 'content.xml');
  const body = elementAt(content, 'body');
  const styles = readOdfStyles(content, await readPart(zip, 'styles.xml'));
  const writer = createBlockWriter();
  const visible = body && visibleOdf(body, styles);
  if (visible?.hidesText) writer.flag('hidden_text');
  for (const part of visible?.body.children ?? []) {
    if (typeof part === 'string') continue;
    if (part.name === 'spreadsheet') writeOdfSheets(writer, part);
    else if (part.name === 'presentation')
      writeOdfSlides(writer, part, (slide) =>
        styles.isHidden('drawing-page', slide.attributes['style-name']),
      );
    else writeOdfText(writer, part);
  }
  const title = oneLine(textOf(elementAt(await readPart(zip, 'meta.xml'), 'meta', 'title')));
  return writer.finish({ mediaType, title: title || writer.firstHeading });
}
