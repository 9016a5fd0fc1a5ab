import type { Calibration } from '../../domain/search.ts';
import { estimateCalibration } from '../../retrieval/log-odds.ts';
import type { LegsResult } from '../../search-engine/search-engine.ts';
import { mean } from '../statistics/mean.ts';
import type { CollectedQuery } from './collect-legs.ts';
import { type Fields, fieldsKey } from './search-space.ts';

/** How deep each leg is looked at: the spread of scores depends on it, and one calibration serves all depths. */
export const calibratedDepth = 100;

/**
 * Estimates what makes probabilities of the legs' scores, by weights of the fields, from what the queries of each set
 * found. Judgements play no part, and each set counts the same.
 */
export function calibrateLegs(
  sets: readonly (readonly CollectedQuery[])[],
  fields: readonly Fields[],
): ReadonlyMap<string, Calibration> {
  const calibrationOf = (key: string): Calibration => {
    const ofLeg = (name: keyof Calibration) => {
      const estimates = sets.map((queries) =>
        estimateCalibration(queries.flatMap(({ legs }) => scoresOf(legs.get(key), name))),
      );
      return {
        midpoint: rounded(mean(estimates.map(({ midpoint }) => midpoint))),
        slope: rounded(1 / mean(estimates.map(({ slope }) => 1 / slope))),
      };
    };
    return { lexical: ofLeg('lexical'), dense: ofLeg('dense') };
  };
  return new Map(fields.map((weights) => [fieldsKey(weights), calibrationOf(fieldsKey(weights))]));
}

function scoresOf(found: LegsResult | undefined, name: keyof Calibration): number[] {
  return (found?.[name]?.hits ?? []).slice(0, calibratedDepth).map(({ score }) => score);
}

/** To four digits, which a person can copy: more say nothing. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
