import { checkDocumentId } from '../../domain/document.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { withinDeadline } from '../deadline.ts';
import { defineEndpoint } from '../endpoint.ts';
import { documentsQuerySchema, documentsReplySchema } from '../schemas/document.ts';
import { documentReply } from './document-reply.ts';

const defaultLimit = 100;

/** GET /v1/documents */
export const listDocuments = defineEndpoint({
  method: 'get',
  path: '/v1/documents',
  operationId: 'listDocuments',
  tag: 'Documents',
  summary: 'List the documents that may be read, by documentId (bytes of UTF-8)',
  query: documentsQuerySchema,
  responses: {
    200: { description: 'One page', content: { 'application/json': { schema: documentsReplySchema } } },
  },
  problems: [],
  async handle({ context, options, scope, query }) {
    const page = {
      limit: query.limit ?? defaultLimit,
      deleted: false,
      ...(query.cursor !== undefined && { after: decodeCursor(query.cursor) }),
    };
    const { records, next } = await withinDeadline(context, options.server.timeoutMs, () =>
      options.pipeline.documents(scope, page),
    );
    return context.json({
      documents: records.map(documentReply),
      ...(next !== undefined && { cursor: encodeCursor(next) }),
    });
  },
});

/** Opaque, so that how the list is continued may change. */
function encodeCursor(documentId: string): string {
  return Buffer.from(documentId).toString('base64url');
}

function decodeCursor(cursor: string): string {
  const documentId = Buffer.from(cursor, 'base64url').toString();
  if (encodeCursor(documentId) !== cursor) {
    throw new InvalidInput('cursor', 'Expected cursor to be one of a previous page');
  }
  return checkDocumentId(documentId, 'cursor');
}
