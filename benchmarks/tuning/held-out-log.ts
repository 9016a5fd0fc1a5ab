import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import type { QueryClass, SearchDefaults, SearchRequest } from '../../domain/search.ts';
import { questionOf } from './folds.ts';

/** Settings, those of one class of queries, or with what follows the legs. */
export type LookedAt = SearchDefaults & Partial<SearchRequest> & { readonly class?: QueryClass };

/** One look at held-out queries: what was judged by them. */
export interface HeldOutLook {
  /** Of each set a hash of its corpus, its judging queries and their judgements, joined by `+`. */
  readonly heldOut: string;
  /** Of each judging query a hash of what it asks; absent in looks of before it was kept. */
  readonly questions?: readonly string[];
  /** The same for all looks of one run, which are corrected for among themselves; absent in those of before it was kept. */
  readonly run?: string;
  readonly engine: string;
  readonly chosen: LookedAt;
  readonly baseline: LookedAt;
  readonly metric: string;
  /** ISO 8601. */
  readonly at: string;
  readonly difference: number;
  readonly pValue: number;
}

/** What makes a look the same as another: it cannot come out otherwise. */
export type LookIdentity = Pick<
  HeldOutLook,
  'heldOut' | 'questions' | 'engine' | 'chosen' | 'baseline' | 'metric'
>;

/** A look at so many of the same queries has looked at them. */
const sharedQuestions = 0.1;

/**
 * How many other comparisons were made before by held-out queries of any of the same sets, together with others or
 * alone, or by a tenth of the same queries: a document more in the index, or a judgement more, does not make queries new.
 * Another metric, baseline or engine, or a set more or less, makes another comparison. The same one again is the same
 * look: what counts is what came before the run of its first time.
 * @param earlier oldest first
 */
export function otherLooks(earlier: readonly HeldOutLook[], look: LookIdentity): number {
  return othersBefore(earlier, look).size;
}

function othersBefore(earlier: readonly HeldOutLook[], look: LookIdentity): Set<string> {
  const compared = comparisonOf(look);
  const first = earlier.findIndex((known) => comparisonOf(known) === compared);
  const { run } = earlier[first] ?? {};
  const looks = first === -1 ? earlier : earlier.slice(0, first);
  const sets = new Set(look.heldOut.split('+'));
  const asked = new Set(look.questions);
  const areShared = ({ heldOut, questions = [] }: HeldOutLook) =>
    heldOut.split('+').some((hash) => sets.has(hash)) ||
    (asked.size > 0 &&
      questions.filter((question) => asked.has(question)).length >= sharedQuestions * asked.size);
  const others = looks
    .filter((known) => run === undefined || known.run !== run)
    .filter(areShared)
    .map(comparisonOf);
  return new Set(others);
}

/** What judging queries ask, each once, as a look keeps it. */
export function questionsOf(queries: readonly { readonly text: string }[]): string[] {
  const hashes = queries.map(({ text }) =>
    createHash('sha256').update(questionOf(text)).digest('hex').slice(0, 8),
  );
  return [...new Set(hashes)].sort();
}

/** In whatever order the sets were named. */
function comparisonOf({ heldOut, engine, chosen, baseline, metric }: LookIdentity): string {
  return JSON.stringify([heldOut.split('+').sort(), engine, chosen, baseline, metric]);
}

/**
 * The looks so far, oldest first; none where there is no file.
 * @throws {InvalidInput} for a line that is none
 */
export async function readLooks(file: string): Promise<HeldOutLook[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line, at) => (line === '' ? [] : readLook(line, `${file}:${at + 1}`)));
}

function readLook(line: string, place: string): HeldOutLook {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new InvalidInput('data', `Cannot read a look at held-out queries: ${place} is no JSON; mend it`, {
      cause,
    });
  }
}

/** Writes a look down. */
export async function logLook(file: string, look: HeldOutLook): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, `${JSON.stringify(look)}\n`);
}

/** What may look at the held-out queries, and is written down. */
export interface Looks {
  /** How many other comparisons the same queries have made before: in other runs, and what this one has logged. */
  earlier(chosen: HeldOutLook['chosen'], baseline: HeldOutLook['baseline']): number;
  log(
    chosen: HeldOutLook['chosen'],
    baseline: HeldOutLook['baseline'],
    outcome: Pick<HeldOutLook, 'difference' | 'pValue'>,
  ): Promise<void>;
}

/** Opens the log of a data folder for one run. */
export async function openLooks(
  { data = '.braid' }: { readonly data?: string },
  run: Pick<HeldOutLook, 'heldOut' | 'questions' | 'engine' | 'metric'>,
): Promise<Looks> {
  const file = join(data, 'benchmarks', 'held-out-looks.jsonl');
  const before = await readLooks(file);
  const id = randomUUID();
  const own = new Set<string>();
  return {
    earlier: (chosen, baseline) =>
      new Set([...othersBefore(before, { ...run, chosen, baseline }), ...own]).size,
    async log(chosen, baseline, { difference, pValue }) {
      own.add(comparisonOf({ ...run, chosen, baseline }));
      await logLook(file, {
        ...run,
        run: id,
        chosen,
        baseline,
        at: new Date().toISOString(),
        difference,
        pValue,
      });
    },
  };
}
