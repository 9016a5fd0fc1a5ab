import { z } from '@hono/zod-openapi';
import { documentLimits } from '../../domain/document.ts';
import { requestLimits } from './limits.ts';

const metadataText = z.string().max(documentLimits.metadataStringBytes);

/** A metadata map; what JSON Schema cannot say of it (bytes, the number of keys) the domain checks. */
export const metadataSchema = z
  .record(
    z.string(),
    z.union(
      [metadataText, z.number(), z.boolean(), z.array(metadataText).max(documentLimits.metadataListItems)],
      { error: 'a string, a finite number, a boolean or a list of strings' },
    ),
  )
  .openapi('Metadata', {
    description: `At most ${documentLimits.metadataKeys} keys of 1 to ${documentLimits.metadataKeyBytes} bytes; strings of at most ${documentLimits.metadataStringBytes} bytes, lists of at most ${documentLimits.metadataListItems} strings`,
    example: { lang: 'en', year: 2024, tags: ['draft'] },
  });

const principals = z.array(z.string().min(1).max(512)).max(requestLimits.principals);

/** Who may read a document. */
export const accessSchema = z
  .strictObject({ allow: principals.optional(), deny: principals.optional() })
  .openapi('Access', {
    description: '`deny` wins; `allow: []` is no one; without `allow` the document is for the whole tenant',
    example: { allow: ['group:staff'] },
  });

/** When a document ends; the domain checks the calendar. */
export const expirySchema = z.string().max(40).openapi({
  format: 'date-time',
  description: 'From then on the document is neither found, counted nor shown. Default: never',
  example: '2027-01-31T12:00:00Z',
});

/** A version: compared as a number, written as a decimal string because JSON numbers lose digits above 2^53. */
export const versionSchema = z
  .string()
  .regex(/^\d{1,80}$/, { error: 'a whole number from 0 of at most 80 digits, as a decimal string' });

/** Names where a document comes from; a document belongs to one source, which alone may change it. */
export const sourceSchema = z.string().min(1).max(documentLimits.sourceBytes);

/** Where a document's links lead. */
export const linksSchema = z.array(z.string()).openapi({
  description:
    'Where the links of the document lead, at most 100; filters and facets find them as metadata `links`, unless it has a key of that name itself',
  example: ['https://example.com/fusion'],
});

/** What no reader of a document sees. */
export const hiddenTextFlagSchema = z.enum([
  'hidden_characters',
  'bidi_controls',
  'tag_characters',
  'html_comment',
  'hidden_text',
]);
