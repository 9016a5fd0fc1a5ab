import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Braid, createBraid } from '../braid.ts';
import { collectAnswer } from '../cli/collect-answer.ts';
import { loadConfig } from '../config.ts';
import type { AnswerRequest } from '../domain/answer.ts';

let folder: string;
let braid: Braid;
const ask = (tenantId: string, request: Omit<AnswerRequest, 'question'> = {}) =>
  collectAnswer(
    braid.pipeline.answer(braid.scopes.reader(tenantId), { question: 'Say abracadabra', ...request }),
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-pipeline-'));
  const overrides = {
    data: folder,
    log: { level: 'silent' as const },
    search: { tenants: { ranked: { defaults: { fusion: { method: 'rrf' as const } } } } },
    guardrails: { input: { words: ['abracadabra'] } },
  };
  braid = await createBraid(await loadConfig({ overrides, environment: {}, cwd: folder }));
}, 60_000);
afterAll(async () => {
  await braid.close();
  await rm(folder, { recursive: true, force: true });
});

describe('answer', () => {
  it("checks its search by the tenant's defaults before a guardrail or a model is asked", async () => {
    const search = { minimumScore: { on: 'fused', value: 0.1 } } as const;
    expect(await ask('other', { search })).toMatchObject({ endReason: 'guardrail_intervened' });
    await expect(ask('ranked', { search })).rejects.toMatchObject({ field: 'search.minimumScore' });
  });

  it("echoes the tenant's defaults also where the question is refused", async () => {
    expect((await ask('ranked')).search.fusion.method).toBe('rrf');
    expect((await ask('other')).search.fusion.method).toBe('linear');
  });
});
