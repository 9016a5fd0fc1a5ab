import type { BlockWriter } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { type Relation, readPart } from './ooxml-package.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt, textOf } from './xml-walk.ts';
import type { ZipReader } from './zip-reader.ts';

/** Writes the notes and threaded comments of a sheet as a section `Comments`, each with its cell and author. */
export async function writeSheetComments(
  writer: BlockWriter,
  zip: ZipReader,
  parts: readonly Relation[],
  persons: XmlElement | undefined,
): Promise<void> {
  const lines: string[] = [];
  for (const { target, type } of parts) {
    if (type === 'comments') lines.push(...readNotes(await readPart(zip, target)));
    else if (type === 'threadedComment') lines.push(...readThreads(await readPart(zip, target), persons));
  }
  if (lines.length === 0) return;
  writer.heading(2, 'Comments');
  for (const line of lines) writer.block('paragraph', line);
}

function readNotes(comments: XmlElement | undefined): string[] {
  const authors = childElements(elementAt(comments, 'authors'), 'author').map(textOf);
  return childElements(elementAt(comments, 'commentList'), 'comment').flatMap((comment) => {
    const text = oneLine(descendants(elementAt(comment, 'text'), 't').map(textOf).join(''));
    // What older programs are shown instead of a thread.
    if (text.startsWith('[Threaded comment]')) return [];
    const author = authors[Number(comment.attributes.authorId)] || 'unknown';
    return [`${comment.attributes.ref}, ${author}: ${text}`];
  });
}

function readThreads(threads: XmlElement | undefined, persons: XmlElement | undefined): string[] {
  const names = new Map(
    childElements(persons, 'person').map(({ attributes }) => [attributes.id, attributes.displayName]),
  );
  return childElements(threads, 'threadedComment').map((comment) => {
    const { ref, personId, dT } = comment.attributes;
    const author = `${names.get(personId) ?? 'unknown'}${dT === undefined ? '' : `, ${dT}`}`;
    return `${ref}, ${author}: ${oneLine(textOf(elementAt(comment, 'text')))}`;
  });
}
