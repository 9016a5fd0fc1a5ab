import { parse, View } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';

/** Told apart by those who do not see red or green (Okabe and Ito). */
export const colors = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#8a8a8a'];

/** Sizes and colours of every chart. */
const config: Config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  axis: { labelFontSize: 11, titleFontSize: 12, grid: true, gridOpacity: 0.25, domain: false },
  legend: { labelFontSize: 11, titleFontSize: 12, labelLimit: 260 },
  view: { stroke: null },
  range: { category: colors },
};

/** Draws a chart as SVG text, without a browser. */
export async function renderChart(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile({ ...spec, config });
  const view = new View(parse(compiled), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
