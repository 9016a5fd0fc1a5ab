import type { BlockWriter } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt, textOf } from './xml-walk.ts';

/** Writes the comments of a slide, in PowerPoint's older and newer form, as a section `Comments`. */
export function writeComments(
  writer: BlockWriter,
  comments: XmlElement | undefined,
  authors: XmlElement | undefined,
): void {
  const names = new Map(
    childElements(authors).map(({ attributes }) => {
      const initials = attributes.initials === undefined ? '' : ` (${attributes.initials})`;
      return [attributes.id ?? '', `${attributes.name ?? 'unknown'}${initials}`];
    }),
  );
  const lines = descendants(comments, 'cm', 'reply').flatMap((comment) =>
    [comment, ...descendants(comment, 'reply')].map((one) => {
      const text =
        textOf(elementAt(one, 'text')) || descendants(elementAt(one, 'txBody'), 't').map(textOf).join('');
      const { authorId = '', dt, created = dt } = one.attributes;
      return `${names.get(authorId) ?? 'unknown'}${created === undefined ? '' : `, ${created}`}: ${oneLine(text)}`;
    }),
  );
  if (lines.length === 0) return;
  writer.heading(2, 'Comments');
  for (const line of lines) writer.block('paragraph', line);
}
