import { posix } from 'node:path';
import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { createBlockWriter } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { writeHtmlFragment } from './html.ts';
import { readPart } from './ooxml-package.ts';
import { childElements, descendants, elementAt, textOf } from './xml-walk.ts';
import { openZip, type ZipReader } from './zip-reader.ts';

/** Fonts are scrambled in free books too. */
const fontScrambling = /^http:\/\/(?:www\.idpf\.org\/2008\/embedding|ns\.adobe\.com\/pdf\/enc#RC)/;
/** Elements that HTML knows without an end. */
const voidElements = 'area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr';

/**
 * Parses an e-book: its chapters in the order of its spine, without its table of contents.
 * @throws {DocumentRefused} `encrypted` where a vendor's rights management locks it, `too_large`, `corrupt`, `empty`
 */
export async function parseEpub(bytes: Uint8Array): Promise<ParsedDocument> {
  const zip = openZip(bytes);
  await refuseLocked(zip);
  const container = await readPart(zip, 'META-INF/container.xml');
  const path = descendants(container, 'rootfile')[0]?.attributes['full-path'] ?? '';
  const book = await readPart(zip, path);
  if (book === undefined) {
    throw new DocumentRefused('corrupt', 'Cannot parse the document as EPUB: it has no package file');
  }
  const items = new Map(
    childElements(elementAt(book, 'manifest'), 'item').map((item) => [item.attributes.id, item.attributes]),
  );
  const writer = createBlockWriter();
  for (const { attributes } of childElements(elementAt(book, 'spine'), 'itemref')) {
    const item = items.get(attributes.idref);
    if (item?.href === undefined || item.properties?.split(' ').includes('nav')) continue;
    if (!/x?html/.test(item['media-type'] ?? '')) continue;
    const chapter = await zip.text(posix.join(posix.dirname(path), decodePath(item.href)));
    if (chapter !== '') writeHtmlFragment(writer, asHtml(chapter));
  }
  const title = oneLine(textOf(elementAt(book, 'metadata', 'title')));
  return writer.finish({ mediaType: 'application/epub+zip', title: title || writer.firstHeading });
}

async function refuseLocked(zip: ZipReader): Promise<void> {
  const locks = descendants(await readPart(zip, 'META-INF/encryption.xml'), 'EncryptionMethod').filter(
    ({ attributes }) => !fontScrambling.test(attributes.Algorithm ?? ''),
  );
  if (locks.length > 0) {
    throw new DocumentRefused('encrypted', 'Cannot parse the document: its rights management (DRM) locks it');
  }
}

/** XML ends an empty element at once, which HTML takes for its start. */
function asHtml(chapter: string): string {
  const body = /<body\b[\s\S]*/i.exec(chapter)?.[0] ?? chapter;
  return body.replace(
    new RegExp(`<(?!(?:${voidElements})\\b)([a-z][\\w:-]*)((?:\\s[^<>]*?)?)/>`, 'gi'),
    '<$1$2></$1>',
  );
}

function decodePath(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    // A percent sign that encodes nothing is part of the name.
    return href;
  }
}
