import { checkDocument, type Document } from '../../domain/document.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { documentIdOf, documentIdParams } from '../document-id.ts';
import { type Call, defineEndpoint } from '../endpoint.ts';
import { preconditionHeaders } from '../precondition.ts';
import { documentBodySchema, writeQuerySchema } from '../schemas/document.ts';
import { writeDocument, writeProblems, writeResponses } from './write-document.ts';

/** PUT /v1/documents/{documentId} */
export const putDocument = defineEndpoint({
  method: 'put',
  path: '/v1/documents/{documentId}',
  operationId: 'putDocument',
  tag: 'Documents',
  summary: 'Store a document, whole, in place of what is stored',
  params: documentIdParams,
  headers: preconditionHeaders,
  query: writeQuerySchema,
  body: { schema: documentBodySchema, maxBytes: (maxBodyBytes) => maxBodyBytes },
  responses: writeResponses,
  problems: writeProblems,
  async handle(call) {
    const document = documentOf(documentIdOf(call.context), call.body);
    return writeDocument(call, { operation: 'upsert', document }, call.query.wait);
  },
});

function documentOf(documentId: string, body: Call<typeof documentBodySchema>['body']): Document {
  const { content, version, source = 'api', ...parts } = body;
  const document: Document = {
    ...parts,
    documentId,
    source,
    content: typeof content === 'string' ? content : decodeBase64(content.base64),
    ...(version !== undefined && { version: BigInt(version) }),
  };
  checkDocument(document);
  return document;
}

/** Node skips what is not base64, so that damaged content would be stored as if it were whole. */
function decodeBase64(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) {
    throw new InvalidInput(
      'content.base64',
      'Expected content.base64 to be padded base64 (RFC 4648, section 4)',
    );
  }
  return bytes;
}
