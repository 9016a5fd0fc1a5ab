import { describe, expect, it } from 'vitest';
import { createCaller } from '../../../models/bedrock/caller.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';

const throttled = () => Promise.reject(Object.assign(new Error('slow'), { name: 'ThrottlingException' }));

function callerTold(debug: () => void) {
  return createCaller({
    model: 'm',
    doing: 'embed',
    timeoutMs: 1_000,
    maxCallsAtOnce: 4,
    telemetry: { ...silentTelemetry, log: { ...silentTelemetry.log, debug } },
  });
}

describe('createCaller', () => {
  it('does not wait for a caller that left before the wait began', async () => {
    const leaving = new AbortController();
    const caller = callerTold(() => leaving.abort(new Error('gone')));
    const startedAt = performance.now();
    let calls = 0;
    const attempt = () => {
      calls += 1;
      return throttled();
    };
    await expect(caller({ signal: leaving.signal }, attempt)).rejects.toThrow('gone');
    expect(calls).toBe(1);
    // The first wait is 50 ms at least.
    expect(performance.now() - startedAt).toBeLessThan(45);
  });

  it('ends a wait when its caller leaves', async () => {
    const leaving = new AbortController();
    const caller = callerTold(() => setTimeout(() => leaving.abort(new Error('gone')), 5));
    await expect(caller({ signal: leaving.signal }, throttled)).rejects.toThrow('gone');
  });

  it('tells what went wrong before a try that the deadline cut short', async () => {
    let calls = 0;
    const caller = callerTold(() => {});
    const attempt = () => {
      calls += 1;
      return calls === 1 ? throttled() : new Promise<never>(() => {});
    };
    await expect(caller({ deadline: performance.now() + 300 }, attempt)).rejects.toThrow(/throttles it/);
    expect(calls).toBe(2);
    calls = 1;
    await expect(caller({ deadline: performance.now() + 30 }, attempt)).rejects.toThrow(/no answer in time/);
  });

  it('makes a throttled call again', async () => {
    let calls = 0;
    const caller = callerTold(() => {});
    const attempt = async () => {
      calls += 1;
      return calls === 1 ? throttled() : 'done';
    };
    expect(await caller({}, attempt)).toBe('done');
  });
});
