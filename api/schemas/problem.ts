import { z } from '@hono/zod-openapi';

/** An error as RFC 9457 tells it. */
export const problemSchema = z
  .object({
    type: z.string().openapi({
      description: 'Stable: `urn:braid:problem:<code>`',
      example: 'urn:braid:problem:invalid_input',
    }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    requestId: z.string().optional(),
    field: z
      .string()
      .optional()
      .openapi({ description: 'Path of the offending value', example: 'dense.weight' }),
    reason: z.string().optional().openapi({ description: 'Why a document was refused' }),
    stored: z.string().nullable().optional().openapi({
      description: 'The stored version that If-Match or If-None-Match did not fit; null where there is none',
    }),
    owner: z.string().optional().openapi({ description: 'The source that the document belongs to' }),
  })
  .openapi('Problem');
