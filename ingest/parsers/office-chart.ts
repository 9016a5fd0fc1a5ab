import { type BlockWriter, tableLine } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt, textOf } from './xml-walk.ts';

const maxPoints = 10_000;

/** Writes a chart of DrawingML as its title and the table of its cached values: a row a category, a column a series. */
export function writeChart(writer: BlockWriter, chartPart: XmlElement): void {
  const chart = elementAt(chartPart, 'chart');
  const title = descendants(elementAt(chart, 'title'), 't').map(textOf).join('');
  if (title.trim() !== '') writer.block('paragraph', oneLine(title));
  const series = descendants(elementAt(chart, 'plotArea'), 'ser');
  const names = series.map((one) => [...pointsOf(elementAt(one, 'tx')).values()].join(' '));
  const values = series.map((one) => pointsOf(elementAt(one, 'val') ?? elementAt(one, 'yVal')));
  const categories = pointsOf(elementAt(series[0], 'cat') ?? elementAt(series[0], 'xVal'));
  const places = [...new Set([categories, ...values].flatMap((points) => [...points.keys()]))].sort(
    (left, right) => left - right,
  );
  writer.table(
    tableLine(['', ...names]),
    places
      .slice(0, maxPoints)
      .map((at) => tableLine([categories.get(at) ?? '', ...values.map((points) => points.get(at) ?? '')])),
  );
}

function pointsOf(data: XmlElement | undefined): Map<number, string> {
  const points = new Map<number, string>();
  // Categories of several levels: the innermost comes first and says most.
  const cache = descendants(data, 'strCache', 'numCache', 'lvl')[0];
  for (const point of childElements(cache, 'pt')) {
    points.set(Number(point.attributes.idx ?? 0), oneLine(textOf(elementAt(point, 'v'))));
  }
  return points;
}
