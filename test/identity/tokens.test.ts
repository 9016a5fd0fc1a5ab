import { randomInt } from 'node:crypto';
import { type JWTPayload, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BraidError } from '../../domain/errors.ts';
import { createTokenVerifier, type TokenVerifier } from '../../identity/tokens.ts';
import { goodClaims, startIssuer, type TokenIssuer } from './token-issuer.ts';

const flips = 10_000;

describe('createTokenVerifier', () => {
  let issuer: TokenIssuer;
  let other: TokenIssuer;
  let verifier: TokenVerifier;

  beforeAll(async () => {
    issuer = await startIssuer();
    other = await startIssuer();
    verifier = await createTokenVerifier(issuer.options);
  });
  afterAll(async () => {
    await issuer.close();
    await other.close();
  });

  const codeOf = async (token: string): Promise<string> => {
    try {
      await verifier.verify(token);
      return 'accepted';
    } catch (error) {
      return error instanceof BraidError ? error.code : `not a BraidError: ${error}`;
    }
  };

  it('takes the bearer from the claims that the configuration names', async () => {
    expect(await verifier.verify(await issuer.sign())).toEqual({
      subject: 'anna',
      tenantId: 'left',
      principals: ['user:anna', 'group:staff'],
      roles: ['search', 'answer'],
    });
  });

  it('takes roles from a text with spaces and leaves out those that do not exist', async () => {
    const { roles } = await verifier.verify(await issuer.sign({ roles: 'openid search root search' }));
    expect(roles).toEqual(['search']);
    const without = await verifier.verify(await issuer.sign({ roles: { search: true } }));
    expect(without.roles).toEqual([]);
  });

  it.each([
    ['of another issuer', { iss: 'https://other.test' }],
    ['for another audience', { aud: 'other' }],
    ['for no audience', { aud: undefined }],
    ['that has expired', { exp: Math.floor(Date.now() / 1000) - 10 }],
    ['that never expires', { exp: undefined }],
    ['that is not valid yet', { nbf: Math.floor(Date.now() / 1000) + 60 }],
    ['of nobody', { sub: undefined }],
  ])('refuses a token %s', async (_, claims) => {
    expect(await codeOf(await issuer.sign(claims as JWTPayload))).toBe('unauthenticated');
  });

  it('allows for clocks that differ by the tolerance', async () => {
    const justExpired = await issuer.sign({ exp: Math.floor(Date.now() / 1000) - 2 });
    expect(await codeOf(justExpired)).toBe('accepted');
  });

  it('refuses other algorithms: none, and HMAC with the public key as its secret', async () => {
    const none = new UnsecuredJWT({ ...goodClaims }).setExpirationTime('10m').encode();
    expect(await codeOf(none)).toBe('unauthenticated');
    const secret = Buffer.from(JSON.stringify(issuer.publicKey));
    for (const key of [
      secret,
      Buffer.from(issuer.publicKey.n!, 'base64url'),
      Buffer.from(issuer.publicKey.n!),
    ]) {
      expect(await codeOf(await issuer.sign({}, { algorithm: 'HS256', key }))).toBe('unauthenticated');
    }
  });

  it('refuses a token signed with another key under the same key id', async () => {
    expect(await codeOf(await other.sign())).toBe('unauthenticated');
  });

  it('fetches the keys no more than once while unknown key ids keep coming', async () => {
    const fresh = await createTokenVerifier(issuer.options);
    const before = issuer.fetches();
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, at) => issuer.sign({}, { keyId: `unknown-${at}` })),
    );
    for (const token of tokens) {
      await expect(fresh.verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    expect(issuer.fetches() - before).toBe(1);
  });

  it(`accepts none of ${flips} single-bit flips of a token that holds`, async () => {
    const token = await issuer.sign();
    const bytes = Buffer.from(token, 'latin1');
    let accepted = 0;
    for (let at = 0; at < flips; at += 1) {
      const flipped = Buffer.from(bytes);
      // Each of the last 700 bits once, since a text's spare bits are at its end; the others at random.
      const bit = at < 700 ? bytes.length * 8 - 1 - at : randomInt(bytes.length * 8);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      if ((await codeOf(flipped.toString('latin1'))) === 'accepted') accepted += 1;
    }
    expect(accepted).toBe(0);
  }, 60_000);

  it.each([
    ['no tenant', { tenant: undefined }],
    ['an empty tenant', { tenant: '' }],
    ['a malformed tenant', { tenant: '../left' }],
    ['a list of tenants', { tenant: ['left'] }],
    ['no groups', { groups: undefined }],
    ['an empty list of groups', { groups: [] }],
    ['an empty group', { groups: ['staff', ''] }],
    ['a group that is no text', { groups: ['staff', 7] }],
    ['null for groups', { groups: null }],
  ])('forbids a valid token with %s', async (_, claims) => {
    expect(await codeOf(await issuer.sign(claims as JWTPayload))).toBe('forbidden');
  });

  it('says that tokens cannot be checked where the keys cannot be fetched', async () => {
    const away = await startIssuer();
    const cut = await createTokenVerifier(away.options);
    const token = await away.sign();
    await away.close();
    await expect(cut.verify(token)).rejects.toMatchObject({ code: 'authentication_unavailable' });
  });

  it('refuses a key file that is none', async () => {
    const { jwksUri: _, ...rest } = issuer.options;
    await expect(createTokenVerifier({ ...rest, jwksFile: '/no/such/file' })).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
  });
});
