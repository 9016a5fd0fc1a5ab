import { describe, expect, it } from 'vitest';
import { InvalidConfiguration } from '../../domain/errors.ts';
import { type ChunkingRule, createChooseChunker } from '../../ingest/choose-chunker.ts';
import type { ChunkedModel } from '../../ingest/chunk.ts';
import { wordTokenizer } from './chunkers/parsed-documents.ts';

const model: ChunkedModel = {
  id: 'words',
  maxInputTokens: 42,
  tokenizer: wordTokenizer,
};

describe('createChooseChunker', () => {
  it('gives one chunker for everything where there are no rules', () => {
    const choose = createChooseChunker({ strategy: 'none' }, model);
    expect(choose({ source: 'a', mediaType: 'text/plain' })).toBe(choose({ source: 'b', mediaType: 'x/y' }));
  });

  it('lets the first rule decide that fits source and media type', () => {
    const rules: ChunkingRule[] = [
      { source: 'wiki', mediaType: 'text/markdown', chunking: { strategy: 'default', maxTokens: 21 } },
      { source: 's3://*', chunking: { strategy: 'default', maxTokens: 22 } },
      { mediaType: 'text/*', chunking: { strategy: 'default', maxTokens: 23 } },
    ];
    const choose = createChooseChunker(rules, model);
    const recipeOf = (source: string, mediaType: string) => choose({ source, mediaType }).recipe;
    expect(recipeOf('wiki', 'text/markdown')).toContain('"maxTokens":21');
    expect(recipeOf('wiki', 'text/plain')).toContain('"maxTokens":23');
    expect(recipeOf('s3://bucket', 'text/markdown')).toContain('"maxTokens":22');
    expect(recipeOf('wiki/', 'application/pdf')).toBe(
      createChooseChunker({ strategy: 'default' }, model)({ source: '', mediaType: '' }).recipe,
    );
  });

  it('leaves the recipes of other documents as they are when one rule changes', () => {
    const recipes = (maxTokens: number) => {
      const choose = createChooseChunker(
        [{ source: 'wiki', chunking: { strategy: 'default', maxTokens } }],
        model,
      );
      return ['wiki', 'files'].map((source) => choose({ source, mediaType: 'text/plain' }).recipe);
    };
    const [before, after] = [recipes(20), recipes(30)];
    expect(before[0]).not.toBe(after[0]);
    expect(before[1]).toBe(after[1]);
  });

  it('refuses parameters of a rule that is never used', () => {
    const rules: ChunkingRule[] = [{ source: 'a', chunking: { strategy: 'default', maxTokens: 1 } }];
    expect(() => createChooseChunker(rules, model)).toThrow(InvalidConfiguration);
  });
});
