import type { SearchDefaults, SearchSettings } from '../../domain/search.ts';
import { type Point, settingsOf } from './search-space.ts';
import type { TunedClass } from './tune-classes.ts';
import type { StepReport } from './tuning-report.ts';

/**
 * The settings of what was proven, of the winner, of one step after it and of the classes; undefined where nothing was.
 * @param tenantId whose they are; all tenants' where it is undefined
 */
export function provenSettings(
  points: readonly Point[],
  winner: number | undefined,
  classes: readonly TunedClass[],
  steps: readonly StepReport[],
  tenantId: string | undefined,
): SearchSettings | undefined {
  const proven = classes.filter(({ point }) => point !== undefined);
  const step = bestProvenStep(steps);
  const defaults: SearchDefaults = {
    ...(winner !== undefined && settingsOf(points[winner]!)),
    ...step?.request,
  };
  // Classes inherit what they do not name, and were measured without it.
  const ofClass = (point: Point): SearchDefaults => ({
    ...settingsOf(point),
    ...(defaults.complete && { complete: point.complete }),
    ...(step !== undefined && { [step.step]: step.step === 'boosts' ? [] : false }),
  });
  if (Object.keys(defaults).length === 0 && proven.length === 0) return undefined;
  const own = {
    ...(Object.keys(defaults).length > 0 && { defaults }),
    ...(proven.length > 0 && {
      classes: Object.fromEntries(proven.map((entry) => [entry.class, ofClass(points[entry.point!]!)])),
    }),
  };
  return tenantId === undefined ? own : { tenants: { [tenantId]: own } };
}

/** The proven step of the greatest gain. Each was tried by itself: what two give together is not known. */
export function bestProvenStep(steps: readonly StepReport[]): StepReport | undefined {
  return steps
    .filter(({ request }) => request !== undefined)
    .toSorted((left, right) => right.judgement!.difference - left.judgement!.difference)[0];
}
