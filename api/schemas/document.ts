import { z } from '@hono/zod-openapi';
import { documentLimits } from '../../domain/document.ts';
import {
  accessSchema,
  expirySchema,
  hiddenTextFlagSchema,
  linksSchema,
  metadataSchema,
  sourceSchema,
  versionSchema,
} from './document-parts.ts';
import { requestLimits } from './limits.ts';
import { chunkSchema } from './search-response.ts';

/** The body of PUT /v1/documents/{documentId}. */
export const documentBodySchema = z
  .strictObject({
    content: z
      .union([z.string(), z.strictObject({ base64: z.string() })], { error: 'text or { base64 }' })
      .openapi({ description: 'Text, or any bytes in base64', example: '# Fusion\n\nTwo legs, one list.' }),
    mediaType: z
      .string()
      .max(256)
      .optional()
      .openapi({ description: 'A claim; the content decides', example: 'text/markdown' }),
    title: z.string().max(documentLimits.titleBytes).optional(),
    uri: z.string().max(documentLimits.uriBytes).optional(),
    source: sourceSchema.optional().openapi({ default: 'api' }),
    version: versionSchema
      .optional()
      .openapi({ description: 'The highest wins, in whatever order they come. Default: the stored one + 1' }),
    metadata: metadataSchema.optional(),
    access: accessSchema.optional(),
    expiresAt: expirySchema.optional(),
  })
  .openapi('DocumentBody');

/** The body of PATCH /v1/documents/{documentId}. */
export const documentPatchSchema = z
  .strictObject({
    source: sourceSchema.optional().openapi({ description: "Default: the stored document's" }),
    version: versionSchema.optional(),
    metadata: metadataSchema.optional(),
    access: accessSchema.optional(),
    expiresAt: expirySchema.nullable().optional().openapi({ description: 'null: never' }),
  })
  .refine(
    ({ metadata, access, expiresAt }) => [metadata, access, expiresAt].some((part) => part !== undefined),
    {
      error: 'an object with metadata, access or expiresAt',
    },
  )
  .openapi('DocumentPatch', { description: 'Each part that is given replaces the stored one whole' });

/** The query of writes. */
export const waitFields = {
  wait: z.enum(['stored', 'searchable']).optional().openapi({
    description:
      'Answer when the change is stored, or when searches find it, with 200; without it the answer is 202 with a job. A write that is waited for has no deadline but those of its own stages',
  }),
};

/** The query of PUT and PATCH. */
export const writeQuerySchema = z.strictObject(waitFields);

/** The query of DELETE. */
export const deleteQuerySchema = z.strictObject({
  ...waitFields,
  version: versionSchema.optional(),
  source: sourceSchema.optional(),
});

/** The query of GET /v1/documents/{documentId}. */
export const documentQuerySchema = z.strictObject({ include: z.enum(['chunks']).optional() });

/** The query of GET /v1/documents. */
export const documentsQuerySchema = z.strictObject({
  limit: z
    .preprocess(
      (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
      z.int().min(1).max(requestLimits.listedDocuments).openapi({ default: 100 }),
    )
    .optional(),
  cursor: z.string().min(1).max(requestLimits.listCursorCharacters).optional(),
});

/** A document as readers see it. */
export const documentSchema = z
  .object({
    documentId: z.string(),
    version: versionSchema,
    source: z.string(),
    title: z.string().optional(),
    uri: z.string().optional(),
    mediaType: z.string(),
    contentHash: z.string().openapi({ description: 'SHA-256, hex, of the content as received' }),
    bytes: z.int().min(0),
    metadata: metadataSchema,
    links: linksSchema.optional(),
    flags: z
      .array(hiddenTextFlagSchema)
      .optional()
      .openapi({ description: 'What parsing took out of it, since no reader sees it' }),
    access: accessSchema.optional(),
    expiresAt: z.iso.datetime().optional(),
    chunks: z.int().min(0).openapi({ description: 'How many there are' }),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Document');

/** The reply of GET /v1/documents/{documentId}. */
export const documentReplySchema = documentSchema
  .extend({
    included: z
      .object({ chunks: z.array(chunkSchema) })
      .optional()
      .openapi({ description: 'With `include=chunks`' }),
  })
  .openapi('DocumentReply');

/** The reply of GET /v1/documents. */
export const documentsReplySchema = z
  .object({
    documents: z.array(documentSchema),
    cursor: z.string().optional().openapi({ description: 'Absent on the last page' }),
  })
  .openapi('DocumentList');

/** What one write did. */
export const writeResultSchema = z
  .object({
    documentId: z.string(),
    outcome: z.enum(['indexed', 'updated', 'deleted', 'unchanged', 'stale', 'parked']),
    version: versionSchema,
    chunks: z.int().min(0),
    embedded: z.int().min(0),
    truncated: z.int().min(0),
    breakpointTexts: z.int().min(0),
    conflicting: z.boolean(),
    omissions: z
      .array(z.object({ reason: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'What the document was indexed without, such as pages that are pictures' }),
    attachments: z
      .array(
        z.object({
          documentId: z.string(),
          name: z.string(),
          outcome: z.enum(['indexed', 'updated', 'deleted', 'unchanged', 'stale', 'parked', 'refused']),
          reason: z.string().optional(),
          message: z.string().optional(),
          chunks: z.int().min(0),
          embedded: z.int().min(0),
          truncated: z.int().min(0),
          breakpointTexts: z.int().min(0),
        }),
      )
      .optional()
      .openapi({ description: 'Of a mail: what became of each attachment, a document of its own' }),
  })
  .openapi('WriteResult');

/** A write that was taken and is applied later, across restarts. */
export const jobSchema = z
  .object({
    jobId: z.string(),
    state: z.enum(['queued', 'running', 'done', 'failed']),
    operation: z.enum(['upsert', 'patch', 'delete']),
    documentId: z.string(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().optional(),
    result: writeResultSchema.optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .openapi('Job');
