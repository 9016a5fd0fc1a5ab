import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sweepSessions } from '../../answer/sweep-sessions.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';

describe('sweepSessions', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('sweeps again and again, also after a failure, until it is stopped', async () => {
    let sweeps = 0;
    const sweep = async () => {
      sweeps += 1;
      if (sweeps === 1) throw new Error('away');
      return 0;
    };
    const stop = sweepSessions({ sweep }, silentTelemetry, 1_000);
    expect(sweeps).toBe(0);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sweeps).toBe(3);
    await stop();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sweeps).toBe(3);
  });
});
