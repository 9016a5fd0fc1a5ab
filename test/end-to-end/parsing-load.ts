import { openAsBlob, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { bombs } from '../ingest/parsers/make-bombs.ts';
import { runJson, startProgram } from './program.ts';

/**
 * What parsing costs, of the program as a user starts it, with the embedded engine and the local model:
 *
 *   node test/end-to-end/parsing-load.ts bombs             searches of `serve` alone, and while it is sent each bomb
 *   node test/end-to-end/parsing-load.ts ingest FOLDER…    documents a second and memory, without and with one bomb
 *
 * Memory is the resident set of the program and of its parser processes together, read every 50 ms, and the peak of
 * a single parser process as the kernel counts it.
 */
const questions = ['how are versions compared', 'what is a tombstone', 'fusion of two legs', 'access lists'];
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '20' }, rate: { type: 'string', default: '10' } },
});
const [mode, ...folders] = positionals;
let failed = 0;
const data = await mkdtemp(join(tmpdir(), 'braid-parsing-'));
// The largest document that is parsed is larger than a body may be by default.
const environment = { BRAID_DATA: data, BRAID_LOG_LEVEL: 'error', BRAID_SERVER_MAX_BODY_BYTES: '80000000' };
try {
  const report =
    mode === 'ingest' ? await ingestFolders(folders.map((folder) => resolve(folder))) : await sendBombs();
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  await rm(data, { recursive: true });
}

async function sendBombs(): Promise<unknown> {
  // Made before: it takes seconds, in which this process would neither send nor receive.
  for (const { name, make } of bombs) {
    const base64 = Buffer.from(make()).toString('base64');
    await writeFile(join(data, name), `{"content":{"base64":"${base64}"}}`);
  }
  const port = 18_100 + (process.pid % 800);
  const origin = `http://127.0.0.1:${port}`;
  await runJson(['ingest', resolve(import.meta.dirname, '../../docs'), '--data', data], { environment });
  const program = startProgram(['serve', '--port', String(port), '--data', data], { environment });
  try {
    await untilReady(origin);
    await searchFor(origin, 5_000);
    const alone = await searchFor(origin, Number(values.seconds) * 1_000);
    const memory = watchMemory(program.child.pid!);
    const outcomes: unknown[] = [];
    const done = new AbortController();
    const meanwhile = searchFor(origin, Number.POSITIVE_INFINITY, done.signal);
    for (const bomb of bombs) {
      process.stderr.write(`${bomb.name}\n`);
      outcomes.push(await sendBomb(origin, bomb.name));
    }
    done.abort();
    const loaded = await meanwhile;
    return {
      alone: summary(alone),
      meanwhile: summary(loaded),
      failedSearches: failed,
      memory: memory.stop(),
      outcomes,
    };
  } finally {
    program.child.kill('SIGTERM');
    await program.ended;
  }
}

async function sendBomb(origin: string, name: string): Promise<unknown> {
  const file = join(data, name);
  const startedAt = performance.now();
  const reply = await fetch(`${origin}/v1/documents/${name}?wait=stored`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: await openAsBlob(file),
  });
  const { detail, reason } = (await reply.json()) as { detail?: string; reason?: string };
  const seconds = (performance.now() - startedAt) / 1_000;
  const bytes = Math.floor(((await stat(file)).size * 3) / 4);
  return { name, bytes, status: reply.status, reason, detail, seconds: round(seconds) };
}

/** An open loop: a search is due at each tick, and its time counts from then. */
async function searchFor(origin: string, milliseconds: number, signal?: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  const running: Promise<void>[] = [];
  const startedAt = performance.now();
  const interval = 1_000 / Number(values.rate);
  for (let at = 0; at * interval < milliseconds && !signal?.aborted; at++) {
    const dueAt = startedAt + at * interval;
    await pause(Math.max(0, dueAt - performance.now()));
    running.push(
      search(origin, at).then(
        () => void times.push(performance.now() - dueAt),
        (error: Error) => {
          failed += 1;
          process.stderr.write(`failed search: ${error.message}, ${error.cause}\n`);
        },
      ),
    );
  }
  await Promise.all(running);
  return times;
}

async function search(origin: string, at: number): Promise<void> {
  const reply = await fetch(`${origin}/v1/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `${questions[at % questions.length]} ${at}` }),
  });
  await reply.arrayBuffer();
  if (!reply.ok) throw new Error(`A search was answered ${reply.status}`);
}

async function untilReady(origin: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const reply = await fetch(`${origin}/readyz`).catch(() => undefined);
    if (reply?.ok) return;
    await pause(100);
  }
  throw new Error('Braid was not ready within 30 s');
}

async function ingestFolders(paths: readonly string[]): Promise<unknown> {
  const bomb = bombs.find(({ name }) => name === 'within-limits.docx')!;
  const file = join(data, bomb.name);
  await writeFile(file, bomb.make());
  const without = await ingestOnce(paths, 'without');
  return { without, withBomb: await ingestOnce([...paths, file], 'bomb') };
}

async function ingestOnce(paths: readonly string[], tenant: string): Promise<unknown> {
  const program = startProgram(['ingest', ...paths, '--tenant', tenant, '--data', data, '--json'], {
    environment,
  });
  const memory = watchMemory(program.child.pid!);
  const { status, stdout, stderr } = await program.ended;
  if (status !== 0) throw new Error(`ingest ended with status ${status}: ${stderr}`);
  const { documents, chunks, embedded, seconds } = JSON.parse(stdout) as Record<string, never> & {
    documents: { seen: number };
    seconds: number;
  };
  return {
    documents,
    chunks,
    embedded,
    seconds: round(seconds),
    documentsPerSecond: round(documents.seen / seconds),
    memory: memory.stop(),
  };
}

/** Parser processes are the children of the program. */
function watchMemory(processId: number): { stop(): Record<string, number> } {
  const peaks = { programMiB: 0, togetherMiB: 0, oneParserMiB: 0 };
  const timer = setInterval(() => {
    const program = statusOf(processId, 'VmRSS');
    const children = childrenOf(processId);
    const together = children.reduce((sum, child) => sum + statusOf(child, 'VmRSS'), program);
    peaks.programMiB = Math.max(peaks.programMiB, program);
    peaks.togetherMiB = Math.max(peaks.togetherMiB, together);
    peaks.oneParserMiB = Math.max(peaks.oneParserMiB, ...children.map((child) => statusOf(child, 'VmHWM')));
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return Object.fromEntries(Object.entries(peaks).map(([name, value]) => [name, Math.round(value)]));
    },
  };
}

function childrenOf(processId: number): number[] {
  try {
    return readdirSync(`/proc/${processId}/task`).flatMap((task) =>
      readFileSync(`/proc/${processId}/task/${task}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    // It has just ended.
    return [];
  }
}

function statusOf(processId: number, field: 'VmRSS' | 'VmHWM'): number {
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1_024;
  } catch {
    // It has just ended.
    return 0;
  }
}

function summary(times: readonly number[]): unknown {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!);
  return { searches: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
