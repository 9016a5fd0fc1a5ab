import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BraidError, InvalidInput, NotFound } from '../domain/errors.ts';
import { checkTenantId } from '../domain/tenant.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import { checkPrincipals } from './principals.ts';
import { checkRoles, type Role } from './roles.ts';

/** An API key as it may be shown: nothing in it lets anyone in. */
export interface ApiKey {
  readonly keyId: string;
  readonly tenantId: string;
  readonly principals: readonly string[];
  readonly roles: readonly Role[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

export interface ApiKeyRequest {
  readonly tenantId: string;
  readonly roles: readonly string[];
  /** @default none: the key reads what is for the whole tenant */
  readonly principals?: readonly string[];
  /** ISO 8601; the key ends then. @default never */
  readonly expiresAt?: string;
}

/** Makes, checks and ends API keys; what is stored of a secret is its hash. */
export interface ApiKeys {
  /** Returns the whole key, this once. @throws {InvalidInput} */
  create(request: ApiKeyRequest): Promise<{ readonly key: string; readonly stored: ApiKey }>;
  /** By keyId; `tenantId` leaves out those of other tenants. */
  list(tenantId?: string): Promise<ApiKey[]>;
  /** In force at once in this process and within `cacheMs` in others. @throws {NotFound} */
  revoke(keyId: string): Promise<ApiKey>;
  /** @throws {BraidError} `unauthenticated`, whatever is wrong with the key */
  verify(key: string): Promise<ApiKey>;
  /** Removes all keys of a tenant and returns how many. */
  removeOf(tenantId: string): Promise<number>;
}

interface StoredKey extends ApiKey {
  /** SHA-256 of the secret, base64url. The secret has 256 random bits, so that no slow hash is needed. */
  readonly secretHash: string;
}

const collection = 'api-keys';
const pattern = /^braid_([a-z0-9]{16})_([A-Za-z0-9_-]{43})$/;
const pageSize = 500;
const maxCached = 10_000;

/** How long a key that was read is not read again: a revocation elsewhere is in force after it. */
const cacheMs = 500;

/** True for what looks like an API key, and so is not a JWT. */
export function looksLikeApiKey(credential: string): boolean {
  return credential.startsWith('braid_');
}

/** Keeps keys in the state store, as the installation's own. */
export function createApiKeys(state: StateStore, now: () => number = Date.now): ApiKeys {
  const cache = new Map<
    string,
    { readonly readAt: number; readonly stored: Promise<StoredKey | undefined> }
  >();

  const read = (keyId: string): Promise<StoredKey | undefined> => {
    const held = cache.get(keyId);
    if (held !== undefined && Math.abs(now() - held.readAt) < cacheMs) return held.stored;
    const stored = state
      .get('system', collection, keyId)
      .then((entry) => entry?.value as StoredKey | undefined);
    // Guessed ids must not push out the keys that are in use, nor fill the memory.
    cache.delete(keyId);
    if (cache.size >= maxCached) cache.delete(cache.keys().next().value!);
    cache.set(keyId, { readAt: now(), stored });
    stored.then(
      (key) => key === undefined && cache.delete(keyId),
      () => cache.delete(keyId),
    );
    return stored;
  };

  const listStored = async (): Promise<StoredKey[]> => {
    const keys: StoredKey[] = [];
    for (let after: string | undefined; ; after = keys.at(-1)!.keyId) {
      const page = await state.list('system', collection, {
        limit: pageSize,
        ...(after !== undefined && { after }),
      });
      keys.push(...page.map(({ value }) => value as StoredKey));
      if (page.length < pageSize) return keys;
    }
  };

  return {
    async create({ tenantId, roles, principals = [], expiresAt }) {
      const secret = randomBytes(32).toString('base64url');
      const stored: StoredKey = {
        keyId: randomBytes(8).toString('hex'),
        tenantId: checkTenantId(tenantId),
        principals: checkPrincipals(principals),
        roles: checkRoles(roles),
        createdAt: new Date(now()).toISOString(),
        ...(expiresAt !== undefined && { expiresAt: checkExpiry(expiresAt, now()) }),
        secretHash: hashOf(secret).toString('base64url'),
      };
      await state.put('system', collection, stored.keyId, stored, null);
      return { key: `braid_${stored.keyId}_${secret}`, stored: withoutHash(stored) };
    },

    async list(tenantId) {
      const keys = await listStored();
      return keys.filter((key) => tenantId === undefined || key.tenantId === tenantId).map(withoutHash);
    },

    async revoke(keyId) {
      const entry = await state.get('system', collection, keyId);
      if (entry === undefined) throw new NotFound(`There is no key ${JSON.stringify(keyId)}`);
      const key = entry.value as StoredKey;
      const revoked: StoredKey = { ...key, revokedAt: key.revokedAt ?? new Date(now()).toISOString() };
      await state.put('system', collection, keyId, revoked, entry.revision);
      cache.delete(keyId);
      return withoutHash(revoked);
    },

    async verify(key) {
      const [, keyId = '', secret = ''] = pattern.exec(key) ?? [];
      const stored = keyId === '' ? undefined : await read(keyId);
      // Compared in constant time, and against something where there is no such key.
      const expected = stored === undefined ? hashOf('') : Buffer.from(stored.secretHash, 'base64url');
      const isSame = timingSafeEqual(hashOf(secret), expected);
      const isEnded =
        stored?.revokedAt !== undefined ||
        (stored?.expiresAt !== undefined && !(Date.parse(stored.expiresAt) > now()));
      if (stored === undefined || !isSame || isEnded) {
        throw new BraidError('unauthenticated', 'Expected a credential that is valid');
      }
      return withoutHash(stored);
    },

    async removeOf(tenantId) {
      const keys = (await listStored()).filter((key) => key.tenantId === tenantId);
      for (const { keyId } of keys) {
        await state.remove('system', collection, keyId);
        cache.delete(keyId);
      }
      return keys.length;
    },
  };
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function withoutHash({ secretHash: _, ...key }: StoredKey): ApiKey {
  return key;
}

function checkExpiry(expiresAt: string, now: number): string {
  const time = Date.parse(expiresAt);
  if (Number.isNaN(time) || time <= now) {
    throw new InvalidInput(
      'expiresAt',
      `Expected expiresAt to be a date and time to come (ISO 8601), got ${JSON.stringify(expiresAt)}`,
    );
  }
  return new Date(time).toISOString();
}
