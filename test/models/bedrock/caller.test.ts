import { afterEach, describe, expect, it, vi } from 'vitest';
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

  it('does not make a call whose time is over before its turn comes', async () => {
    const caller = createCaller({
      model: 'm',
      doing: 'embed',
      timeoutMs: 1_000,
      maxCallsAtOnce: 1,
      telemetry: silentTelemetry,
    });
    const held = Promise.withResolvers<string>();
    const first = caller({}, () => held.promise);
    const made: string[] = [];
    const attempt = (name: string) => async () => {
      made.push(name);
      return name;
    };
    const startedAt = performance.now();
    const late = caller({ deadline: startedAt + 20 }, attempt('late'));
    await expect(caller({ deadline: startedAt - 1 }, attempt('over'))).rejects.toThrow(/time was over/);
    // Also while nothing else gets its turn.
    await expect(late).rejects.toThrow(/time was over/);
    held.resolve('done');
    expect(await first).toBe('done');
    expect(await caller({}, attempt('next'))).toBe('next');
    expect(made).toEqual(['next']);
  });

  describe('of a model that failed five times in a row', () => {
    const failed = () => Promise.reject(Object.assign(new Error('down'), { name: 'ModelErrorException' }));
    const urgent = () => ({ failureBudget: { left: 3 } });

    async function broken() {
      vi.useFakeTimers({ toFake: ['Date'] });
      const caller = callerTold(() => {});
      for (let call = 0; call < 2; call += 1) {
        await expect(caller(urgent(), failed)).rejects.toThrow();
      }
      await expect(caller(urgent(), failed)).rejects.toThrow(/left alone/);
      vi.setSystemTime(Date.now() + 2_100);
      return caller;
    }
    afterEach(() => {
      vi.useRealTimers();
    });

    it('lets no other call wait for the one that tries it', async () => {
      const caller = await broken();
      const trial = Promise.withResolvers<string>();
      const trying = caller(urgent(), () => trial.promise);
      await expect(caller(urgent(), async () => 'other')).rejects.toThrow(/left alone/);
      trial.resolve('back');
      expect(await trying).toBe('back');
      expect(await caller(urgent(), async () => 'other')).toBe('other');
    });

    it('does not take a trial whose caller left for a success', async () => {
      const caller = await broken();
      const leaving = new AbortController();
      const trying = caller({ ...urgent(), signal: leaving.signal }, () => new Promise<never>(() => {}));
      await expect(caller(urgent(), failed)).rejects.toThrow(/left alone/);
      leaving.abort(new Error('gone'));
      await expect(trying).rejects.toThrow('gone');
      await expect(caller(urgent(), async () => 'other')).rejects.toThrow(/left alone/);
    });
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
