import { z } from 'zod';
import type { SearchRequest } from '../../domain/search.ts';

/** What may follow the legs; one run of each leg does not tell what it gives. */
export const stepNames = ['feedback', 'diversity', 'duplicates', 'boosts', 'rerank'] as const;

export type StepName = (typeof stepNames)[number];

/** Values that are tried of each step, one step at a time, as they stand in a search request. */
export type Steps = Readonly<Partial<Record<StepName, readonly unknown[]>>>;

/** One way of a step: nothing, or what a request says of it. */
export interface StepOption {
  readonly description: string;
  readonly request: Partial<SearchRequest>;
  /** How deep a reranker reads; 0 for every other step. */
  readonly rerankDepth: number;
}

const options = z.array(z.record(z.string(), z.unknown())).min(1).optional();

/** The searches themselves check what is inside. */
export const stepsSchema = z.strictObject({
  feedback: options,
  diversity: options,
  duplicates: options,
  boosts: z
    .array(z.array(z.record(z.string(), z.unknown())))
    .min(1)
    .optional(),
  rerank: z
    .array(z.looseObject({ model: z.string(), candidates: z.int().min(1).max(1_000) }))
    .min(1)
    .optional(),
});

/** What is tried of the steps that need no model and no metadata, which a space without `steps` has. */
export const defaultSteps: Steps = {
  feedback: [
    { weight: 0.2, hits: 3 },
    { weight: 0.4, hits: 3 },
  ],
  diversity: [{ lambda: 0.9 }, { lambda: 0.7 }],
  duplicates: [{ similarity: 0.95 }, { similarity: 0.9 }],
};

/** The ways of a step in the order of their cost, nothing first. */
export function optionsOf(steps: Steps, step: StepName): StepOption[] {
  const none = { description: `no ${step}`, request: {}, rerankDepth: 0 };
  const given = (steps[step] ?? []).map(
    (value): StepOption => ({
      description: `${step} ${JSON.stringify(value)}`,
      request: { [step]: value },
      rerankDepth: step === 'rerank' ? (value as { readonly candidates: number }).candidates : 0,
    }),
  );
  return [none, ...given.sort((left, right) => left.rerankDepth - right.rerankDepth)];
}
