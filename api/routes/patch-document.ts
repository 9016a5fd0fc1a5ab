import { checkAccess } from '../../domain/access.ts';
import { checkMetadata } from '../../domain/document.ts';
import { checkExpiry } from '../../domain/expiry.ts';
import { documentIdOf, documentIdParams } from '../document-id.ts';
import { defineEndpoint } from '../endpoint.ts';
import { preconditionHeaders } from '../precondition.ts';
import { documentPatchSchema, writeQuerySchema } from '../schemas/document.ts';
import { requestLimits } from '../schemas/limits.ts';
import { writeDocument, writeProblems, writeResponses } from './write-document.ts';

/** PATCH /v1/documents/{documentId} */
export const patchDocument = defineEndpoint({
  method: 'patch',
  path: '/v1/documents/{documentId}',
  operationId: 'patchDocument',
  tag: 'Documents',
  summary: 'Replace the metadata, the access list or the expiry of a document; nothing is embedded',
  description: 'A patch of a document that has not come yet is kept until it comes.',
  params: documentIdParams,
  headers: preconditionHeaders,
  query: writeQuerySchema,
  body: {
    schema: documentPatchSchema,
    maxBytes: (maxBodyBytes) => Math.min(maxBodyBytes, requestLimits.smallBodyBytes),
  },
  responses: writeResponses,
  problems: writeProblems,
  async handle(call) {
    const { version, ...parts } = call.body;
    if (parts.metadata !== undefined) checkMetadata(parts.metadata);
    if (parts.access !== undefined) checkAccess(parts.access);
    if (typeof parts.expiresAt === 'string') checkExpiry(parts.expiresAt);
    return writeDocument(
      call,
      {
        operation: 'patch',
        documentId: documentIdOf(call.context),
        ...parts,
        ...(version !== undefined && { version: BigInt(version) }),
      },
      call.query.wait,
    );
  },
});
