import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EmbeddedPassages, EmbeddingModel } from '../../models/embedding-model.ts';
import type { ModelCall } from '../../models/model-call.ts';

/** An embedding model that embeds equal texts once, also across runs, and accounts for what it would have cost. */
export interface CachingModel extends EmbeddingModel {
  /** Since the last call of this: what was asked for. */
  takeAccount(): EmbeddingAccount;
}

export interface EmbeddingAccount {
  readonly texts: number;
  /** Of the model for all of them, as measured when it embedded them. */
  readonly seconds: number;
  /** That were spent on embedding now: only what was not held. */
  readonly spent: number;
}

const noAccount: EmbeddingAccount = { texts: 0, seconds: 0, spent: 0 };

interface Held {
  readonly vector: Float32Array;
  readonly milliseconds: number;
}

/** SHA-256 of the text, then the milliseconds and the vector as 32-bit floats. */
const hashBytes = 32;
/** Texts embedded between two writes, so that an interrupted run keeps nearly everything. */
const textsAtOnce = 64;

/**
 * Keeps vectors in `file`: text → vector and the time that the model took, of one model.
 * A record that a crash cut short is dropped.
 */
export async function createCachingModel(model: EmbeddingModel, file: string): Promise<CachingModel> {
  const recordBytes = hashBytes + 4 + model.dimensions * 4;
  await mkdir(dirname(file), { recursive: true });
  const held = await readRecords(file, recordBytes);
  let account: EmbeddingAccount = noAccount;

  const embedMissing = async (texts: readonly string[], call: ModelCall | undefined) => {
    let truncated = 0;
    for (let start = 0; start < texts.length; start += textsAtOnce) {
      const part = texts.slice(start, start + textsAtOnce);
      const startedAt = performance.now();
      const passages = await model.embedPassages(part, call);
      const milliseconds = (performance.now() - startedAt) / part.length;
      truncated += passages.truncated;
      const records = part.map((text, at) => {
        const record = { vector: passages.vectors[at]!, milliseconds };
        held.set(hashOf(text), record);
        return encode(text, record);
      });
      await appendFile(file, Buffer.concat(records));
    }
    return truncated;
  };

  // One at a time: what two documents share is embedded once.
  let last: Promise<unknown> = Promise.resolve();
  const { id, dimensions, maxInputTokens, maxTextsPerCall, maxTextsAtOnce, tokenizer } = model;
  return {
    id,
    dimensions,
    maxInputTokens,
    maxTextsPerCall,
    maxTextsAtOnce,
    tokenizer,
    embedQuery: (text, call) => model.embedQuery(text, call),
    embedPassages(texts, call) {
      const turn = last.then(async (): Promise<EmbeddedPassages> => {
        const missing = [...new Set(texts.filter((text) => !held.has(hashOf(text))))];
        const startedAt = performance.now();
        const truncated = await embedMissing(missing, call);
        const spent = (performance.now() - startedAt) / 1_000;
        const found = texts.map((text) => held.get(hashOf(text))!);
        account = {
          texts: account.texts + texts.length,
          seconds: account.seconds + found.reduce((sum, one) => sum + one.milliseconds, 0) / 1_000,
          spent: account.spent + spent,
        };
        return { vectors: found.map(({ vector }) => vector), truncated, tokens: 0 };
      });
      last = turn.catch(() => {});
      return turn;
    },
    takeAccount() {
      const taken = account;
      account = noAccount;
      return taken;
    },
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function encode(text: string, { vector, milliseconds }: Held): Buffer {
  const numbers = Float32Array.of(milliseconds, ...vector);
  return Buffer.concat([createHash('sha256').update(text).digest(), Buffer.from(numbers.buffer)]);
}

async function readRecords(file: string, recordBytes: number): Promise<Map<string, Held>> {
  const held = new Map<string, Held>();
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const whole = bytes.length - (bytes.length % recordBytes);
  for (let start = 0; start < whole; start += recordBytes) {
    const record = bytes.subarray(start, start + recordBytes);
    const numbers = new Float32Array(new Uint8Array(record.subarray(hashBytes)).buffer);
    held.set(record.subarray(0, hashBytes).toString('base64'), {
      milliseconds: numbers[0]!,
      vector: numbers.slice(1),
    });
  }
  if (whole < bytes.length) await truncate(file, whole);
  return held;
}
