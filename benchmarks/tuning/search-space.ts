import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import type {
  Calibration,
  Normalization,
  ResolvedSearchRequest,
  SearchDefaults,
} from '../../domain/search.ts';
import { createRandom } from '../statistics/seeded-random.ts';
import { type Steps, stepsSchema } from './steps.ts';

export type Fields = ResolvedSearchRequest['lexical']['fields'];

/** Everything of a configuration but the weight: what decides which arrays are fused. */
export interface Cell {
  readonly fields: Fields;
  readonly fusion: ResolvedSearchRequest['fusion'];
  /** Of both legs. */
  readonly candidates: number;
  readonly complete: boolean;
}

/** One configuration of the space. */
export interface Point extends Cell {
  /** 0 to 1; the dense leg has the rest. 0 and 1 turn a leg off. */
  readonly lexicalWeight: number;
}

/** Values that are tried with one another. */
export interface SearchSpace {
  readonly lexicalWeights: readonly number[];
  /** Of linear fusion; none leaves it out. */
  readonly normalizations: readonly Normalization[];
  /** Of reciprocal rank fusion; none leaves it out. */
  readonly rankConstants: readonly number[];
  /** Whether log-odds are tried, calibrated by the training queries. */
  readonly logOdds: boolean;
  readonly candidates: readonly number[];
  /** Not of reciprocal rank fusion. */
  readonly complete: readonly boolean[];
  readonly fields: readonly Fields[];
  /** What may follow the legs, tried by searching. */
  readonly steps?: Steps;
}

/** 19 weights between the legs alone, each fusion, four depths and three weights of the title: 3,436 configurations. */
export const defaultSpace: SearchSpace = {
  lexicalWeights: Array.from({ length: 21 }, (_, at) => at / 20),
  normalizations: ['min_max', 'theoretical_min_max', 'l2', 'z_score'],
  rankConstants: [2, 5, 10, 20, 60],
  logOdds: true,
  candidates: [50, 100, 200, 500],
  complete: [false, true],
  fields: [
    { title: 1, text: 1 },
    { title: 2, text: 1 },
    { title: 4, text: 1 },
  ],
};

const share = z.number().min(0).max(1);
const fieldWeight = z.number().min(0).max(100);
const schema = z.strictObject({
  lexicalWeights: z.array(share).min(1).optional(),
  normalizations: z.array(z.enum(['min_max', 'theoretical_min_max', 'l2', 'z_score'])).optional(),
  rankConstants: z.array(z.int().min(1).max(10_000)).optional(),
  logOdds: z.boolean().optional(),
  candidates: z.array(z.int().min(10).max(10_000)).min(1).optional(),
  complete: z.array(z.boolean()).min(1).optional(),
  fields: z
    .array(
      z
        .strictObject({ title: fieldWeight, text: fieldWeight })
        .refine(({ title, text }) => title + text > 0, 'title or text must be above 0'),
    )
    .min(1)
    .optional(),
  steps: stepsSchema.optional(),
});

/**
 * Reads a space from a YAML file; what it does not name is that of `defaultSpace`.
 * @throws {InvalidInput}
 */
export async function readSpace(file: string): Promise<SearchSpace> {
  let given: unknown;
  try {
    given = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new InvalidInput('space', `Cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
  const checked = schema.safeParse(given ?? {});
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new InvalidInput('space', `Cannot use ${file}: ${issue?.path.join('.')} ${issue?.message}`);
  }
  const named = Object.entries(checked.data).filter(([, values]) => values !== undefined);
  return { ...defaultSpace, ...Object.fromEntries(named) };
}

/**
 * Each configuration of a space, those that come to the same left out.
 * @param calibrations by weights of the fields (`fieldsKey`); where there is none, log-odds are left out
 */
export function pointsOf(
  space: SearchSpace,
  calibrations: ReadonlyMap<string, Calibration> = new Map(),
): Point[] {
  const fusionsOf = (fields: Fields): Cell['fusion'][] => {
    const calibration = space.logOdds ? calibrations.get(fieldsKey(fields)) : undefined;
    return [
      ...space.normalizations.map((normalization) => ({ method: 'linear' as const, normalization })),
      ...space.rankConstants.map((rankConstant) => ({ method: 'rrf' as const, rankConstant })),
      ...(calibration ? [{ method: 'log_odds' as const, calibration }] : []),
    ];
  };
  const points = new Map<string, Point>();
  for (const fields of space.fields)
    for (const fusion of fusionsOf(fields))
      for (const candidates of space.candidates)
        for (const complete of space.complete)
          for (const lexicalWeight of space.lexicalWeights) {
            if (complete && fusion.method === 'rrf') continue;
            const point = { fields, fusion, candidates, complete, lexicalWeight };
            const same = sameAs(point);
            if (!points.has(same)) points.set(same, point);
          }
  return [...points.values()];
}

/** Draws so many of the points, without repeats; all of them where there are no more. */
export function drawPoints(all: readonly Point[], budget: number, seed = 1): Point[] {
  const points = [...all];
  const random = createRandom(seed);
  // Fisher and Yates, as far as is asked for.
  const count = Math.min(budget, points.length);
  for (let at = 0; at < count; at += 1) {
    const other = at + Math.floor(random() * (points.length - at));
    [points[at], points[other]] = [points[other]!, points[at]!];
  }
  return points.slice(0, count);
}

/** What tells weights of the fields apart. */
export const fieldsKey = ({ title, text }: Fields): string => `${title}:${text}`;

/** The settings that carry a point out. */
export function settingsOf({ fields, fusion, candidates, complete, lexicalWeight }: Point): SearchDefaults {
  // 1 − 0.05 · n leaves digits that nobody wrote.
  const denseWeight = Number((1 - lexicalWeight).toFixed(12));
  return {
    lexical: { weight: lexicalWeight, candidates, fields },
    dense: { weight: denseWeight, candidates },
    fusion,
    ...(complete && { complete }),
  };
}

/** The point of a resolved request; both its legs must have the same candidates. @throws {InvalidInput} */
export function pointOf(
  request: Pick<ResolvedSearchRequest, 'lexical' | 'dense' | 'fusion' | 'complete'>,
): Point {
  const { lexical, dense, fusion, complete } = request;
  if (lexical.candidates !== dense.candidates) {
    throw new InvalidInput('baseline', 'Expected both legs of the baseline to have the same candidates');
  }
  return {
    fields: lexical.fields,
    fusion,
    candidates: lexical.candidates,
    complete,
    lexicalWeight: lexical.weight / (lexical.weight + dense.weight),
  };
}

/** A fusion in few words. */
export function fusionName(fusion: Cell['fusion']): string {
  if (fusion.method === 'rrf') return `RRF k ${fusion.rankConstant}`;
  return fusion.method === 'linear' ? fusion.normalization : 'log-odds';
}

/** A point in few words. */
export function describePoint({ fields, fusion, candidates, complete, lexicalWeight }: Point): string {
  const weight = `lexical ${Number(lexicalWeight.toFixed(4))}`;
  return `${fusionName(fusion)}, ${weight}, title ${fields.title}, ${candidates} candidates${complete ? ', completed' : ''}`;
}

/** Which cell a point lies in. */
export function cellKey({ fields, fusion, candidates, complete }: Cell): string {
  return JSON.stringify([fields.title, fields.text, fusion, candidates, complete]);
}

/** Equal for points whose ten first hits cannot differ: one leg alone is not fused, and the dense one has no fields. */
function sameAs(point: Point): string {
  const { fields, candidates, lexicalWeight } = point;
  if (lexicalWeight === 0) return JSON.stringify(['dense', candidates]);
  if (lexicalWeight === 1) return JSON.stringify(['lexical', fields.title / fields.text, candidates]);
  return `${cellKey(point)} ${lexicalWeight}`;
}
