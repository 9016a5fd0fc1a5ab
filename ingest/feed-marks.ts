import type { EventLog } from '../domain/change-event.ts';
import type { Scope } from '../domain/scope.ts';
import { sourceKey } from './feed-keys.ts';
import type { Patience } from './feed-patience.ts';
import type { Marks, Watermarks } from './feed-watermarks.ts';

/** Marks that were read longer ago are read again: what they allowed to be forgotten may be gone after `graceMs`. */
const freshMs = 30_000;

/** For so long after a floor was raised nothing at or below it is forgotten, so that each writer knows of it. */
export const graceMs = 60_000;

/** The marks of the sources of one batch, as far as they matter while it is in work. */
export interface MarkBook {
  /** At most half of the grace old. */
  of(scope: Scope, source: string): Promise<Marks>;
  /** The log that the source's versions are places in; the first that comes in an epoch is. */
  logOf(scope: Scope, source: string, log: EventLog): Promise<string>;
  /**
   * As they were when the source was first asked for, and as they are now.
   * @param patience with which they are asked for. @default the book's own
   */
  sinceFirst(
    scope: Scope,
    source: string,
    patience?: Patience,
  ): Promise<{ readonly first: Marks; readonly now: Marks }>;
}

interface Page {
  readonly first: Marks;
  now: Marks;
  readAt: number;
  /** What was claimed since. */
  readonly logs: Record<string, string>;
}

export function createMarkBook(watermarks: Watermarks, patience: Patience): MarkBook {
  const pages = new Map<string, Promise<Page>>();
  const read = (scope: Scope, source: string, waiting = patience) =>
    waiting(() => watermarks.read(scope, source));
  const open = async (scope: Scope, source: string): Promise<Page> => {
    const readAt = performance.now();
    const first = await read(scope, source);
    return { first, now: first, readAt, logs: {} };
  };
  const pageOf = (scope: Scope, source: string): Promise<Page> => {
    const key = sourceKey(scope, source);
    const known = pages.get(key) ?? open(scope, source);
    pages.set(key, known);
    return known;
  };
  const refresh = async (page: Page, scope: Scope, source: string, waiting?: Patience): Promise<Marks> => {
    const readAt = performance.now();
    page.now = await read(scope, source, waiting);
    page.readAt = readAt;
    return page.now;
  };
  return {
    async of(scope, source) {
      const page = await pageOf(scope, source);
      return performance.now() - page.readAt < freshMs ? page.now : refresh(page, scope, source);
    },
    async logOf(scope, source, log) {
      const page = await pageOf(scope, source);
      const known = page.logs[log.epoch] ?? page.now.logs[log.epoch];
      if (known !== undefined) return known;
      const claimed = await patience(() => watermarks.claimLog(scope, source, log));
      page.logs[log.epoch] = claimed;
      return claimed;
    },
    async sinceFirst(scope, source, waiting) {
      const page = await pageOf(scope, source);
      return { first: page.first, now: await refresh(page, scope, source, waiting) };
    },
  };
}
