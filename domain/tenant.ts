import { InvalidInput } from './errors.ts';

/** What a tenant id looks like. */
export const tenantIdPattern = /^[a-z0-9_-]{1,64}$/;

/**
 * Returns `tenantId` when it is 1 to 64 characters of `[a-z0-9_-]`.
 * @throws {InvalidInput} otherwise
 */
export function checkTenantId(tenantId: string, field = 'tenantId'): string {
  if (typeof tenantId !== 'string' || !tenantIdPattern.test(tenantId)) {
    throw new InvalidInput(
      field,
      `Expected ${field} to be 1 to 64 characters of a-z, 0-9, "_" and "-", got ${JSON.stringify(tenantId)}`,
    );
  }
  return tenantId;
}
