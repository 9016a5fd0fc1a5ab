import { describe, expect, it } from 'vitest';
import type { FeedReader } from '../../../domain/change-event.ts';
import { EngineUnavailable, FeedStopped } from '../../../domain/errors.ts';
import type { EventOutcome, RecordResult, TakenFeed } from '../../../domain/feed.ts';
import { apiUnderTest } from '../api-under-test.ts';

const reader: FeedReader = () => [];
const indexed: EventOutcome = { outcome: 'indexed', documentId: 'a', version: '1' };

/** Answers each line by its text: a number of events, or an error. */
function changesOf(events: (text: string) => readonly EventOutcome[]) {
  const taken: TakenFeed[] = [];
  return {
    taken,
    feedReader: (_format: string) => reader,
    async *changes(_scope: unknown, feed: TakenFeed): AsyncGenerator<RecordResult> {
      taken.push(feed);
      for await (const { text, record } of feed.events) yield { record, events: events(text) };
    },
  };
}

const ndjson = { 'Content-Type': 'application/x-ndjson' };

async function linesOf(response: Response): Promise<unknown[]> {
  return (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('POST /v1/changes', () => {
  it('gives one result a line, numbered as the lines of the body', async () => {
    const { taken, ...pipeline } = changesOf(() => [indexed]);
    const { send } = apiUnderTest(pipeline);
    const response = await send('POST', '/v1/changes', '{"a":1}\n\n{"b":2}', ndjson);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await linesOf(response)).toEqual([
      { line: 1, ...indexed },
      { line: 3, ...indexed },
    ]);
    expect(taken).toMatchObject([{ format: 'braid', name: 'http:braid', allowMassDelete: false }]);
  });

  it('takes one JSON event, as a sink sends it, in another format', async () => {
    const { taken, ...pipeline } = changesOf(() => [
      { outcome: 'stale', version: '1' },
      { outcome: 'dead_lettered', reason: 'mapping', message: 'Cannot map' },
    ]);
    const { send } = apiUnderTest(pipeline);
    const response = await send('POST', '/v1/changes?format=debezium&allowMassDelete=true', { payload: 1 });
    expect(await linesOf(response)).toMatchObject([
      { line: 1, outcome: 'dead_lettered', reason: 'mapping', events: [{ outcome: 'stale' }, {}] },
    ]);
    expect(taken).toMatchObject([{ format: 'debezium', allowMassDelete: true }]);
  });

  it('answers with a problem where nothing was taken, and ends with one where something was', async () => {
    const fail = (error: Error, after: number) =>
      changesOf((text) => {
        if (Number(text) >= after) throw error;
        return [indexed];
      });
    const away = apiUnderTest(fail(new EngineUnavailable('Cannot reach the engine'), 0));
    expect((await away.send('POST', '/v1/changes', '0', ndjson)).status).toBe(503);
    const stopped = apiUnderTest(fail(new FeedStopped('storm', 'Stopped'), 0));
    expect((await stopped.send('POST', '/v1/changes', '0', ndjson)).status).toBe(409);
    const later = apiUnderTest(fail(new EngineUnavailable('Cannot reach the engine'), 1));
    const response = await later.send('POST', '/v1/changes', '0\n1\n2', ndjson);
    expect(response.status).toBe(200);
    expect(await linesOf(response)).toMatchObject([
      { line: 1 },
      { error: { type: 'urn:braid:problem:engine_unavailable', status: 503 } },
    ]);
  });

  it('refuses other media types and lines that are too long', async () => {
    const { taken, ...pipeline } = changesOf(() => [indexed]);
    const { send } = apiUnderTest(pipeline, { maxBodyBytes: 2_000 });
    expect((await send('POST', '/v1/changes', 'x', { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await send('POST', '/v1/changes', '{}', { ...ndjson, 'Content-Encoding': 'br' })).status).toBe(
      415,
    );
    expect((await send('POST', '/v1/changes?unknown=1', '{}', ndjson)).status).toBe(400);
    expect(taken).toEqual([]);
    expect((await send('POST', '/v1/changes', 'x'.repeat(2_001), ndjson)).status).toBe(413);
  });
});
