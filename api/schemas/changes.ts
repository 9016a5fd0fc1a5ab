import { z } from '@hono/zod-openapi';

/** What became of one event of a line. */
const eventOutcomeSchema = z.object({
  outcome: z.enum(['indexed', 'stale', 'ignored', 'dead_lettered']).openapi({
    description:
      'stale: older than what is stored, the same again, or merged away by a newer event beside it; dead_lettered: kept, with its reason, and no need to send it again',
  }),
  documentId: z.string().optional(),
  version: z.string().optional(),
  kind: z.string().optional().openapi({ description: 'Of what is ignored' }),
  reason: z.string().optional().openapi({ description: 'Of a dead letter' }),
  message: z.string().optional(),
});

/** One line of the reply of POST /v1/changes. */
export const changeResultSchema = eventOutcomeSchema
  .extend({
    line: z.int().min(1),
    events: z
      .array(eventOutcomeSchema)
      .optional()
      .openapi({ description: 'Where one line held several events; the outcome is the worst of theirs' }),
  })
  .openapi('ChangeResult');

/** Query of POST /v1/changes. */
export const changesQuerySchema = z.strictObject({
  format: z.string().max(64).default('braid').openapi({ description: 'Format of the events' }),
  allowMassDelete: z
    .enum(['true', 'false'])
    .default('false')
    .openapi({ description: 'Let more than 20 % of the documents go at once' }),
});
