import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ObjectStoreFailure } from '../../domain/errors.ts';
import type { Invocation } from '../../domain/invocation.ts';
import { createFolderObjectStore } from '../../objects/folder/folder-object-store.ts';
import { createInvocationLog, type InvocationLogOptions } from '../../objects/invocation-log.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { silentTelemetry, type Telemetry } from '../../telemetry/telemetry.ts';

let folder: string;
let store: ObjectStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-invocations-'));
  store = createFolderObjectStore(folder);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

function open(
  over: Partial<InvocationLogOptions> = {},
  into = store,
  telemetry: Telemetry = silentTelemetry,
) {
  return createInvocationLog(into, telemetry, {
    bodies: false,
    maxBytes: 1_000_000,
    maxSeconds: 60,
    ...over,
  });
}

function call(tenantId: string | undefined, over: Partial<Invocation> = {}): Invocation {
  return {
    at: '2026-01-02T03:04:05.678Z',
    ...(tenantId !== undefined && { tenantId }),
    feature: 'search',
    model: 'm',
    kind: 'embedding',
    milliseconds: 3,
    outcome: 'done',
    usage: [{ model: 'm', kind: 'embedding', amount: 7 }],
    ...over,
  };
}

async function objects(prefix = ''): Promise<{ key: string; lines: Record<string, unknown>[] }[]> {
  const found = [];
  for await (const { key } of store.list(prefix)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of (await store.get(key))!.body) pieces.push(piece);
    const text = gunzipSync(Buffer.concat(pieces)).toString('utf8');
    found.push({
      key,
      lines: text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    });
  }
  return found;
}

describe('createInvocationLog', () => {
  it('writes each tenant its own objects, one line a call, packed, and no bodies', async () => {
    const log = open();
    log.record(call('a', { requestId: 'r1', bodies: { request: 'secret' } }));
    log.record(call('b'));
    log.record(call(undefined));
    log.record(call('a', { outcome: 'failed', error: 'model_unavailable' }));
    await log.close();
    const [a, b, own] = [
      await objects('invocations/a/'),
      await objects('invocations/b/'),
      await objects('invocations/own!/'),
    ];
    expect(a).toHaveLength(1);
    expect(a[0]!.key).toMatch(/^invocations\/a\/\d{4}\/\d\d\/\d\d\/\d{9}Z-[0-9a-f]{8}-\d+\.jsonl\.gz$/);
    expect(a[0]!.lines).toEqual([
      JSON.parse(JSON.stringify(call('a', { requestId: 'r1' }))),
      JSON.parse(JSON.stringify(call('a', { outcome: 'failed', error: 'model_unavailable' }))),
    ]);
    expect(b[0]!.lines).toHaveLength(1);
    expect(own[0]!.lines).toHaveLength(1);
  });

  it('writes bodies where told to, each text in them masked', async () => {
    const log = open({ bodies: true, mask: (text) => text.replaceAll('ada@example.com', '[email]') });
    const request = { question: 'who is ada@example.com', passages: [{ text: 'ada@example.com', rank: 1 }] };
    log.record(call('a', { bodies: { request, response: { text: 'ada@example.com' } } }));
    await log.close();
    expect((await objects())[0]!.lines[0]!.bodies).toEqual({
      request: { question: 'who is [email]', passages: [{ text: '[email]', rank: 1 }] },
      response: { text: '[email]' },
    });
  });

  it('writes nothing that cannot be masked, and fails no call for it', async () => {
    const count = vi.fn();
    const mask = () => {
      throw new Error('broken');
    };
    const log = open({ bodies: true, mask }, store, { ...silentTelemetry, count });
    log.record(call('a', { bodies: { request: 'secret' } }));
    await log.close();
    expect(await objects()).toEqual([]);
    expect(count).toHaveBeenCalledWith('dropped_invocations');
  });

  it('begins another object by size', async () => {
    const log = open({ maxBytes: 1_000 });
    for (let at = 0; at < 50; at += 1) log.record(call('a', { requestId: String(at) }));
    await log.flush();
    const written = await objects();
    expect(written.length).toBeGreaterThan(5);
    const ids = written.flatMap(({ lines }) => lines.map(({ requestId }) => Number(requestId)));
    expect(ids.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 50 }, (_, at) => at));
    await log.close();
  });

  it('begins another object by time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const log = open({ maxSeconds: 10 });
    log.record(call('a'));
    await vi.advanceTimersByTimeAsync(9_000);
    expect(await objects()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    await vi.waitFor(async () => expect(await objects()).toHaveLength(1));
    await log.close();
  });

  it('keeps lines while the store is away, and writes them in order once it is back', async () => {
    let isAway = true;
    const failing: ObjectStore = {
      ...store,
      put: (...given) =>
        isAway ? Promise.reject(new ObjectStoreFailure('unavailable', 'away')) : store.put(...given),
    };
    const log = open({}, failing);
    log.record(call('a', { requestId: '1' }));
    await log.flush();
    log.record(call('a', { requestId: '2' }));
    await log.flush();
    isAway = false;
    await log.close();
    expect((await objects()).flatMap(({ lines }) => lines.map(({ requestId }) => requestId))).toEqual([
      '1',
      '2',
    ]);
  });

  it('tries a store that is away again after a pause, not with each call', async () => {
    vi.useFakeTimers();
    let puts = 0;
    let isAway = true;
    const away: ObjectStore = {
      ...store,
      async put(...given) {
        puts += 1;
        if (isAway) throw new ObjectStoreFailure('unavailable', 'Cannot write: away');
        return store.put(...given);
      },
    };
    const log = open({ maxBytes: 1 }, away);
    for (let at = 0; at < 5; at += 1) {
      log.record(call('a', { milliseconds: at }));
      await vi.waitFor(() => expect(puts).toBeGreaterThan(0));
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(puts).toBe(1);
    isAway = false;
    await vi.advanceTimersByTimeAsync(5_000);
    await log.flush();
    expect((await objects()).flatMap(({ lines }) => lines.map(({ milliseconds }) => milliseconds))).toEqual([
      0, 1, 2, 3, 4,
    ]);
    await log.close();
  });

  it('removes what is written of a tenant and what waits, and nothing of another', async () => {
    const log = open();
    log.record(call('a'));
    log.record(call('a-b'));
    await log.flush();
    log.record(call('a'));
    expect(await log.removeTenant('a')).toBe(1);
    await log.close();
    expect((await objects()).map(({ key }) => key.split('/')[1])).toEqual(['a-b']);
  });

  it('drops the lines of a tenant that was deleted since', async () => {
    const log = open({ isKept: async (tenantId) => tenantId !== 'gone' });
    log.record(call('gone'));
    log.record(call('here'));
    await log.close();
    expect((await objects()).map(({ key }) => key.split('/')[1])).toEqual(['here']);
  });
});
