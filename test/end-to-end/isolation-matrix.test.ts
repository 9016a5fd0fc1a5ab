import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JWTPayload, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roleTable } from '../../api/role-table.ts';
import { goodClaims, startIssuer, type TokenIssuer } from '../identity/token-issuer.ts';
import { engines } from './engines.ts';
import { fillTenants, type GuardedBraid, isFull, markOf, openGuardedBraid, tell } from './isolation.ts';
import { removeIndices } from './remove-indices.ts';

const flips = isFull ? 10_000 : 500;

describe.each(engines())('who is let in, on $engine', ({ engine, url }) => {
  if (url === null) {
    it.skip('needs OpenSearch', () => {});
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'braid-matrix-'));
  const indexPrefix = `matrix-${process.pid}-${Date.now().toString(36)}`;
  let guarded: GuardedBraid;
  let issuer: TokenIssuer;

  beforeAll(async () => {
    issuer = await startIssuer();
    guarded = await openGuardedBraid(folder, {
      engine,
      authentication: { apiKeys: true, jwt: issuer.options },
      ...(url && { opensearch: { url, indexPrefix } }),
    });
    await fillTenants(guarded, ['left', 'right'], 3);
  }, 120_000);
  afterAll(async () => {
    await guarded?.close();
    await issuer?.close();
    rmSync(folder, { recursive: true, force: true });
    if (url) await removeIndices(url, indexPrefix);
  });

  /** What makes a request of each route that is served to whom it is open. */
  const bodies: Readonly<Record<string, unknown>> = {
    'POST /v1/search': { query: 'note' },
    'POST /v1/answer': { question: 'note' },
    'PUT /v1/documents/{documentId}': { content: 'x', source: 'isolation' },
    'PATCH /v1/documents/{documentId}': { metadata: {} },
    'POST /v1/changes': { operation: 'patch', source: 'x', documentId: 'x', version: '1', metadata: {} },
  };
  const request = async (route: string, headers: Readonly<Record<string, string>>) => {
    const [method = '', path = ''] = route.split(' ');
    const body = bodies[route];
    const reply = await guarded.api.request(
      path.replace('{documentId}', 'shared%2F0').replaceAll(/\{\w+\}/g, 'none'),
      {
        method,
        headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
    );
    return { status: reply.status, text: await reply.text() };
  };

  it('opens each route to the roles of the table, and to nobody else, for 11 kinds of caller', async () => {
    const key = (roles: readonly string[]) => guarded.keyOf('left', [], roles);
    const ended = await guarded.braid.apiKeys.create({
      tenantId: 'left',
      roles: ['search', 'answer', 'ingest'],
    });
    await guarded.braid.apiKeys.revoke(ended.stored.keyId);
    const callers: Record<string, readonly [string | undefined, readonly string[] | undefined]> = {
      nobody: [undefined, undefined],
      'a made-up key': [`braid_${'0'.repeat(16)}_${'A'.repeat(43)}`, undefined],
      'a revoked key': [ended.key, undefined],
      'a token of another issuer': [await issuer.sign({ iss: 'https://other.test' }), undefined],
      'a token without a role that exists': [await issuer.sign({ roles: ['root', 'Admin'] }), []],
      'a token of a searcher': [await issuer.sign({ roles: 'search' }), ['search']],
    };
    for (const roles of [
      ['search'],
      ['answer'],
      ['ingest'],
      ['admin'],
      ['search', 'answer', 'ingest', 'admin'],
    ]) {
      callers[roles.join('+')] = [await key(roles), roles];
    }
    const { paths } = JSON.parse((await request('GET /openapi.json', {})).text) as { paths: object };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const wrong: string[] = [];
    let tried = 0;
    for (const route of routes) {
      const requirement = roleTable[route];
      expect(requirement, route).toBeDefined();
      for (const [name, [credential, roles]] of Object.entries(callers)) {
        const headers = credential === undefined ? {} : { Authorization: `Bearer ${credential}` };
        const { status } = await request(route, headers);
        tried += 1;
        const isOpen =
          requirement === 'public' ||
          (roles !== undefined && requirement!.some((role) => roles.includes(role)));
        const wanted = isOpen
          ? status !== 401 && status !== 403 && status < 500
          : status === (roles ? 403 : 401);
        if (!wanted) wrong.push(`${route} ${name}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    tell(`T6 ${engine}: wrong decisions, ${routes.length} routes`, 0, tried);
  }, 120_000);

  it(`lets in no token that does not hold, of ${flips} with a changed bit and every known trick`, async () => {
    const seconds = Math.floor(Date.now() / 1_000);
    const secret = Buffer.from(JSON.stringify(issuer.publicKey));
    const bad: string[] = [
      new UnsecuredJWT({ ...goodClaims }).setExpirationTime('10m').encode(),
      `${new UnsecuredJWT({ ...goodClaims }).setExpirationTime('10m').encode()}x`,
      await issuer.sign({}, { algorithm: 'HS256', key: secret }),
      await issuer.sign({}, { algorithm: 'HS256', key: Buffer.from(issuer.publicKey.n!, 'base64url') }),
      await issuer.sign({}, { keyId: 'unknown' }),
      await issuer.sign({}, { keyId: '../k1' }),
      ...(await Promise.all(
        [
          { iss: 'https://other.test' },
          { aud: 'other' },
          { aud: undefined },
          { exp: seconds - 60 },
          { exp: undefined },
          { nbf: seconds + 600 },
          { sub: undefined },
        ].map((claims) => issuer.sign(claims as JWTPayload)),
      )),
    ];
    const good = await issuer.sign();
    expect((await request('GET /v1/documents', { Authorization: `Bearer ${good}` })).status).toBe(200);
    const bytes = Buffer.from(good, 'latin1');
    for (let at = 0; at < flips; at += 1) {
      const flipped = Buffer.from(bytes);
      const bit = randomInt(bytes.length * 8);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      bad.push(flipped.toString('latin1'));
    }
    const before = issuer.fetches();
    const startedAt = performance.now();
    let sent = 0;
    for (const token of bad) {
      // What no header may hold never arrives.
      if (!/^[\x21-\x7e]+$/.test(token)) continue;
      sent += 1;
      const { status } = await request('GET /v1/documents', { Authorization: `Bearer ${token}` });
      expect(status, token).toBe(401);
    }
    const cooldowns = Math.floor((performance.now() - startedAt) / 30_000);
    expect(issuer.fetches() - before).toBeLessThanOrEqual(1 + cooldowns);
    tell(`T7 ${engine}: tokens accepted`, 0, sent);
  }, 300_000);

  it('answers 403 to a valid token without tenant or principals, and to a header of another tenant', async () => {
    let tried = 0;
    for (const claims of [
      { tenant: undefined },
      { tenant: '' },
      { tenant: null },
      { tenant: 'Left' },
      { tenant: ['left'] },
      { groups: undefined },
      { groups: [] },
      { groups: [''] },
      { groups: null },
    ]) {
      const token = await issuer.sign(claims as object as JWTPayload);
      for (const route of ['POST /v1/search', 'GET /v1/documents', 'POST /v1/answer']) {
        const { status, text } = await request(route, { Authorization: `Bearer ${token}` });
        expect([status, text.includes(markOf('left'))], JSON.stringify(claims)).toEqual([403, false]);
        tried += 1;
      }
    }
    tell(`T3 ${engine}: read with a claim missing`, 0, tried);
    const token = await issuer.sign();
    for (const tenant of ['right', 'LEFT', 'left ', 'left,right', '', '*', 'l\u0435ft'.normalize('NFKD')]) {
      if (!/^[\x20-\x7e]*$/.test(tenant)) continue;
      const headers = { Authorization: `Bearer ${token}`, 'X-Braid-Tenant': tenant };
      const { status } = await request('GET /v1/documents', headers);
      expect(status, JSON.stringify(tenant)).toBe(tenant.trim() === 'left' ? 200 : 403);
    }
  }, 60_000);
});
