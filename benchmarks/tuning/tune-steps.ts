import { createHash } from 'node:crypto';
import { InvalidInput } from '../../domain/errors.ts';
import { pooledBootstrapInterval } from '../statistics/bootstrap-interval.ts';
import { holm } from '../statistics/holm.ts';
import { mean } from '../statistics/mean.ts';
import { findFlat, type QuerySets } from './choose-point.ts';
import type { CollectedQuery } from './collect-legs.ts';
import { foldCount, foldsOf } from './folds.ts';
import type { Looks } from './held-out-log.ts';
import { isGainProven, type JudgedSet, judgeChoice } from './judge-choice.ts';
import type { LoadedSet } from './load-sets.ts';
import { measureStep, searchesOf } from './measure-step.ts';
import { type Point, settingsOf } from './search-space.ts';
import { optionsOf, type StepName, type StepOption, type Steps, stepNames } from './steps.ts';
import type { TopMetric } from './top-metric.ts';
import type { StepReport } from './tuning-report.ts';
import { whatWouldHaveShown } from './tuning-verdict.ts';

/** A budget that leaves fewer training queries than this is refused. */
const leastTraining = 20;

/**
 * Tries what may follow the legs, each step by itself over settings that stand, by searching: what cannot be replayed.
 * Chosen on training queries, the cheapest of those that cannot be told from the best, and judged once by held-out
 * queries or out of fold, with Holm's correction over the steps.
 * @param base settings that the steps come on top of
 * @throws {InvalidInput} where the budget does not suffice, or a search refuses an option
 */
export async function tuneSteps(
  sets: readonly LoadedSet[],
  base: Point,
  steps: Steps,
  { metric, looks, budget, onProgress }: StepTuning,
): Promise<StepReport[]> {
  const named = stepNames.filter((step) => steps[step] !== undefined);
  // A list that the legs do not fill cannot be read deeper.
  const offered = named.map((step) => ({
    step,
    options: optionsOf(steps, step).filter(({ rerankDepth }) => rerankDepth <= base.candidates),
  }));
  const drawn = drawTraining(sets, offered, budget);
  const total = searchesFor(drawn, offered);
  let searches = 0;
  const onSearch = () => {
    searches += 1;
    onProgress(`steps: ${searches} of at most ${total} searches`);
  };
  const tuned: Tuned[] = [];
  for (const { step, options } of offered) {
    tuned.push(await tuneStep(drawn, base, step, options, metric, onSearch));
  }
  const reports = reportSteps(tuned, (option) =>
    looks.earlier({ ...settingsOf(base), ...option.request }, settingsOf(base)),
  );
  for (const [at, { judgement }] of reports.entries()) {
    const { options, choice } = tuned[at]!;
    if (judgement !== undefined) {
      await looks.log({ ...settingsOf(base), ...options[choice]!.request }, settingsOf(base), judgement);
    }
  }
  return reports;
}

export interface StepTuning {
  readonly metric: TopMetric;
  readonly looks: Looks;
  /** Searches at most; where they do not suffice, fewer training queries take part, drawn by the hash of their id. */
  readonly budget: number;
  onProgress(state: string): void;
}

interface DrawnSet extends LoadedSet {
  readonly drawn: readonly CollectedQuery[];
}

interface Offered {
  readonly step: StepName;
  readonly options: readonly StepOption[];
}

interface Tuned extends Offered {
  readonly training: number;
  readonly choice: number;
  /** On training queries, by option. */
  readonly values: readonly (readonly (readonly number[])[])[];
  /** Absent where nothing is chosen. */
  readonly judged?: readonly JudgedSet[];
}

async function tuneStep(
  sets: readonly DrawnSet[],
  base: Point,
  step: StepName,
  options: readonly StepOption[],
  metric: TopMetric,
  onSearch: () => void,
): Promise<Tuned> {
  const bySet: number[][][] = [];
  for (const set of sets) bySet.push(await measureStep(set, set.drawn, base, options, metric, onSearch));
  const training = sets.flatMap(({ drawn }) => drawn);
  const values = options.map((_, option) => bySet.flatMap((ofSet) => ofSet[option]!));
  let from = 0;
  const numbers = sets.map(({ drawn }) => {
    const own = drawn.map((_, at) => from + at);
    from += drawn.length;
    return own;
  });
  const measured = { values: Float32Array.from(values.flat()), queries: training.length };
  const choice = chooseOption(measured, options, numbers);
  const folds = foldsOf(training.map(({ query }) => query));
  const foldChoices = Array.from({ length: foldCount }, (_, fold) => {
    const others = numbers.map((own) => own.filter((at) => folds[at] !== fold));
    return chooseOption(measured, options, others);
  });
  const report = { step, options, training: training.length, choice, values: bySet };
  if (choice === 0) return report;
  const judged: JudgedSet[] = [];
  for (const [at, set] of sets.entries()) {
    // A set of which the budget leaves no query says nothing, which is not that it gains nothing.
    if ((set.heldOut ?? set.drawn).length === 0) continue;
    if (set.heldOut === undefined) {
      judged.push({
        dataset: set.name,
        how: 'out-of-fold',
        values: numbers[at]!.map((query) => values[foldChoices[folds[query]!]!]![query]!),
        baselineValues: numbers[at]!.map((query) => values[0]![query]!),
      });
    } else {
      const pair = [options[0]!, options[choice]!];
      const [without, chosen] = await measureStep(set, set.heldOut, base, pair, metric, onSearch);
      judged.push({ dataset: set.name, how: 'held-out', values: chosen!, baselineValues: without! });
    }
  }
  return { ...report, judged };
}

/** The number of an option: nothing where that cannot be told from the best, else the shallowest reranker, else the best. */
export function chooseOption(
  measured: { readonly values: Float32Array; readonly queries: number },
  options: readonly StepOption[],
  sets: QuerySets,
): number {
  const { best, flat } = findFlat(measured, options.length, sets);
  if (flat.includes(0)) return 0;
  return options[best]!.rerankDepth > 0 ? flat[0]! : best;
}

function reportSteps(tuned: readonly Tuned[], earlier: (option: StepOption) => number): StepReport[] {
  const judgements = tuned.map(
    ({ judged, options, choice }) => judged && judgeChoice(judged, earlier(options[choice]!)),
  );
  const tested = judgements.filter((judgement) => judgement !== undefined);
  const adjusted = holm(tested.map(({ pValue }) => pValue));
  return tuned.map(({ step, options, training, choice, values }, at): StepReport => {
    const judgement = judgements[at];
    const tried = options.map(({ description }, option) => {
      const differences = values.map((ofSet) =>
        ofSet[option]!.map((value, query) => value - ofSet[0]![query]!),
      );
      return {
        description,
        mean: mean(values.map((ofSet) => mean(ofSet[option]!))),
        difference: mean(differences.map(mean)),
        interval: pooledBootstrapInterval(differences),
      };
    });
    if (judgement === undefined) {
      return { step, training, tried, verdict: 'on training queries nothing can be told from doing without' };
    }
    const adjustedPValue = adjusted[tested.indexOf(judgement)]!;
    const isProven = isGainProven(judgement, adjustedPValue);
    return {
      step,
      training,
      tried,
      chosen: options[choice]!.description,
      verdict: isProven
        ? 'proven better than doing without'
        : `not proven better than doing without. ${whatWouldHaveShown(judgement)}`,
      judgement,
      adjustedPValue,
      ...(isProven && { request: options[choice]!.request }),
    };
  });
}

/** Takes as many training queries of each set as the budget allows, the same share of each. */
function drawTraining(sets: readonly LoadedSet[], offered: readonly Offered[], budget: number): DrawnSet[] {
  const training = sets.reduce((sum, set) => sum + set.training.length, 0);
  const heldOut = sets.reduce((sum, set) => sum + (set.heldOut?.length ?? 0), 0) * 2 * offered.length;
  const each = offered.reduce((sum, { options }) => sum + searchesOf(options), 0);
  const share = Math.min(1, (budget - heldOut) / (each * training));
  if (share < 1 && share * training < leastTraining) {
    throw new InvalidInput(
      'searches',
      `Expected at least ${heldOut + each * leastTraining} searches for these steps, got ${budget}`,
    );
  }
  const order = ({ query }: CollectedQuery) => createHash('sha256').update(query.queryId).digest('hex');
  return sets.map((set) => ({
    ...set,
    drawn:
      share === 1
        ? set.training
        : [...set.training]
            .sort((left, right) => (order(left) < order(right) ? -1 : 1))
            .slice(0, Math.floor(share * set.training.length)),
  }));
}

function searchesFor(sets: readonly DrawnSet[], offered: readonly Offered[]): number {
  return offered.reduce(
    (sum, { options }) =>
      sum +
      sets.reduce(
        (all, { drawn, heldOut }) => all + drawn.length * searchesOf(options) + (heldOut?.length ?? 0) * 2,
        0,
      ),
    0,
  );
}
