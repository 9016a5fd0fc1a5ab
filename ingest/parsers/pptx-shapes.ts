import { type BlockWriter, tableLine } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { writeChart } from './office-chart.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt, textOf } from './xml-walk.ts';

/** What runs through all slides: numbers, dates, feet and heads. */
const running = new Set(['sldNum', 'dt', 'ftr', 'hdr']);
const bodies = new Set(['body', 'obj', 'subTitle']);

interface ShapeContext {
  /** Written already. */
  readonly skip: XmlElement | undefined;
  /** The part that a relation of the slide leads to. */
  part(relationId: string | undefined): Promise<XmlElement | undefined>;
}

/** Writes the shapes of a slide in the order in which it holds them, those in groups where the group stands. */
export async function writeShapes(
  writer: BlockWriter,
  tree: XmlElement | undefined,
  context: ShapeContext,
): Promise<void> {
  for (const shape of childElements(tree)) {
    if (shape === context.skip) continue;
    if (shape.name === 'sp' || shape.name === 'cxnSp') writeText(writer, shape);
    else if (shape.name === 'graphicFrame') await writeGraphic(writer, shape, context);
    else if (shape.name === 'grpSp') await writeShapes(writer, shape, context);
    // What newer programs understand; the fallback says the same in an older form.
    else if (shape.name === 'AlternateContent')
      await writeShapes(writer, elementAt(shape, 'Choice'), context);
  }
}

/** The text of a shape, a line a paragraph. */
export function shapeText(shape: XmlElement): string {
  return paragraphsOf(elementAt(shape, 'txBody')).map(paragraphText).join('\n');
}

function writeText(writer: BlockWriter, shape: XmlElement): void {
  const placeholder = elementAt(shape, 'nvSpPr', 'nvPr', 'ph');
  const kind = placeholder && (placeholder.attributes.type ?? 'body');
  if (kind !== undefined && running.has(kind)) return;
  const paragraphs = paragraphsOf(elementAt(shape, 'txBody'));
  const filled = paragraphs.filter((paragraph) => paragraphText(paragraph).trim() !== '');
  const isBody = kind !== undefined && bodies.has(kind) && filled.length > 1;
  let list: string[] = [];
  const counters: number[] = [];
  const flush = (): void => {
    writer.block('list', list.join('\n'));
    list = [];
  };
  for (const paragraph of filled) {
    const properties = elementAt(paragraph, 'pPr');
    const bullet = childElements(properties).find(({ name }) =>
      /^bu(?:Char|AutoNum|Blip|None)$/.test(name),
    )?.name;
    const isItem = bullet === undefined ? isBody : bullet !== 'buNone';
    const text = paragraphText(paragraph);
    if (!isItem) {
      flush();
      counters.length = 0;
      writer.block('paragraph', text);
      continue;
    }
    const level = Number(properties?.attributes.lvl ?? 0);
    counters.length = Math.min(counters.length, level + 1);
    counters[level] = (counters[level] ?? 0) + 1;
    list.push(
      `${'  '.repeat(level)}${bullet === 'buAutoNum' ? `${counters[level]}. ` : '- '}${oneLine(text)}`,
    );
  }
  flush();
}

async function writeGraphic(writer: BlockWriter, frame: XmlElement, context: ShapeContext): Promise<void> {
  const data = elementAt(frame, 'graphic', 'graphicData');
  for (const content of childElements(data)) {
    if (content.name === 'tbl') writeTable(writer, content);
    else if (content.name === 'chart') {
      const chart = await context.part(content.attributes['r:id']);
      if (chart !== undefined) writeChart(writer, chart);
    } else if (content.name === 'relIds') {
      // SmartArt keeps its texts in a part of its own.
      const diagram = await context.part(content.attributes['r:dm']);
      const points = descendants(diagram, 'pt').map((point) =>
        shapeText({ ...point, children: renamed(point) }),
      );
      writer.block(
        'list',
        points
          .filter((text) => text.trim() !== '')
          .map((text) => `- ${oneLine(text)}`)
          .join('\n'),
      );
    }
  }
}

function renamed(point: XmlElement): XmlElement[] {
  return childElements(point, 't').map((text) => ({ ...text, name: 'txBody' }));
}

/** A cell that spans rows is repeated in each, so that every row says all that holds for it. */
function writeTable(writer: BlockWriter, table: XmlElement): void {
  const above: string[] = [];
  const lines = childElements(table, 'tr').map((row) =>
    tableLine(
      childElements(row, 'tc').map((cell, column) => {
        const text = cell.attributes.vMerge === '1' ? (above[column] ?? '') : oneLine(shapeText(cell));
        above[column] = text;
        return text;
      }),
    ),
  );
  writer.table(lines[0] ?? '', lines.slice(1));
}

function paragraphsOf(body: XmlElement | undefined): XmlElement[] {
  return childElements(body, 'p');
}

function paragraphText(paragraph: XmlElement): string {
  return childElements(paragraph)
    .map((run) => {
      if (run.name === 'br') return '\n';
      if (run.name === 'r' || run.name === 'fld') return textOf(elementAt(run, 't'));
      return run.name === 'AlternateContent' || run.name === 'm'
        ? descendants(run, 't').map(textOf).join('')
        : '';
    })
    .join('');
}
