import { BraidError } from '../domain/errors.ts';
import { type ApiKeys, looksLikeApiKey } from './api-keys.ts';
import type { Authenticator } from './identity.ts';
import type { ScopeMaker } from './scope.ts';
import type { TokenVerifier } from './tokens.ts';

/** Makes the one place where a credential becomes a scope. */
export function createAuthenticator(
  methods: { readonly apiKeys?: ApiKeys; readonly tokens?: TokenVerifier },
  scopes: Pick<ScopeMaker, 'reader'>,
): Authenticator {
  return {
    async authenticate(credential) {
      if (credential === undefined) {
        throw new BraidError(
          'unauthenticated',
          'Expected a credential: Authorization: Bearer KEY-OR-TOKEN, or X-API-Key',
        );
      }
      if (looksLikeApiKey(credential) && methods.apiKeys !== undefined) {
        const key = await methods.apiKeys.verify(credential);
        const { keyId: subject, roles, tenantId, principals } = key;
        return { kind: 'key', subject, roles, scope: scopes.reader(tenantId, principals) };
      }
      if (methods.tokens !== undefined) {
        const { subject, roles, tenantId, principals } = await methods.tokens.verify(credential);
        return { kind: 'token', subject, roles, scope: scopes.reader(tenantId, principals) };
      }
      throw new BraidError('unauthenticated', 'Expected a credential that is valid');
    },
  };
}
