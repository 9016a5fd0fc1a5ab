import { z } from '@hono/zod-openapi';
import { withinDeadline } from '../deadline.ts';
import { documentIdOf, documentIdParams } from '../document-id.ts';
import { defineEndpoint } from '../endpoint.ts';
import { etagOf } from '../precondition.ts';
import { documentQuerySchema, documentReplySchema } from '../schemas/document.ts';
import { documentReply } from './document-reply.ts';

/** GET /v1/documents/{documentId} */
export const getDocument = defineEndpoint({
  method: 'get',
  path: '/v1/documents/{documentId}',
  operationId: 'getDocument',
  tag: 'Documents',
  summary: 'Read what is stored of a document, and its chunks on demand',
  params: documentIdParams,
  query: documentQuerySchema,
  responses: {
    200: {
      description: 'The document; the ETag is its version',
      headers: z.object({ ETag: z.string() }),
      content: { 'application/json': { schema: documentReplySchema } },
    },
  },
  problems: ['not_found'],
  async handle({ context, options, scope, query }) {
    const documentId = documentIdOf(context);
    const { record, chunks } = await withinDeadline(context, options.server.timeoutMs, () =>
      options.pipeline.document(scope, documentId),
    );
    const reply = documentReply(record);
    const included =
      query.include === 'chunks'
        ? { included: { chunks: chunks.map(({ documentId: _documentId, ...chunk }) => chunk) } }
        : {};
    return context.json({ ...reply, ...included }, 200, { ETag: etagOf(reply.version) });
  },
});
