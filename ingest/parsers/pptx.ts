import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { type BlockWriter, createBlockWriter } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { findMainPart, type Relation, readPackageTitle, readPart, readRelations } from './ooxml-package.ts';
import { writeComments } from './pptx-comments.ts';
import { createPageReader } from './pptx-page.ts';
import { shapeText, writeShapes } from './pptx-shapes.ts';
import { holdsText, visibleSlide } from './pptx-visible.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt } from './xml-walk.ts';
import { openZip, type ZipReader } from './zip-reader.ts';

const mediaType = 'application/vnd.openxmlformats-officedocument.presentationml.presentation';

/**
 * Parses a presentation: a slide is a section below its title, its number the page. Tables and charts are tables;
 * speaker's notes and comments are sections of their own below the slide. Hidden slides are left out, and so
 * is what no reader sees of the others.
 * @throws {DocumentRefused} `too_large`, `encrypted`, `corrupt`, `empty`
 */
export async function parsePptx(bytes: Uint8Array): Promise<ParsedDocument> {
  const zip = openZip(bytes);
  const main = await findMainPart(zip, 'ppt/presentation.xml');
  const relations = await readRelations(zip, main);
  const presentation = await readPart(zip, main);
  const writer = createBlockWriter();
  const ids = childElements(elementAt(presentation, 'sldIdLst'), 'sldId').map(
    ({ attributes }) => attributes['r:id'],
  );
  const slides = ids
    .map((id) => relations.find((relation) => relation.id === id)?.target)
    .filter((target) => target !== undefined);
  const authors = relations.find(({ type }) => type === 'commentAuthors' || type === 'authors')?.target;
  const authorList = await readPart(zip, authors);
  const readPage = createPageReader(zip);
  for (const [at, part] of slides.entries()) {
    const slide = await readPart(zip, part);
    if (slide === undefined) continue;
    if (/^(?:0|false)$/.test(slide.attributes.show ?? '')) {
      if (holdsText(slide)) writer.flag('hidden_text');
      continue;
    }
    writer.locate({ page: at + 1 });
    const shapes = elementAt(slide, 'cSld', 'spTree');
    const visible = shapes && visibleSlide(shapes, await readPage(slide, part));
    if (visible?.hidesText) writer.flag('hidden_text');
    await writeSlide(writer, zip, part, visible?.tree, authorList);
  }
  const title = (await readPackageTitle(zip)) ?? writer.firstHeading;
  return writer.finish({ mediaType, title });
}

async function writeSlide(
  writer: BlockWriter,
  zip: ZipReader,
  part: string,
  tree: XmlElement | undefined,
  authors: XmlElement | undefined,
): Promise<void> {
  const relations = await readRelations(zip, part);
  const title = descendants(tree, 'sp').find((shape) => /^(?:ctrT|t)itle$/.test(placeholderOf(shape) ?? ''));
  // A slide without a title must not stand below the one before it.
  const name = title === undefined ? '' : oneLine(shapeText(title));
  writer.heading(1, name === '' ? `Slide ${writer.location?.page}` : name);
  await writeShapes(writer, tree, {
    skip: title,
    part: async (id) => readPart(zip, relations.find((relation) => relation.id === id)?.target),
  });
  const notes = notesText(await readPart(zip, targetOf(relations, 'notesSlide')));
  if (notes !== '') {
    writer.heading(2, 'Notes');
    writer.block('paragraph', notes);
  }
  for (const { target } of relations.filter(({ type }) => type === 'comments')) {
    writeComments(writer, await readPart(zip, target), authors);
  }
}

function notesText(notes: XmlElement | undefined): string {
  return descendants(notes, 'sp')
    .filter((shape) => placeholderOf(shape) === 'body')
    .map(shapeText)
    .join('\n');
}

/** The kind of placeholder that a shape fills; undefined where it fills none. */
function placeholderOf(shape: XmlElement): string | undefined {
  const placeholder = elementAt(shape, 'nvSpPr', 'nvPr', 'ph');
  return placeholder && (placeholder.attributes.type ?? 'body');
}

function targetOf(relations: readonly Relation[], type: string): string | undefined {
  return relations.find((relation) => relation.type === type)?.target;
}
