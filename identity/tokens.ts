import { readFile } from 'node:fs/promises';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { BraidError, InvalidConfiguration } from '../domain/errors.ts';
import { tenantIdPattern } from '../domain/tenant.ts';
import type { TokenSettings } from '../domain/token-settings.ts';
import { checkPrincipals } from './principals.ts';
import { isRole, type Role } from './roles.ts';

/** What a token says of its bearer. */
export interface TokenBearer {
  readonly subject: string;
  readonly tenantId: string;
  readonly principals: readonly string[];
  readonly roles: readonly Role[];
}

export interface TokenVerifier {
  /** @throws {BraidError} `unauthenticated`, or `forbidden` for a valid token without tenant or principals, or `authentication_unavailable` */
  verify(token: string): Promise<TokenBearer>;
}

/** An unknown key id fetches the keys again, at most this often. */
const keysCooldownMs = 30_000;
const keysMaxAgeMs = 600_000;
const keysTimeoutMs = 5_000;
const maxTokenBytes = 8_192;
const maxRoles = 1_000;

/**
 * Makes the verifier of JWTs.
 * @throws {InvalidConfiguration} for a key file that cannot be read
 */
export async function createTokenVerifier(options: TokenSettings): Promise<TokenVerifier> {
  const keys = options.jwksUri === undefined ? await fileKeys(options) : remoteKeys(options.jwksUri);
  return {
    async verify(token) {
      const payload = await verified(token, keys, options);
      return bearerOf(payload, options.claims);
    },
  };
}

type Keys = ReturnType<typeof createRemoteJWKSet> | ReturnType<typeof createLocalJWKSet>;

async function verified(token: string, keys: Keys, options: TokenSettings): Promise<JWTPayload> {
  try {
    if (Buffer.byteLength(token) > maxTokenBytes) throw new TypeError(`longer than ${maxTokenBytes} bytes`);
    if (!token.split('.').every(isCanonical)) throw new TypeError('not canonical base64url');
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [...options.algorithms],
      issuer: options.issuer,
      audience: options.audience,
      clockTolerance: options.clockToleranceSeconds,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (error) {
    if (isUnreachable(error)) {
      throw new BraidError(
        'authentication_unavailable',
        "Cannot check tokens: the issuer's keys cannot be fetched",
        {
          cause: error,
        },
      );
    }
    // Which check failed is for the log alone: a caller who forges tokens learns nothing.
    throw new BraidError('unauthenticated', 'Expected a credential that is valid', { cause: error });
  }
}

/** The last character of a part has bits that mean nothing: with others in them, one token would have many spellings. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

/** True where the keys could not be fetched, which is nothing that the bearer can mend. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout) return true;
  if (error instanceof errors.JOSEError) return error.code === 'ERR_JOSE_GENERIC';
  return error instanceof TypeError && error.message === 'fetch failed';
}

function remoteKeys(uri: string): Keys {
  return createRemoteJWKSet(new URL(uri), {
    cooldownDuration: keysCooldownMs,
    cacheMaxAge: keysMaxAgeMs,
    timeoutDuration: keysTimeoutMs,
  });
}

async function fileKeys({ jwksFile }: TokenSettings): Promise<Keys> {
  const setting = 'authentication.jwt.jwksFile';
  try {
    const set: JSONWebKeySet = JSON.parse(await readFile(jwksFile ?? '', 'utf8'));
    return createLocalJWKSet(set);
  } catch (error) {
    throw new InvalidConfiguration(setting, `Cannot read a JSON Web Key Set from ${jwksFile}`, {
      cause: error,
    });
  }
}

/** A claim that is missing, empty or of another form reads nothing. */
function bearerOf(payload: JWTPayload, claims: TokenSettings['claims']): TokenBearer {
  const tenantId = payload[claims.tenant];
  if (typeof tenantId !== 'string' || !tenantIdPattern.test(tenantId)) {
    throw forbidden(`Expected the token's claim ${claims.tenant} to be a tenant id`);
  }
  const principals = claims.principals.flatMap(({ claim, prefix }) =>
    textsOf(payload, claim).map((text) => `${prefix}${text}`),
  );
  return {
    subject: String(payload.sub),
    tenantId,
    principals: principalsOf(principals),
    roles: rolesOf(payload[claims.roles]),
  };
}

function textsOf(payload: JWTPayload, claim: string): string[] {
  const value = payload[claim];
  const texts: unknown[] = Array.isArray(value) ? value : [value];
  if (texts.length === 0 || !texts.every((text) => typeof text === 'string' && text !== '')) {
    throw forbidden(`Expected the token's claim ${claim} to be a text or a list of texts that are not empty`);
  }
  return texts as string[];
}

function principalsOf(principals: readonly string[]): string[] {
  try {
    return checkPrincipals(principals);
  } catch (error) {
    throw new BraidError('forbidden', "Expected the token's principals to be as access lists may have them", {
      cause: error,
    });
  }
}

/** An issuer's other roles mean nothing here, so that those that are unknown grant nothing. */
function rolesOf(value: unknown): Role[] {
  const names: unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return [...new Set(names.slice(0, maxRoles).filter(isRole))];
}

function forbidden(message: string): BraidError {
  return new BraidError('forbidden', message);
}
