import { type QueryClass, queryClasses } from '../../domain/search.ts';
import { classifyQuery } from '../../retrieval/query-class.ts';
import { holm } from '../statistics/holm.ts';
import type { CollectedQuery } from './collect-legs.ts';
import type { Looks } from './held-out-log.ts';
import { isGainProven, judgeChoice } from './judge-choice.ts';
import { describePoint, settingsOf } from './search-space.ts';
import { type TrainingTable, tuneOn } from './tune-on.ts';
import type { ClassReport } from './tuning-report.ts';
import { whatWouldHaveShown } from './tuning-verdict.ts';

/** What came of a class; `point` is there where its own settings are proven better. */
export type TunedClass = ClassReport & { readonly point?: number };

/**
 * Tunes each class of queries that has queries enough, against a point that holds for all, with Holm's correction over
 * the classes.
 * @param wanted how many training queries a class needs
 */
export async function tuneClasses(
  table: TrainingTable,
  base: number,
  wanted: number,
  looks: Looks,
  onClass: (name: QueryClass) => void,
): Promise<TunedClass[]> {
  const all = table.sets.flatMap(({ training }) => training);
  const baseline = settingsOf(table.measurements.points[base]!);
  const tuned = queryClasses.map((name) => {
    const isIn = ({ query }: CollectedQuery) => classifyQuery(query.text) === name;
    const training = all.filter(isIn).length;
    if (training < wanted) return { class: name, training };
    onClass(name);
    const { choice, judged } = tuneOn(table, base, isIn);
    const filled = judged.filter(({ values }) => values.length > 0);
    if (filled.length === 0) return { class: name, training };
    const lookedAt = { class: name, ...settingsOf(table.measurements.points[choice.point]!) };
    const judgement = judgeChoice(filled, looks.earlier(lookedAt, baseline));
    return { class: name, training, point: choice.point, judgement, lookedAt };
  });
  for (const { lookedAt, judgement } of tuned) {
    if (lookedAt !== undefined) {
      await looks.log(lookedAt, baseline, judgement);
    }
  }
  const tested = tuned.filter(({ judgement }) => judgement !== undefined);
  const adjusted = holm(tested.map(({ judgement }) => judgement!.pValue));
  return tuned.map((entry): TunedClass => {
    const { judgement, point } = entry;
    if (judgement === undefined || point === undefined) {
      return {
        class: entry.class,
        training: entry.training,
        verdict:
          entry.training < wanted
            ? `not tuned: ${entry.training} training queries, ${wanted} wanted`
            : 'not tuned: no query of the class to judge by',
      };
    }
    const adjustedPValue = adjusted[tested.indexOf(entry)]!;
    const isProven = isGainProven(judgement, adjustedPValue);
    return {
      class: entry.class,
      training: entry.training,
      chosen: describePoint(table.measurements.points[point]!),
      judgement,
      adjustedPValue,
      verdict: isProven
        ? 'its own settings are proven better'
        : `no settings of its own are proven better. ${whatWouldHaveShown(judgement)}`,
      ...(isProven && { point }),
    };
  });
}
