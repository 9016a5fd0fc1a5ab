import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Sessions } from './sessions.ts';

const sweepEveryMs = 10 * 60_000;

/**
 * Removes expired sessions from time to time; a sweep that fails is told of, and the next one tries again.
 * @returns ends it, and resolves when no sweep runs any more
 */
export function sweepSessions(
  sessions: Pick<Sessions, 'sweep'>,
  telemetry: Telemetry,
  everyMs = sweepEveryMs,
): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(() => sweepOnce(sessions, telemetry));
  }, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** Removes expired sessions now; a failure is told of. */
export async function sweepOnce(sessions: Pick<Sessions, 'sweep'>, telemetry: Telemetry): Promise<void> {
  try {
    await sessions.sweep();
  } catch (error) {
    telemetry.log.warn({ error }, 'cannot remove expired sessions');
  }
}
