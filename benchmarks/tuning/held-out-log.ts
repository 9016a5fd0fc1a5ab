import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SearchDefaults } from '../../domain/search.ts';

/** One look at held-out queries: what was judged by them. */
export interface HeldOutLook {
  /** Hash of the held-out queries, their judgements and the corpora. */
  readonly heldOut: string;
  readonly engine: string;
  readonly chosen: SearchDefaults;
  readonly baseline: SearchDefaults;
  readonly metric: string;
  /** ISO 8601. */
  readonly at: string;
  readonly difference: number;
  readonly pValue: number;
}

/**
 * How many other configurations were judged by the same held-out queries before. The same one again is the same look: it
 * cannot come out otherwise.
 */
export function otherLooks(
  looks: readonly HeldOutLook[],
  look: Pick<HeldOutLook, 'heldOut' | 'chosen'>,
): number {
  const chosen = JSON.stringify(look.chosen);
  const others = looks
    .filter(({ heldOut }) => heldOut === look.heldOut)
    .map((earlier) => JSON.stringify(earlier.chosen))
    .filter((earlier) => earlier !== chosen);
  return new Set(others).size;
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
