import { z } from '@hono/zod-openapi';
import { requestLimits } from './limits.ts';
import { problemSchema } from './problem.ts';
import { searchFields } from './search-request.ts';
import { hitSchema, resolvedSearchRequestSchema, runFields, usageSchema } from './search-response.ts';

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
    sessionId: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .optional()
      .openapi({ description: '`new` begins a session; the id that comes back continues it' }),
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

const guardrailAction = z
  .object({
    side: z.enum(['input', 'output']),
    policy: z.string().openapi({ example: 'sensitive_information' }),
    type: z
      .string()
      .openapi({ description: 'A kind of data, or the name of a pattern or topic', example: 'email' }),
    action: z.enum(['masked', 'blocked', 'reported']),
    count: z.int().min(1),
    score: z.number().optional(),
    threshold: z.number().optional(),
    late: z.literal(true).optional().openapi({ description: 'The text had gone out when it was found' }),
  })
  .openapi('GuardrailAction', { description: 'What a guardrail did; never what was matched' });

/** The reply of POST /v1/answer, and the data of the stream's `done`. */
export const answerResponseSchema = z
  .object({
    answer: z.object({ text: z.string() }),
    citations: z.array(citation),
    abstained: z.boolean().openapi({ description: 'The documents do not answer; the text says so' }),
    endReason: z
      .enum([
        'complete',
        'abstained',
        'truncated',
        'content_filtered',
        'guardrail_intervened',
        'context_window_exceeded',
        'empty_reply',
        'malformed_reply',
      ])
      .openapi({ description: 'How the answer ended; truncated: the limit of length was reached' }),
    ungrounded: z.boolean().openapi({ description: 'Text was written, but no citation held' }),
    withheld: z.boolean().openapi({ description: 'It was ungrounded, and the tenant wants none of those' }),
    droppedCitations: z.int().min(0),
    guardrails: z.array(guardrailAction),
    removed: z
      .object({ links: z.int().min(0), hiddenCharacters: z.int().min(0) })
      .openapi({ description: "What was taken out of the model's text" }),
    sessionId: z.string().optional(),
    model: z.string(),
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
    event('usage', z.object({ usage: usageSchema })),
    event('error', problemSchema),
    event('done', answerResponseSchema),
  ])
  .openapi('AnswerStreamEvent', {
    description:
      'The stream is a sequence of these, in this order: `passages`; `text` and `citation`; `usage`; `done`, or `error` where it broke. A comment line comes every 15 s while nothing else does',
  });
