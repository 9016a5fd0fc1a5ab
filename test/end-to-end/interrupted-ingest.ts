import { randomInt } from 'node:crypto';
import { type ProgramOptions, runJson, startProgram } from './program.ts';

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

/** Takes a folder in without a disturbance: what the index then holds, and how long it took. */
export async function ingestUndisturbed(
  folder: string,
  options: ProgramOptions,
): Promise<{ listing: Listing; milliseconds: number }> {
  const startedAt = performance.now();
  await runJson(['ingest', folder], options);
  const milliseconds = performance.now() - startedAt;
  return { listing: await runJson<Listing>(['documents', 'list'], options), milliseconds };
}

/** Kills an ingest at a random moment (kill -9), runs it again to its end, and returns what the index then holds. */
export async function ingestKilled(
  folder: string,
  options: ProgramOptions,
  undisturbedMs: number,
): Promise<{ listing: Listing; round: Round }> {
  const killedAfterMs = randomInt(200, Math.max(201, Math.round(undisturbedMs)));
  const program = startProgram(['ingest', folder, '--json'], options);
  const timer = setTimeout(() => program.child.kill('SIGKILL'), killedAfterMs);
  const { signal } = await program.ended;
  clearTimeout(timer);
  const before = await runJson<Listing>(['documents', 'list'], options);
  await runJson(['ingest', folder], options);
  return {
    listing: await runJson<Listing>(['documents', 'list'], options),
    round: { killedAfterMs, wasKilled: signal === 'SIGKILL', storedBefore: before.documents.length },
  };
}
