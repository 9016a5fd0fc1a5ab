import type { IngestionReport } from '../ingestion/ingestion-report.ts';
import type { LatencyReport } from '../latency/latency-report.ts';
import type { DetailedReport } from '../relevance/relevance-report.ts';
import type { TuningReport } from '../tuning/tuning-report.ts';

/** What one report is made of: reports of benchmarks, in the order in which they are shown. */
export type BenchmarkReport = DetailedReport | TuningReport | LatencyReport | IngestionReport;

/** A block of a report: the same in HTML and in Markdown. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  /** An SVG, with what it shows in words. */
  | { readonly kind: 'chart'; readonly title: string; readonly svg: string }
  /** Blocks that are folded until asked for. */
  | { readonly kind: 'fold'; readonly title: string; readonly blocks: readonly Block[] }
  | { readonly kind: 'columns'; readonly left: readonly Block[]; readonly right: readonly Block[] };

/** A number with its sign. */
export function signed(value: number, digits = 4): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
}

/** `0.7339 [0.690, 0.777]`; in the narrow cells of a wide table the interval has a line of its own. */
export function withInterval(
  value: number,
  [low, high]: readonly [number, number],
  between: ' ' | '\n' = ' ',
): string {
  return `${value.toFixed(4)}${between}[${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

export const milliseconds = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));
