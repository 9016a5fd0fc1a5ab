import type { BlockWriter } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { inlineText, writeOdfTable, writeOdfText } from './odf-text.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt } from './xml-walk.ts';

/** Writes the slides of a presentation, each below its title, its number the page; speaker's notes are apart. */
export function writeOdfSlides(
  writer: BlockWriter,
  presentation: XmlElement,
  isHidden: (slide: XmlElement) => boolean,
): void {
  for (const [at, slide] of childElements(presentation, 'page').entries()) {
    if (isHidden(slide)) continue;
    writer.locate({ page: at + 1 });
    const frames = childElements(slide).filter(({ name }) => name !== 'notes');
    const title = frames.find(({ attributes }) => attributes.class === 'title');
    const name =
      title === undefined
        ? ''
        : oneLine(
            descendants(title, 'p')
              .map((line) => inlineText(line))
              .join(' '),
          );
    writer.heading(1, name || `Slide ${at + 1}`);
    for (const frame of frames) {
      if (frame === title) continue;
      const table = descendants(frame, 'table')[0];
      if (table === undefined) writeOdfText(writer, frame);
      else writeOdfTable(writer, table);
    }
    const notes = descendants(elementAt(slide, 'notes'), 'p')
      .map((line) => inlineText(line))
      .join('\n');
    if (notes.trim() === '') continue;
    writer.heading(2, 'Notes');
    writer.block('paragraph', notes);
  }
}
