import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { QueryClass, SearchDefaults, SearchRequest } from '../../domain/search.ts';

/** Settings, those of one class of queries, or with what follows the legs. */
export type LookedAt = SearchDefaults & Partial<SearchRequest> & { readonly class?: QueryClass };

/** One look at held-out queries: what was judged by them. */
export interface HeldOutLook {
  /** Of each set a hash of its corpus, its judging queries and their judgements, joined by `+`. */
  readonly heldOut: string;
  readonly engine: string;
  readonly chosen: LookedAt;
  readonly baseline: LookedAt;
  readonly metric: string;
  /** ISO 8601. */
  readonly at: string;
  readonly difference: number;
  readonly pValue: number;
}

/**
 * How many other configurations were judged before by held-out queries of any of the same sets, together with others or
 * alone. The same one on the same sets again is the same look, which cannot come out otherwise: what counts is what came
 * before its first time.
 * @param earlier oldest first
 */
export function otherLooks(
  earlier: readonly HeldOutLook[],
  look: Pick<HeldOutLook, 'heldOut' | 'chosen'>,
): number {
  const chosen = JSON.stringify(look.chosen);
  const first = earlier.findIndex(
    (known) => sameSets(known.heldOut, look.heldOut) && JSON.stringify(known.chosen) === chosen,
  );
  const looks = first === -1 ? earlier : earlier.slice(0, first);
  const sets = new Set(look.heldOut.split('+'));
  const others = looks
    .filter(({ heldOut }) => heldOut.split('+').some((hash) => sets.has(hash)))
    .map((known) => JSON.stringify(known.chosen))
    .filter((known) => known !== chosen);
  return new Set(others).size;
}

/** In whatever order the sets were named. */
function sameSets(left: string, right: string): boolean {
  return left.split('+').sort().join() === right.split('+').sort().join();
}

/** The looks so far, oldest first; none where there is no file. */
export async function readLooks(file: string): Promise<HeldOutLook[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as HeldOutLook);
}

/** Writes a look down. */
export async function logLook(file: string, look: HeldOutLook): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, `${JSON.stringify(look)}\n`);
}

/** What may look at the held-out queries, and is written down. */
export interface Looks {
  /** How many other configurations the same queries judged before this run. */
  earlier(chosen: HeldOutLook['chosen']): number;
  log(
    chosen: HeldOutLook['chosen'],
    baseline: HeldOutLook['baseline'],
    outcome: Pick<HeldOutLook, 'difference' | 'pValue'>,
  ): Promise<void>;
}

/** Opens the log of a data folder for one run. */
export async function openLooks(
  { data = '.braid' }: { readonly data?: string },
  run: Pick<HeldOutLook, 'heldOut' | 'engine' | 'metric'>,
): Promise<Looks> {
  const file = join(data, 'benchmarks', 'held-out-looks.jsonl');
  const before = await readLooks(file);
  return {
    earlier: (chosen) => otherLooks(before, { ...run, chosen }),
    log: (chosen, baseline, { difference, pValue }) =>
      logLook(file, { ...run, chosen, baseline, at: new Date().toISOString(), difference, pValue }),
  };
}
