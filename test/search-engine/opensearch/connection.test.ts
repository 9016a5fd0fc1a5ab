import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EngineMismatch, EngineUnavailable } from '../../../domain/errors.ts';
import { connect } from '../../../search-engine/opensearch/connection.ts';
import { createOpenSearchEngine } from '../../../search-engine/opensearch/create-opensearch-engine.ts';
import { Rejection, TransientFailure } from '../../../search-engine/opensearch/failure.ts';
import { optionsOf } from './opensearch-subject.ts';

type Answer = { status?: number; body?: object } | 'never';

let server: Server | undefined;

/** A server that answers each request with the next of these, the last one for ever. */
async function serve(...answers: Answer[]): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  server = createServer((request, response) => {
    requests.push(request);
    const answer = answers[Math.min(requests.length, answers.length) - 1]!;
    request.resume();
    if (answer === 'never') return;
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body ?? {}));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Expected a port');
  return { url: `http://127.0.0.1:${address.port}`, requests };
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  vi.unstubAllEnvs();
});

describe('connect', () => {
  it('sends the user name and password, and leaves them out of messages', async () => {
    const { url, requests } = await serve({ status: 401, body: { error: { reason: 'no' } } });
    const connection = connect({ url, username: 'braid', password: 'pa:ß' });
    const failure = await connection.request({ method: 'GET', path: '/' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EngineUnavailable);
    expect((failure as Error).message).toMatch(/refuses the credentials/);
    expect((failure as Error).message).not.toMatch(/pa:/);
    const sent = requests[0]!.headers.authorization!;
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe('braid:pa:ß');
    await connection.close();
  });

  it('takes the credentials of the address, and shows the address without them', async () => {
    const { url, requests } = await serve({});
    const connection = connect({ url: url.replace('//', '//us%40er:se%2Fcret@') });
    await connection.request({ method: 'GET', path: '/' });
    expect(connection.url).toBe(url);
    const sent = requests[0]!.headers.authorization!;
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe('us@er:se/cret');
    await connection.close();
  });

  it('asks for whole searches, and takes no reply for whole in which a shard is missing', async () => {
    const missing = { type: 'no_shard_available_action_exception', reason: 'no shard' };
    const partial = {
      body: {
        docs: [
          { _id: 'a', found: true },
          { _id: 'b', error: missing },
        ],
      },
    };
    const whole = {
      docs: [
        { _id: 'a', found: true },
        { _id: 'b', found: false },
      ],
    };
    const { url, requests } = await serve({}, partial, { body: whole });
    const connection = connect({ url });
    await connection.request({ method: 'POST', path: '/x/_search', body: { size: 1 } });
    expect(requests[0]!.url).toBe('/x/_search?allow_partial_search_results=false');
    const read = { method: 'POST' as const, path: '/x/_mget', body: { docs: [{ _id: 'a' }, { _id: 'b' }] } };
    expect(await connection.request(read)).toEqual(whole);
    expect(requests).toHaveLength(3);
    await connection.close();
  });

  it('signs for Amazon OpenSearch Service with the credentials of the default chain', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const { url, requests } = await serve({});
    const connection = connect({ url, sigv4: { region: 'eu-central-1', service: 'es' } });
    await connection.request({ method: 'POST', path: '/x/_search', body: { size: 1 } });
    expect(requests[0]!.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/es\/aws4_request, SignedHeaders=/,
    );
    await connection.close();
  });

  it('sends again what was refused for a moment', async () => {
    const { url, requests } = await serve({ status: 429 }, { status: 503 }, { body: { ok: true } });
    const connection = connect({ url });
    expect(await connection.request({ method: 'GET', path: '/' })).toEqual({ ok: true });
    expect(requests).toHaveLength(3);
    await connection.close();
  });

  it('does not send again what is refused for good', async () => {
    const { url, requests } = await serve({ status: 400, body: { error: { type: 't', reason: 'r' } } });
    const connection = connect({ url });
    await expect(connection.request({ method: 'GET', path: '/' })).rejects.toThrow(Rejection);
    expect(requests).toHaveLength(1);
    await connection.close();
  });

  it('names the address when nothing answers there', async () => {
    const { url } = await serve({});
    await new Promise((resolve) => server!.close(resolve));
    const connection = connect({ url });
    const failure = await connection.request({ method: 'GET', path: '/' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientFailure);
    expect((failure as Error).message).toMatch(`Cannot reach OpenSearch at ${url}: connect ECONNREFUSED`);
    await connection.close();
  });

  it('ends a request when its signal is aborted, with the reason of the signal', async () => {
    const { url, requests } = await serve('never');
    const connection = connect({ url });
    const controller = new AbortController();
    const sent = connection.request({ method: 'GET', path: '/', signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(sent).rejects.toThrow('enough');
    await expect(connection.request({ method: 'GET', path: '/', signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    expect(requests).toHaveLength(1);
    await connection.close();
  });

  it('keeps its connections alive', async () => {
    const { url, requests } = await serve({});
    const connection = connect({ url });
    for (let at = 0; at < 3; at += 1) await connection.request({ method: 'GET', path: '/' });
    expect(new Set(requests.map(({ socket }) => socket.remotePort)).size).toBe(1);
    await connection.close();
  });

  it('says which certificate file cannot be read', () => {
    expect(() => connect({ url: 'https://127.0.0.1:1', caFile: '/no/such/ca.pem' })).toThrow(
      'Cannot read the certificates in /no/such/ca.pem',
    );
  });
});

describe('createOpenSearchEngine', () => {
  it.each([
    ['opensearch', '3.4.0', /it is opensearch 3\.4\.0, expected OpenSearch 3\.5 or newer/],
    [undefined, '9.1.0', /not OpenSearch/],
  ])('refuses a server that is %s %s', async (distribution, number, message) => {
    const { url } = await serve({ body: { version: { distribution, number } } });
    const opened = createOpenSearchEngine(optionsOf(url, 'x'));
    await expect(opened).rejects.toThrow(EngineMismatch);
    await expect(opened).rejects.toThrow(message);
  });

  it('refuses Amazon OpenSearch Serverless before it sends anything', async () => {
    await expect(
      createOpenSearchEngine(optionsOf('https://x.us-east-1.aoss.amazonaws.com', 'x')),
    ).rejects.toThrow(/Serverless/);
  });
});
