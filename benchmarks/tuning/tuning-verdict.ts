import { leastPValue } from '../statistics/randomisation-test.ts';
import type { Judgement } from './judge-choice.ts';
import { bestProvenStep } from './proven-settings.ts';
import { describePoint, type Point } from './search-space.ts';
import type { TuningReport } from './tuning-report.ts';

/** What one run of each leg does not tell. */
export const notReplayed = [
  'rerank, feedback, diversity, duplicates, boosts: they read texts, vectors or metadata of the hits, or search again; as steps they are tried by searching',
  'lexical.candidates other than dense.candidates: the space has one depth for both',
  'OpenSearch: a graph search for fewer neighbours looks less far, so that a dense leg of few candidates can miss what the deep one found; the check above tells how often it mattered',
] as const;

/** The outcome in one sentence, or two. */
export function verdictOf(
  judgement: Judgement,
  isBaseline: boolean,
  chosen: Point,
  metric: string,
  earlier: number,
): string {
  const size = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  const [low, high] = judgement.interval;
  const found = `${metric} ${size(judgement.difference)} [${size(low)}, ${size(high)}], p ${judgement.pValue.toFixed(4)}`;
  const corrected =
    earlier === 0
      ? ''
      : `, with alpha ${judgement.alpha.toFixed(4)} since these queries have made ${earlier} other comparisons before`;
  if (isBaseline) return 'No winner: on training queries nothing can be told from the defaults, which stay.';
  if (judgement.isProven) return `Winner: ${describePoint(chosen)}: ${found}${corrected}.`;
  const worse =
    judgement.worse.length > 0 ? ` It is significantly worse on ${judgement.worse.join(', ')}.` : '';
  return `No winner is proven: ${describePoint(chosen)} has ${found}${corrected}.${worse} ${whatWouldHaveShown(judgement)}`;
}

/** Of a gain that is not proven: how large one so many queries would have shown. */
export function whatWouldHaveShown({ sets, alpha, deviation, detectableGain }: Judgement): string {
  const queries = sets.reduce((sum, set) => sum + set.queries, 0);
  if (2 ** (1 - queries) >= alpha) return 'So few queries cannot show any gain.';
  if (leastPValue(queries) >= alpha) return 'After so many looks the test can show no gain on these queries.';
  if (deviation === 0) return 'No query came out otherwise.';
  return `So many queries show a gain of ${detectableGain.toFixed(4)} four times in five.`;
}

/** What stands above the settings in their file. */
export function commentsOf(report: TuningReport): string[] {
  const step = bestProvenStep(report.steps);
  const others = report.steps.filter(
    ({ request, step: name }) => request !== undefined && name !== step?.step,
  );
  return [
    'Written by `braid bench tune`; `braid serve --config` takes it as it is.',
    report.verdict,
    ...(step === undefined ? [] : [`With ${step.chosen}: ${step.verdict}.`]),
    ...others.map(({ chosen }) => `Without ${chosen}: proven by itself, not together with ${step!.step}.`),
    `Chosen on ${report.datasets.map(({ name, training }) => `${training} queries of ${name}`).join(', ')}, ${report.engine}.`,
  ];
}
