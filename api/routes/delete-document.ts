import { documentIdOf, documentIdParams } from '../document-id.ts';
import { defineEndpoint } from '../endpoint.ts';
import { preconditionHeaders } from '../precondition.ts';
import { deleteQuerySchema } from '../schemas/document.ts';
import { writeDocument, writeProblems, writeResponses } from './write-document.ts';

/** DELETE /v1/documents/{documentId} */
export const deleteDocument = defineEndpoint({
  method: 'delete',
  path: '/v1/documents/{documentId}',
  operationId: 'deleteDocument',
  tag: 'Documents',
  summary: 'Delete a document; a late older write does not bring it back',
  params: documentIdParams,
  headers: preconditionHeaders,
  query: deleteQuerySchema,
  responses: writeResponses,
  problems: writeProblems,
  async handle(call) {
    const { wait, version, source } = call.query;
    return writeDocument(
      call,
      {
        operation: 'delete',
        documentId: documentIdOf(call.context),
        ...(source !== undefined && { source }),
        ...(version !== undefined && { version: BigInt(version) }),
      },
      wait,
    );
  },
});
