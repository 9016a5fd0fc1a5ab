import { randomBytes } from 'node:crypto';
import { createScopeMaker, type ScopeMaker } from '../../identity/scope.ts';

const strictPrefix = 'strict-';
const run = randomBytes(4).toString('hex');
let tenants = 0;

/** Makes the scopes of the contract suites; tenants of `freshStrictTenant` require access lists. */
export const scopes: ScopeMaker = createScopeMaker({
  accessRequired: (tenantId) => tenantId.startsWith(strictPrefix),
});

/** A tenant id that no other test uses. */
export function freshTenant(): string {
  tenants += 1;
  return `tenant-${run}-${tenants}`;
}

/** A tenant id that no other test uses, of a tenant with `accessControl: required`. */
export function freshStrictTenant(): string {
  return `${strictPrefix}${freshTenant()}`;
}
