import type { SearchSettings } from '../../domain/search.ts';
import { type Point, settingsOf } from './search-space.ts';
import type { TunedClass } from './tune-classes.ts';

/**
 * The settings of what was proven, of the winner and of the classes; undefined where nothing was.
 * @param tenantId whose they are; all tenants' where it is undefined
 */
export function provenSettings(
  points: readonly Point[],
  winner: number | undefined,
  classes: readonly TunedClass[],
  tenantId: string | undefined,
): SearchSettings | undefined {
  const proven = classes.filter(({ point }) => point !== undefined);
  if (winner === undefined && proven.length === 0) return undefined;
  const own = {
    ...(winner !== undefined && { defaults: settingsOf(points[winner]!) }),
    ...(proven.length > 0 && {
      classes: Object.fromEntries(proven.map((entry) => [entry.class, settingsOf(points[entry.point!]!)])),
    }),
  };
  return tenantId === undefined || tenantId === 'default' ? own : { tenants: { [tenantId]: own } };
}
