import { z } from '@hono/zod-openapi';
import { queryClasses } from '../../domain/search.ts';
import { hiddenTextFlagSchema, linksSchema, metadataSchema } from './document-parts.ts';
import { facetResult } from './facets.ts';
import { searchFields } from './search-request.ts';

const count = z.int().min(0);
const milliseconds = z
  .record(z.string(), z.number())
  .openapi({ description: 'Milliseconds of each stage that ran, and `total`' });

const legContribution = z
  .object({
    rank: z.int().min(1).nullable(),
    score: z.number().nullable().openapi({ description: 'BM25, or the cosine' }),
    normalized: z.number(),
    weight: z.number(),
    contribution: z.number(),
  })
  .openapi('LegContribution', {
    description:
      "One leg's part in a hit's score; rank is null where the leg did not return the hit, and so is score unless the leg was completed",
  });

const ranking = z.object({ score: z.number(), rank: z.int().min(1) });

const chunk = z
  .object({
    chunkId: z.string(),
    ordinal: count,
    text: z.string(),
    context: z.string().optional(),
    headingPath: z.array(z.string()),
    location: z.object({ page: z.int().optional(), sheet: z.string().optional() }).optional(),
    start: count.openapi({ description: 'Of the parsed text, UTF-16 code units' }),
    end: count.openapi({ description: 'Exclusive' }),
    parentOrdinal: count.optional(),
    tokens: count,
  })
  .openapi('Chunk');

const parent = z
  .object({ ordinal: count, text: z.string(), start: count, end: count })
  .openapi('ParentChunk');

/** One result with where its score comes from. */
export const hitSchema = z
  .object({
    rank: z.int().min(1),
    score: z.number(),
    documentId: z.string(),
    version: z.string(),
    contentHash: z.string(),
    source: z.string(),
    title: z.string().optional(),
    uri: z.string().optional(),
    mediaType: z.string(),
    metadata: metadataSchema,
    links: linksSchema.optional(),
    chunk,
    parent: parent.optional(),
    highlights: z
      .array(z.tuple([count, count]).openapi({ minItems: 2, maxItems: 2 }))
      .optional()
      .openapi({ description: 'Ranges of chunk.text that the query matches, [start, end)' }),
    flags: z.array(hiddenTextFlagSchema).optional().openapi({
      description:
        'What its text holds, or parsing took out of its document, that no reader sees, and no model is shown',
    }),
    breakdown: z.object({
      lexical: legContribution.optional(),
      dense: legContribution.optional(),
      fused: ranking,
      boosted: ranking.extend({ boosts: z.array(z.number()) }).optional(),
      rerank: ranking.optional(),
      diversified: ranking.extend({ similarity: z.number() }).optional(),
    }),
    duplicates: z
      .array(z.object({ chunkId: z.string(), documentId: z.string(), similarity: z.number() }))
      .optional()
      .openapi({ description: 'Hits that were folded into this one' }),
  })
  .openapi('Hit');

/** A stored chunk as `GET /v1/documents/{documentId}?include=chunks` tells it. */
export const chunkSchema = chunk;

const fields = searchFields('filter');
const leg = z.object({ weight: z.number(), candidates: count });
const legCalibration = z.object({ midpoint: z.number(), slope: z.number() });
const resolvedBoost = z.union([
  z.object({
    weight: z.number(),
    recency: z.object({ key: z.string(), halfLifeDays: z.number(), origin: z.string() }),
  }),
  z.object({ weight: z.number(), saturation: z.object({ key: z.string(), pivot: z.number() }) }),
  z.object({
    weight: z.number(),
    equals: z.object({ key: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) }),
  }),
]);

/** What was really done: the request with every default filled in. */
export const resolvedSearchRequestSchema = z
  .object({
    query: z.string(),
    topK: count,
    filter: fields.filter,
    lexical: leg.extend({ fields: z.object({ title: z.number(), text: z.number() }) }),
    dense: leg,
    fusion: z.union([
      z.object({
        method: z.literal('linear'),
        normalization: z.enum(['min_max', 'theoretical_min_max', 'l2', 'z_score']),
      }),
      z.object({ method: z.literal('rrf'), rankConstant: count }),
      z.object({
        method: z.literal('log_odds'),
        calibration: z.object({ lexical: legCalibration, dense: legCalibration }),
      }),
    ]),
    complete: z.boolean(),
    feedback: z.object({ weight: z.number(), hits: count }).optional(),
    boosts: z.array(resolvedBoost),
    rerank: z
      .object({ model: z.string(), candidates: count, metadataFields: z.array(z.string()).optional() })
      .optional(),
    diversity: z.object({ lambda: z.number(), candidates: count }).optional(),
    duplicates: z.object({ similarity: z.number(), candidates: count }).optional(),
    collapse: z.literal('document').optional(),
    expand: fields.expand,
    highlight: z.boolean(),
    facets: fields.facets.unwrap(),
    minimumScore: fields.minimumScore,
    cursor: fields.cursor,
  })
  .openapi('ResolvedSearchRequest');

const degradation = z
  .object({
    stage: z.enum([
      'embed',
      'lexical',
      'dense',
      'feedback',
      'rerank',
      'rewrite',
      'generate',
      'guardrail',
      'session',
    ]),
    reason: z.string(),
  })
  .openapi('Degradation', { description: 'Something that failed and was done without' });

/** What models used. */
export const usageSchema = z.array(
  z
    .object({
      model: z.string(),
      kind: z.enum(['embedding', 'input', 'output', 'cache_read', 'cache_write', 'rerank', 'guardrail']),
      amount: z.number().min(0),
      isEstimated: z.literal(true).optional(),
    })
    .openapi('ModelUsage', {
      description: 'Tokens, or units of reranking and of guardrails, as providers bill them',
    }),
);

/** What search and answer tell of how they ran. */
export const runFields = { usage: usageSchema, timings: milliseconds, degraded: z.array(degradation) };

/** The reply of POST /v1/search. */
export const searchResponseSchema = z
  .object({
    request: resolvedSearchRequestSchema,
    results: z.array(hitSchema),
    facets: z.array(facetResult),
    cursor: z.string().optional().openapi({ description: 'Absent on the last page' }),
    queryClass: z
      .enum(queryClasses)
      .optional()
      .openapi({ description: 'The class of the query whose settings were applied; absent where none were' }),
    ...runFields,
  })
  .openapi('SearchResponse');
