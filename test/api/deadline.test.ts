import { describe, expect, it } from 'vitest';
import { startDeadline } from '../../api/deadline.ts';

const never = () => new Promise<never>(() => {});

describe('startDeadline', () => {
  it('passes on what is done in time', async () => {
    const deadline = startDeadline(1_000, new AbortController().signal);
    await expect(deadline.bound(Promise.resolve(1))).resolves.toBe(1);
    await expect(deadline.bound(Promise.reject(new Error('own')))).rejects.toThrow('own');
    deadline.clear();
    expect(deadline.signal.aborted).toBe(false);
  });

  it('ends work that ignores its signal, with deadline_exceeded', async () => {
    const deadline = startDeadline(5, new AbortController().signal);
    await expect(deadline.bound(never())).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(deadline.signal.reason).toMatchObject({ code: 'deadline_exceeded' });
  });

  it('tells of the deadline, not of what work made of its signal', async () => {
    const deadline = startDeadline(5, new AbortController().signal);
    const work = new Promise((_, reject) => {
      deadline.signal.addEventListener('abort', () => reject(new Error('socket hang up')));
    });
    await expect(deadline.bound(work)).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('ends work whose client leaves, or has left', async () => {
    const client = new AbortController();
    const deadline = startDeadline(1_000, client.signal);
    const bound = deadline.bound(never());
    client.abort();
    await expect(bound).rejects.toMatchObject({ code: 'client_closed' });
    await expect(startDeadline(1_000, client.signal).bound(never())).rejects.toMatchObject({
      code: 'client_closed',
    });
    deadline.clear();
  });
});
