import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { TokenSettings } from '../../domain/token-settings.ts';

const issuerName = 'https://issuer.test';
const audience = 'braid';

/** An issuer of tokens for tests: its keys over HTTP, counting how often they are fetched. */
export interface TokenIssuer {
  readonly options: TokenSettings;
  readonly publicKey: JWK;
  /** How often the keys were fetched. */
  fetches(): number;
  /** A token that holds, with these claims over the usual ones; undefined takes one out. */
  sign(claims?: JWTPayload, change?: TokenChange): Promise<string>;
  close(): Promise<void>;
}

export interface TokenChange {
  readonly keyId?: string;
  readonly algorithm?: string;
  readonly key?: Parameters<SignJWT['sign']>[0];
}

export const goodClaims = {
  sub: 'anna',
  iss: issuerName,
  aud: audience,
  tenant: 'left',
  groups: ['staff'],
  roles: ['search', 'answer'],
};

/** Starts an issuer on a free port of loopback. */
export async function startIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  let fetches = 0;
  const server: Server = createServer((_, response) => {
    fetches += 1;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    options: {
      jwksUri: `http://127.0.0.1:${port}/keys`,
      issuer: issuerName,
      audience,
      algorithms: ['RS256'],
      clockToleranceSeconds: 5,
      claims: {
        tenant: 'tenant',
        principals: [
          { claim: 'sub', prefix: 'user:' },
          { claim: 'groups', prefix: 'group:' },
        ],
        roles: 'roles',
      },
    },
    publicKey: jwk,
    fetches: () => fetches,
    sign(claims = {}, { keyId = 'k1', algorithm = 'RS256', key = privateKey } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const payload: JWTPayload = { iat: now, exp: now + 600, ...goodClaims, ...claims };
      return new SignJWT(payload).setProtectedHeader({ alg: algorithm, kid: keyId }).sign(key);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
