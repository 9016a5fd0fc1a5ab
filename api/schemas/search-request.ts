import { z } from '@hono/zod-openapi';
import { facetRequest } from './facets.ts';
import { filterSchema } from './filter.ts';
import { requestLimits } from './limits.ts';

const weight = z
  .number()
  .min(0)
  .openapi({ description: '0 turns the leg off, and it costs nothing', default: 0.5 });
const candidates = z.int().min(1).max(requestLimits.candidates).openapi({
  description: 'At least topK. Default: the greater of 100 and topK',
});
const fieldWeight = z.number().min(0).max(100);
const legCalibration = z.strictObject({
  midpoint: z.number().min(-1_000_000).max(1_000_000),
  slope: z.number().gt(0).max(1_000_000),
});
const key = z.string().min(1).max(requestLimits.nameCharacters);

const arranged = z
  .int()
  .min(1)
  .max(requestLimits.topK)
  .optional()
  .openapi({ description: 'At least topK. Default: the greater of 50 and topK' });

const boostWeight = z.number().min(-10).max(10);
const boost = z
  .union(
    [
      z.strictObject({
        weight: boostWeight,
        recency: z.strictObject({
          key,
          halfLifeDays: z.number().gt(0).max(1e6),
          origin: z.string().optional(),
        }),
      }),
      z.strictObject({ weight: boostWeight, saturation: z.strictObject({ key, pivot: z.number().gt(0) }) }),
      z.strictObject({
        weight: boostWeight,
        equals: z.strictObject({ key, value: z.union([z.string(), z.number(), z.boolean()]) }),
      }),
    ],
    { error: '{ weight } with one of recency, saturation and equals' },
  )
  .openapi('Boost', { description: 'Adds weight · value to the fused score, the value from 0 to 1' });

/** A step that the defaults of the configuration may ask for; `false` does without it. */
function orNone<S extends z.ZodType>(step: S, form = 'an object') {
  return z.union([step, z.literal(false)], { error: `${form} or false` });
}

/** The fields of a search, with its filter at `filterField`. */
export function searchFields(filterField: string) {
  return {
    query: z
      .string()
      .min(1)
      .max(requestLimits.queryCharacters)
      .openapi({ example: 'How are the two legs fused?' }),
    topK: z.int().min(1).max(requestLimits.topK).optional().openapi({ default: 10 }),
    filter: filterSchema(filterField).optional(),
    lexical: z
      .strictObject({
        weight: weight.optional(),
        candidates: candidates.optional(),
        fields: z.strictObject({ title: fieldWeight.optional(), text: fieldWeight.optional() }).optional(),
      })
      .optional(),
    dense: z.strictObject({ weight: weight.optional(), candidates: candidates.optional() }).optional(),
    fusion: z
      .strictObject({
        method: z.enum(['linear', 'rrf', 'log_odds']).optional().openapi({ default: 'linear' }),
        normalization: z
          .enum(['min_max', 'theoretical_min_max', 'l2', 'z_score'])
          .optional()
          .openapi({ description: 'Linear only', default: 'min_max' }),
        rankConstant: z.int().min(1).max(10_000).optional().openapi({ description: 'RRF only', default: 60 }),
        calibration: z
          .strictObject({ lexical: legCalibration, dense: legCalibration })
          .optional()
          .openapi({ description: 'Log-odds only, and needed by it: what makes probabilities of scores' }),
      })
      .optional(),
    complete: z.boolean().optional().openapi({
      description:
        'A hit of one leg gets its true score of the other, so that the order hardly depends on candidates; refused with RRF',
      default: false,
    }),
    feedback: orNone(
      z.strictObject({
        weight: z.number().gt(0).max(1).optional().openapi({ default: 0.4 }),
        hits: z.int().min(1).max(20).optional().openapi({ default: 3 }),
      }),
    )
      .optional()
      .openapi({
        description: "Searches again with the query's vector moved towards the mean of the first hits",
      }),
    boosts: z
      .array(boost)
      .max(10)
      .optional()
      .openapi({ description: 'Added to the fused score; refused with RRF', default: [] }),
    rerank: orNone(
      z.strictObject({
        model: z.string().min(1).max(requestLimits.nameCharacters),
        candidates: z.int().min(1).max(requestLimits.topK).optional(),
        metadataFields: z.array(z.string().min(1).max(100)).min(1).max(10).optional(),
      }),
    ).optional(),
    diversity: orNone(z.strictObject({ lambda: z.number().min(0).max(1), candidates: arranged }))
      .optional()
      .openapi({ description: 'Maximal marginal relevance; lambda 1 is relevance alone' }),
    duplicates: orNone(z.strictObject({ similarity: z.number().min(0.5).max(1), candidates: arranged }))
      .optional()
      .openapi({ description: 'Folds hits whose vectors are at least this close into the best of them' }),
    collapse: orNone(z.literal('document'), '"document"')
      .optional()
      .openapi({ description: 'One hit a document: its best chunk' }),
    expand: z
      .literal('parent')
      .optional()
      .openapi({ description: "Hits of hierarchical chunks carry their parent's text" }),
    highlight: z.boolean().optional().openapi({ default: false }),
    facets: z.array(facetRequest).max(requestLimits.facets).optional(),
    minimumScore: z
      .strictObject({ on: z.enum(['dense', 'fused', 'rerank']), value: z.number() })
      .optional()
      .openapi({ description: 'Hits below are left out; `fused` is refused with RRF' }),
    cursor: z
      .string()
      .min(1)
      .max(requestLimits.cursorCharacters)
      .optional()
      .openapi({ description: "The previous page's `cursor`, with an otherwise equal request" }),
  };
}

/** The body of POST /v1/search. */
export const searchRequestSchema = z.strictObject(searchFields('filter')).openapi('SearchRequest');
