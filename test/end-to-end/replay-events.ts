import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** A recorded change feed of real documents: its events as lines of the envelope, and what stands at its end. */
export interface RecordedFeed {
  readonly lines: readonly string[];
  /** documentId -> SHA-256, hex, of the content, for each document that is live at the end. */
  readonly finalState: ReadonlyMap<string, string>;
  /** The contents of the end alone, as events. */
  readonly finalLines: readonly string[];
}

const folder = resolve(process.env.BRAID_SHARED ?? '../shared', 'data/cdc-opensearch-docs');

export const recordedFeedExists = existsSync(folder);

interface RecordedEvent {
  readonly seq: number;
  readonly op: 'r' | 'c' | 'u' | 'd';
  readonly ts_ms: number;
  readonly id: string;
  readonly after_blob: string | null;
  readonly text: string | null;
}

/**
 * Turns the recorded events into the envelope, with the sequence number as version, and proves the expected end against
 * the git blob hashes that came with them.
 */
export async function readRecordedFeed(): Promise<RecordedFeed> {
  const lines: string[] = [];
  const hashOfBlob = new Map<string, string>();
  const lastLine = new Map<string, string>();
  const input = createReadStream(resolve(folder, 'events.jsonl.gz')).pipe(createGunzip());
  for await (const line of createInterface({ input })) {
    const { seq, op, ts_ms, id, after_blob: blob, text } = JSON.parse(line) as RecordedEvent;
    const base = {
      documentId: id,
      source: 'opensearch-docs',
      version: String(seq),
      position: String(seq),
      occurredAt: new Date(ts_ms).toISOString(),
    };
    if (op === 'd') {
      lines.push(JSON.stringify({ operation: 'delete', ...base }));
      continue;
    }
    const content = text ?? '';
    if (gitBlobHash(content) !== blob) throw new Error(`Event ${seq} is not the blob that it says`);
    hashOfBlob.set(blob, createHash('sha256').update(content).digest('hex'));
    lines.push(JSON.stringify({ operation: 'upsert', ...base, mediaType: 'text/markdown', content }));
    lastLine.set(id, lines.at(-1)!);
  }
  const finalState = new Map<string, string>();
  for (const row of (await readFile(resolve(folder, 'final_state.tsv'), 'utf8')).trim().split('\n')) {
    const [id, blob] = row.split('\t');
    const hash = hashOfBlob.get(blob ?? '');
    if (id === undefined || hash === undefined) continue;
    finalState.set(id, hash);
  }
  return { lines, finalState, finalLines: [...finalState.keys()].map((id) => lastLine.get(id)!) };
}

/** Shuffles by a seed, so that a failure can be repeated. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const copy = [...items];
  let state = seed >>> 0;
  for (let at = copy.length - 1; at > 0; at -= 1) {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (at + 1);
    [copy[at], copy[other]] = [copy[other]!, copy[at]!];
  }
  return copy;
}

function gitBlobHash(content: string): string {
  const bytes = Buffer.from(content);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
