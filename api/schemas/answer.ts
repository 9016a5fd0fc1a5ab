import { z } from '@hono/zod-openapi';
import { requestLimits } from './limits.ts';
import { problemSchema } from './problem.ts';
import { searchFields } from './search-request.ts';
import { hitSchema, resolvedSearchRequestSchema, runFields } from './search-response.ts';

const { query, cursor: _cursor, facets: _facets, ...searchOptions } = searchFields('search.filter');

/** The body of POST /v1/answer. */
export const answerRequestSchema = z
  .strictObject({
    question: query.openapi({ example: 'Where do filters stand?' }),
    search: z
      .strictObject(searchOptions)
      .optional()
      .openapi({ description: 'As in a search, without query, facets and cursor' }),
    passages: z
      .int()
      .min(1)
      .max(requestLimits.passages)
      .optional()
      .openapi({ description: 'How many hits the answer may rest on', default: 5 }),
    model: z.string().min(1).max(requestLimits.nameCharacters).optional(),
  })
  .openapi('AnswerRequest');

const citation = z
  .object({
    start: z.int().min(0),
    end: z.int().min(0),
    chunkId: z.string(),
    documentId: z.string(),
    title: z.string().optional(),
    uri: z.string().optional(),
    quote: z.string(),
  })
  .openapi('Citation', {
    description:
      '`answer.text.slice(start, end)` is the cited part; `quote` stands verbatim in the text of the chunk',
  });

const usage = z
  .object({
    inputTokens: z.int().min(0),
    outputTokens: z.int().min(0),
    cacheReadTokens: z.int().min(0).optional(),
    cacheWriteTokens: z.int().min(0).optional(),
  })
  .openapi('TokenUsage');

/** The reply of POST /v1/answer, and the data of the stream's `done`. */
export const answerResponseSchema = z
  .object({
    answer: z.object({ text: z.string() }),
    citations: z.array(citation),
    abstained: z.boolean().openapi({ description: 'The documents do not answer; the text says so' }),
    endReason: z.enum(['complete', 'abstained', 'truncated', 'blocked']).openapi({
      description: 'How the model ended; truncated: its limit of length was reached',
    }),
    ungrounded: z.boolean().openapi({ description: 'Text was written, but no citation held' }),
    droppedCitations: z.int().min(0),
    model: z.string(),
    usage: usage.optional(),
    search: resolvedSearchRequestSchema,
    passages: z.array(hitSchema),
    ...runFields,
  })
  .openapi('AnswerResponse');

const event = <E extends string, D extends z.ZodType>(name: E, data: D) =>
  z.object({ event: z.literal(name), data });

/** One server-sent event of an answer's stream: the name after `event:`, and the JSON after `data:`. */
export const answerStreamEventSchema = z
  .union([
    event('passages', z.object({ passages: z.array(hitSchema) })),
    event('text', z.object({ text: z.string() })),
    event('citation', citation),
    event('usage', usage),
    event('error', problemSchema),
    event('done', answerResponseSchema),
  ])
  .openapi('AnswerStreamEvent', {
    description:
      'The stream is a sequence of these, in this order: `passages`; `text` and `citation`; `usage`; `done`, or `error` where it broke. A comment line comes every 15 s while nothing else does',
  });
