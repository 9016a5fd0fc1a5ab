import { describe, expect, it } from 'vitest';
import { createTenantTurns } from '../../domain/tenant-turns.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import { shareEmbeddingModel } from '../../models/tenant-shares.ts';
import { unasked } from './local/guardrail/guardrail-under-test.ts';

describe('shareEmbeddingModel', () => {
  it('lets what a request waits for go beside passages in the background, and holds both to their share', async () => {
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const model = shareEmbeddingModel<EmbeddingModel>(
      {
        ...unasked,
        embedPassages: ([text = '']) =>
          new Promise((resolve) => {
            begun.push(text);
            ends.push(() => resolve({ vectors: [], truncated: 0, tokens: 1 }));
          }),
      },
      (what) => createTenantTurns({ atOnce: Number.POSITIVE_INFINITY, tenantAtOnce: 1, what }),
    );
    const request = { tenantId: 't', failureBudget: { left: 3 } };
    const all = [
      model.embedPassages(['document 1'], { tenantId: 't' }),
      model.embedPassages(['document 2'], { tenantId: 't' }),
      model.embedPassages(['check 1'], request),
      model.embedPassages(['check 2'], request),
    ];
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual(['document 1', 'check 1']);
    while (begun.length < 4 || ends.length > 0) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    expect(begun.toSorted()).toEqual(['check 1', 'check 2', 'document 1', 'document 2']);
  });
});
