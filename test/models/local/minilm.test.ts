import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelUnavailable } from '../../../domain/errors.ts';
import { createLocalEmbeddingModel, type LocalEmbeddingModel } from '../../../models/local/minilm.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import { describeEmbeddingModelContract } from '../embedding-model.contract.ts';

const folder = path.resolve(import.meta.dirname, '../../../assets/all-MiniLM-L6-v2');

describeEmbeddingModelContract('local/all-MiniLM-L6-v2', async () => {
  const model = await createLocalEmbeddingModel({ folder, telemetry: silentTelemetry });
  return { model, close: () => model.close() };
});

describe('createLocalEmbeddingModel', () => {
  let model: LocalEmbeddingModel;
  let truncatedQueries = 0;

  beforeAll(async () => {
    const telemetry = { ...silentTelemetry, count: () => (truncatedQueries += 1) };
    model = await createLocalEmbeddingModel({ folder, telemetry });
  });
  afterAll(() => model.close());

  it('gives the vectors of the weights that it was made from', async () => {
    // Made once by the 32-bit weights; 8 bits stay near.
    const vector = await model.embedQuery('hello world');
    expect(Array.from(vector.slice(0, 3), (value) => value.toFixed(2))).toEqual(['-0.04', '0.05', '0.01']);
  });

  it('gives a text the same vector alone, in company and as a query', async () => {
    const alone = await model.embedPassages(['cat']);
    const among = await model.embedPassages(['The invoice must be paid. '.repeat(9), 'cat', 'dog']);
    expect(among.vectors[1]).toEqual(alone.vectors[0]);
    expect(await model.embedQuery('cat')).toEqual(alone.vectors[0]);
  });

  it('answers a query before the passages that were there first', async () => {
    const finished: string[] = [];
    const passages = Array.from({ length: 24 }, (_, at) => `passage ${at} ${'word '.repeat(120)}`);
    await Promise.all([
      model.embedPassages(passages).then(() => finished.push('passages')),
      model.embedQuery('a question').then(() => finished.push('query')),
    ]);
    expect(finished).toEqual(['query', 'passages']);
  });

  it('lets a small call pass a large one', async () => {
    const finished: string[] = [];
    const passages = Array.from({ length: 24 }, (_, at) => `passage ${at} ${'word '.repeat(120)}`);
    await Promise.all([
      model.embedPassages(passages).then(() => finished.push('large')),
      model.embedPassages(['small']).then(() => finished.push('small')),
    ]);
    expect(finished).toEqual(['small', 'large']);
  });

  it('stops a call whose signal is raised on the way', async () => {
    const controller = new AbortController();
    const passages = Array.from({ length: 64 }, (_, at) => `passage ${at} ${'word '.repeat(120)}`);
    const call = model.embedPassages(passages, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(call).rejects.toThrow('enough');
    expect((await model.embedPassages(['next'])).vectors).toHaveLength(1);
  });

  it('counts a query that it truncates', async () => {
    await model.embedQuery('word '.repeat(300));
    expect(truncatedQueries).toBe(1);
  });

  it('refuses work after it is closed', async () => {
    const closed = await createLocalEmbeddingModel({ folder, telemetry: silentTelemetry });
    const running = closed.embedPassages(['word '.repeat(200)]);
    const failed = expect(running).rejects.toBeInstanceOf(ModelUnavailable);
    await closed.close();
    await failed;
    await expect(closed.embedPassages(['x'])).rejects.toBeInstanceOf(ModelUnavailable);
  });

  it('closes at any moment of a run, without taking the process with it', async () => {
    for (const pauseMs of [0, 4, 9, 15, 22, 30]) {
      const closing = await createLocalEmbeddingModel({ folder, telemetry: silentTelemetry });
      const running = closing.embedPassages(Array.from({ length: 8 }, () => 'word '.repeat(250)));
      const ended = running.catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      await closing.close();
      const outcome = await ended;
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ModelUnavailable);
    }
  });

  it('names the folder where there is no model', async () => {
    const empty = await mkdtemp(path.join(tmpdir(), 'no-model-'));
    const opening = createLocalEmbeddingModel({ folder: empty, telemetry: silentTelemetry });
    await expect(opening).rejects.toThrow(ModelUnavailable);
    await expect(opening).rejects.toThrow(empty);
    await rm(empty, { recursive: true });
  });
});
