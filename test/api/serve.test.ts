import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../api/serve.ts';
import { InvalidConfiguration } from '../../domain/errors.ts';
import type { Pipeline } from '../../pipeline.ts';
import { answerEvents, apiUnderTest, searchResponse } from './api-under-test.ts';

const servers: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function served(expected: Partial<Pipeline> = {}, closeTimeoutMs = 2_000): Promise<RunningServer> {
  const { api } = apiUnderTest(expected);
  const server = await startServer(api, { host: '127.0.0.1', port: 0, closeTimeoutMs });
  servers.push(server);
  return server;
}

function postSearch(url: string): Promise<Response> {
  return fetch(`${url}/v1/search`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"query":"q"}',
  });
}

/** Sends bytes as they are and returns the whole answer. */
async function raw(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(text);
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  await once(socket, 'close');
  return answer;
}

describe('startServer', () => {
  it('serves on a free port of loopback and tells its address', async () => {
    const { url } = await served();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
  });

  it('serves percent-encoded ids and bodies over a real connection', async () => {
    const ids: string[] = [];
    const { url } = await served({
      async submit(_scope, change) {
        if (change.operation === 'upsert') ids.push(change.document.documentId);
        throw new Error('enough');
      },
    });
    for (const id of ['a%2Fb', '%C3%A9%25', '%F0%9F%92%A1']) {
      await fetch(`${url}/v1/documents/${id}`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: '{"content":"x"}',
      });
    }
    expect(ids).toEqual(['a/b', 'é%', '💡']);
  });

  it.each(['0.0.0.0', '::', '192.168.1.10', 'example.org', ''])('refuses to listen on "%s"', async (host) => {
    const { api } = apiUnderTest();
    const error = await startServer(api, { host, port: 0 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidConfiguration);
    expect(error).toMatchObject({
      setting: 'server.host',
      message: `Cannot listen on ${JSON.stringify(host)} without authentication: expected server.host to be a loopback address (127.0.0.0/8, ::1 or localhost)`,
    });
  });

  it('says that a port is in use', async () => {
    const { url } = await served();
    const { api } = apiUnderTest();
    const port = Number(new URL(url).port);
    await expect(startServer(api, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'invalid_configuration',
      setting: 'server.port',
      message: `Cannot listen on 127.0.0.1:${port}: the port is in use; set server.port to another one, or to 0 for any that is free`,
    });
  });

  it('aborts the pipeline when a client leaves', async () => {
    const left = Promise.withResolvers<unknown>();
    const begun = Promise.withResolvers<void>();
    const { url } = await served({
      search(_scope, _request, { signal } = {}) {
        begun.resolve();
        return new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            left.resolve(signal?.reason);
            reject(signal?.reason);
          });
        });
      },
    });
    const client = request(`${url}/v1/search`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
    });
    client.on('error', () => {});
    client.end('{"query":"q"}');
    await begun.promise;
    client.destroy();
    expect(await left.promise).toMatchObject({ code: 'client_closed' });
  });

  it('aborts a stream when its client leaves', async () => {
    const left = Promise.withResolvers<unknown>();
    const { url } = await served({
      async *answer(_scope, _request, { signal } = {}) {
        yield answerEvents[0]!;
        await new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            left.resolve(signal?.reason);
            reject(signal?.reason);
          });
        });
      },
    });
    const leaving = new AbortController();
    const response = await fetch(`${url}/v1/answer`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: '{"question":"q"}',
      signal: leaving.signal,
    });
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toMatch(/^event: passages\n/);
    leaving.abort();
    expect(await left.promise).toMatchObject({ code: 'client_closed' });
  });

  it('sends each event of a stream when it comes, not when the stream ends', async () => {
    const gate = Promise.withResolvers<void>();
    const { url } = await served({
      async *answer() {
        yield answerEvents[0]!;
        yield answerEvents[1]!;
        await gate.promise;
        yield* answerEvents.slice(2);
      },
    });
    const response = await fetch(`${url}/v1/answer`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: '{"question":"q"}',
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('event: text')) text += (await reader.read()).value;
    expect(text).not.toContain('event: done');
    gate.resolve();
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    expect(text).toContain('event: done');
  });

  it.each([
    ['TRACE', 'TRACE /v1/search HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', '405'],
    ['a foreign Host', 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', '421'],
    [
      'a foreign absolute address',
      'GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      '421',
    ],
    ['a malformed Host', 'GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', '400'],
    ['no Host', 'GET /healthz HTTP/1.0\r\n\r\n', '400'],
    ['what is not HTTP', 'HELLO\r\n\r\n', '400'],
    ['large headers', `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
  ])('answers %s with a problem of status %#', async (_, text, status) => {
    const { url } = await served();
    const answer = await raw(url, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    expect(answer).toContain(`"status":${status}`);
  });

  it('refuses a body that is larger than it may be, sent in chunks', async () => {
    const { url } = await served();
    const part = 'x'.repeat(60_000);
    const answer = await raw(
      url,
      `PUT /v1/documents/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${`${part.length.toString(16)}\r\n${part}\r\n`.repeat(2)}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('a stream of changes', () => {
  const changes: Partial<Pipeline> = {
    feedReader: () => () => [],
    async *changes(_scope, { events }) {
      for await (const { record } of events)
        yield { record, events: [{ outcome: 'indexed', documentId: 'a', version: '1' }] };
    },
  };

  /** Sends lines with a pause after each, and returns the reply. */
  async function stream(url: string, path: string, lines: readonly string[], pauseMs: number, ends = true) {
    const client = request(`${url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': path === '/v1/changes' ? 'application/x-ndjson' : 'application/json' },
    });
    client.on('error', () => {});
    const replied = once(client, 'response');
    for (const line of lines) {
      client.write(line);
      await wait(pauseMs);
    }
    if (ends) client.end();
    const [response] = await replied;
    let text = '';
    for await (const part of response) text += part;
    client.destroy();
    return { status: response.statusCode, text };
  }

  async function servedFor(requestTimeoutMs: number, maxSilenceMs: number): Promise<RunningServer> {
    const { api } = apiUnderTest(changes, { maxSilenceMs });
    const server = await startServer(api, {
      host: '127.0.0.1',
      port: 0,
      closeTimeoutMs: 100,
      requestTimeoutMs,
    });
    servers.push(server);
    return server;
  }

  it('may last longer than another request may take to arrive', async () => {
    const { url } = await servedFor(100, 2_000);
    const { status, text } = await stream(url, '/v1/changes', Array(8).fill('{}\n'), 60);
    expect(status).toBe(200);
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).line),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await stream(url, '/v1/search', Array(8).fill(' '), 60)).toMatchObject({ status: 408 });
  });

  it('holds its sender up while events are being applied, and loses nothing of it', async () => {
    const gate = Promise.withResolvers<void>();
    let taken = 0;
    const { url } = await served({
      ...changes,
      async *changes(_scope, { events }) {
        for await (const { record } of events) {
          taken += 1;
          yield { record, events: [{ outcome: 'stale', version: '1' }] };
          await gate.promise;
        }
      },
    });
    const client = request(`${url}/v1/changes`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
    });
    const replied = once(client, 'response');
    const line = `${JSON.stringify('x'.repeat(65_000))}\n`;
    let sent = 0;
    let isHeld = false;
    while (!isHeld) {
      sent += 1;
      if (!client.write(line)) {
        const drained = once(client, 'drain').then(() => true);
        isHeld = !(await Promise.race([drained, wait(300, false)]));
      }
      // The buffers of two sockets, far below the 130 MB that are offered.
      expect(sent).toBeLessThan(2_000);
    }
    expect(taken).toBe(1);
    gate.resolve();
    client.end();
    const [response] = await replied;
    for await (const _ of response);
    expect(taken).toBe(sent);
  });

  it('is let go where its sender says nothing more, and told so', async () => {
    const { url } = await servedFor(60_000, 100);
    const { status, text } = await stream(url, '/v1/changes', ['{}\n'], 0, false);
    expect(status).toBe(200);
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ line: 1 }, { error: { type: 'urn:braid:problem:request_timeout', status: 408 } }]);
    expect(await stream(url, '/v1/changes', [' '], 0, false)).toMatchObject({ status: 408 });
  });

  it('is told of a line that is too long, while it still sends', async () => {
    const { url } = await servedFor(60_000, 2_000);
    const { text } = await stream(url, '/v1/changes', ['{}\n', 'x'.repeat(100_001)], 20, false);
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ line: 1 }, { error: { type: 'urn:braid:problem:body_too_large' } }]);
  });
});

describe('RunningServer.close', () => {
  it('fails readiness at once and lets finish what runs', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const server = await served({
      async search() {
        begun.resolve();
        await gate.promise;
        return searchResponse;
      },
      ready: async () => {},
    });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    const running = postSearch(server.url);
    await begun.promise;
    const closed = server.close();
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect((await postSearch(server.url)).status).toBe(503);
    gate.resolve();
    expect((await running).status).toBe(200);
    await closed;
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  it('cuts what still runs when its time is over', async () => {
    const begun = Promise.withResolvers<void>();
    const server = await served(
      {
        search() {
          begun.resolve();
          return new Promise(() => {});
        },
      },
      50,
    );
    const running = postSearch(server.url).catch((error: unknown) => error);
    await begun.promise;
    const started = performance.now();
    await server.close();
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await running).toBeInstanceOf(Error);
  });

  it('is quick with idle connections and may be called twice', async () => {
    const server = await served();
    await (await fetch(`${server.url}/healthz`)).text();
    const started = performance.now();
    await Promise.all([server.close(), server.close()]);
    expect(performance.now() - started).toBeLessThan(200);
  });

  it('frees the port', async () => {
    const first = await served();
    await first.close();
    const { api } = apiUnderTest();
    const second = await startServer(api, { host: 'localhost', port: Number(new URL(first.url).port) });
    servers.push(second);
    expect((await fetch(`${second.url}/healthz`)).status).toBe(200);
  });
});
