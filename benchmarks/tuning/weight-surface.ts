import type { Choice } from './choose-point.ts';
import { fusionName } from './search-space.ts';
import { meanOn, type TrainingTable } from './tune-on.ts';
import type { SurfacePoint } from './tuning-report.ts';

/** Means on training queries by weight and fusion, for the candidates, fields and completion of the choice. */
export function surfaceOf(table: TrainingTable, choice: Pick<Choice, 'point' | 'flat'>): SurfacePoint[] {
  const { points } = table.measurements;
  const chosen = points[choice.point]!;
  const flat = new Set(choice.flat);
  return points.flatMap((point, at) => {
    const isAlike =
      point.candidates === chosen.candidates &&
      point.fields.title * chosen.fields.text === chosen.fields.title * point.fields.text &&
      (point.complete === chosen.complete || point.fusion.method === 'rrf');
    if (!isAlike) return [];
    const { fusion, lexicalWeight } = point;
    return [
      {
        fusion: fusionName(fusion),
        lexicalWeight,
        mean: meanOn(table, at),
        isFlat: flat.has(at),
        isChosen: at === choice.point,
      },
    ];
  });
}
