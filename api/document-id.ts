import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { checkDocumentId, documentLimits } from '../domain/document.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Environment } from './environment.ts';

/** The path parameter of a document's routes. */
export const documentIdParams = z.object({
  documentId: z
    .string()
    .min(1)
    .max(documentLimits.documentIdBytes)
    .openapi({
      description: `Percent-encoded, \`/\` as \`%2F\`; 1 to ${documentLimits.documentIdBytes} bytes of UTF-8`,
      example: 'guides/fusion.md',
    }),
});

/**
 * The document id in the path, decoded exactly once. The router's own decoding keeps malformed sequences as they are, so
 * that two paths would mean one document.
 * @throws {InvalidInput} for malformed percent-encoding, or an id that is too long
 */
export function documentIdOf(context: Context<Environment>): string {
  const segment = new URL(context.req.url).pathname.split('/')[3] ?? '';
  let documentId: string;
  try {
    documentId = decodeURIComponent(segment);
  } catch (error) {
    throw new InvalidInput('documentId', 'Expected documentId to be percent-encoded UTF-8', { cause: error });
  }
  return checkDocumentId(documentId);
}
