import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { catchInterrupts, Interrupted } from '../../cli/interrupt.ts';

describe('catchInterrupts', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('aborts at the first signal and ends the process at the second', () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    const interrupt = catchInterrupts();
    process.emit('SIGINT', 'SIGINT');
    expect(interrupt.signal.reason).toBeInstanceOf(Interrupted);
    vi.advanceTimersByTime(1_000);
    expect(exit).not.toHaveBeenCalled();
    process.emit('SIGTERM', 'SIGTERM');
    expect(exit).toHaveBeenCalledWith(1);
    interrupt.release();
  });

  it('takes a signal that is delivered twice at once, as npm does, for one', () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    const interrupt = catchInterrupts();
    process.emit('SIGINT', 'SIGINT');
    vi.advanceTimersByTime(50);
    process.emit('SIGINT', 'SIGINT');
    expect(exit).not.toHaveBeenCalled();
    interrupt.release();
  });

  it('gives the signals back when released', () => {
    const before = process.listenerCount('SIGINT');
    const interrupt = catchInterrupts();
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    interrupt.release();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
