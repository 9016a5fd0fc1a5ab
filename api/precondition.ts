import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { InvalidInput } from '../domain/errors.ts';
import type { WriteOptions } from '../pipeline.ts';
import type { Environment } from './environment.ts';

/** The headers that make a write conditional. */
export const preconditionHeaders = {
  'If-Match': z
    .string()
    .regex(/^"\d{1,80}"$/)
    .optional()
    .openapi({ description: 'The version that must be stored, quoted: the ETag of a read', example: '"3"' }),
  'If-None-Match': z
    .literal('*')
    .optional()
    .openapi({ description: 'Write only where there is no such document' }),
};

/** The entity tag of a document's version. */
export function etagOf(version: string): string {
  return `"${version}"`;
}

/**
 * What the request's headers demand of the stored version.
 * @throws {InvalidInput} for a demand that cannot be met as it is written: none is ignored
 */
export function preconditionOf(context: Context<Environment>): Pick<WriteOptions, 'ifVersion'> {
  const match = context.req.header('if-match');
  const noneMatch = context.req.header('if-none-match');
  if (match !== undefined && noneMatch !== undefined) {
    throw new InvalidInput('If-Match', 'Expected either If-Match or If-None-Match, got both');
  }
  if (noneMatch !== undefined) {
    if (noneMatch !== '*') {
      throw new InvalidInput('If-None-Match', 'Expected If-None-Match to be *, got something else');
    }
    return { ifVersion: null };
  }
  if (match === undefined) return {};
  const version = /^"(\d{1,80})"$/.exec(match)?.[1];
  if (version === undefined) {
    throw new InvalidInput('If-Match', 'Expected If-Match to be one version in double quotes, such as "3"');
  }
  return { ifVersion: BigInt(version) };
}
