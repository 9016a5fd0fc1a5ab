import type { Scope } from '../domain/scope.ts';
import type { Role } from './roles.ts';

/** Who a request is from, as its credential says. */
export interface Identity {
  readonly kind: 'key' | 'token';
  /** The key's id, or the token's `sub`: for limits and the audit log, never a secret. */
  readonly subject: string;
  readonly roles: readonly Role[];
  /** The tenant and the principals: all that is read for this request is read under it. */
  readonly scope: Scope;
}

/** Turns the credential of a request into an identity. */
export interface Authenticator {
  /**
   * @param credential an API key or a JWT, as it stands behind `Bearer `; undefined where the request has none
   * @throws {BraidError} `unauthenticated` for a credential that is missing or does not hold, whatever is wrong with it
   * @throws {BraidError} `forbidden` for one that holds and lacks a tenant or principals
   * @throws {EngineUnavailable} where keys cannot be read: nobody is let in then
   */
  authenticate(credential: string | undefined): Promise<Identity>;
}
