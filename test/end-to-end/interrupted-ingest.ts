import { randomInt } from 'node:crypto';
import { type ProgramOptions, type RunningProgram, runJson, startProgram } from './program.ts';

/** An ingest without a disturbance. */
export interface UndisturbedIngest {
  readonly listing: Listing;
  /** From the start of the program to its first stored document. */
  readonly untilFirstMs: number;
  /** From there to its end. */
  readonly workMs: number;
}

/** How one round went. */
export interface Round {
  readonly killedAfterMs: number;
  /** False where the ingest was done before it could be killed. */
  readonly wasKilled: boolean;
  /** Documents that the killed ingest had stored. */
  readonly storedBefore: number;
}

interface Listing {
  readonly documents: readonly unknown[];
}

/** Takes a folder in without a disturbance. */
export async function ingestUndisturbed(folder: string, options: ProgramOptions): Promise<UndisturbedIngest> {
  const startedAt = performance.now();
  const program = startIngest(folder, options);
  await firstDocument(program);
  const firstAt = performance.now();
  const { status, stderr } = await program.ended;
  if (status !== 0) throw new Error(`The ingest ended with status ${status}:\n${stderr}`);
  return {
    untilFirstMs: firstAt - startedAt,
    workMs: performance.now() - firstAt,
    listing: await runJson<Listing>(['documents', 'list'], options),
  };
}

/**
 * Kills an ingest (kill -9) at a random moment, one time in five before its first document, runs it again to its end,
 * and returns what the index then holds.
 */
export async function ingestKilled(
  folder: string,
  options: ProgramOptions,
  undisturbed: UndisturbedIngest,
): Promise<{ listing: Listing; round: Round }> {
  const startedAt = performance.now();
  const program = startIngest(folder, options);
  const isEarly = randomInt(5) === 0;
  if (!isEarly) await firstDocument(program);
  const delayMs = randomInt(Math.ceil(isEarly ? undisturbed.untilFirstMs : undisturbed.workMs) + 1);
  const timer = setTimeout(() => program.child.kill('SIGKILL'), delayMs);
  const { signal } = await program.ended;
  clearTimeout(timer);
  const killedAfterMs = Math.round(performance.now() - startedAt);
  const before = await runJson<Listing>(['documents', 'list'], options);
  await runJson(['ingest', folder], options);
  return {
    listing: await runJson<Listing>(['documents', 'list'], options),
    round: { killedAfterMs, wasKilled: signal === 'SIGKILL', storedBefore: before.documents.length },
  };
}

function startIngest(folder: string, options: ProgramOptions): RunningProgram {
  return startProgram(['ingest', folder, '--verbose'], options);
}

/** Resolves when the program has reported its first document, or has ended. */
export async function firstDocument(program: RunningProgram): Promise<void> {
  const reported = new Promise<void>((resolve) => {
    program.child.stderr.on('data', () => {
      if (/ documents, \d+ chunks/.test(program.stderr())) resolve();
    });
  });
  await Promise.race([reported, program.ended]);
}
