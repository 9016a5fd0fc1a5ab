import { describe, expect, it } from 'vitest';
import type { Document } from '../../domain/document.ts';
import {
  BraidError,
  DocumentRefused,
  EngineUnavailable,
  InvalidInput,
  SourceConflict,
} from '../../domain/errors.ts';
import type { WriteResult } from '../../domain/ingest.ts';
import { createScopeMaker } from '../../identity/scope.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import { createIngestSource } from '../../ingest/ingest-source.ts';
import type { Source } from '../../sources/source.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';

const scope = createScopeMaker({ accessRequired: () => false }).operator('t');

function sourceOf(...ids: string[]): Source {
  return {
    async *items() {
      for (const documentId of ids) {
        yield {
          name: `file ${documentId}`,
          load: async (): Promise<Document> => ({ documentId, source: 's', content: documentId }),
        };
      }
    },
  };
}

function resultOf(documentId: string, outcome: WriteResult['outcome'] = 'indexed'): WriteResult {
  return { documentId, outcome, version: 1n, chunks: 2, embedded: 1, truncated: 0, conflicting: false };
}

function idOf(change: Parameters<Ingest>[1]): string {
  return change.operation === 'upsert' ? change.document.documentId : change.documentId;
}

describe('createIngestSource', () => {
  it('accounts for every document: seen = indexed + unchanged + stale + refused', async () => {
    const ingest: Ingest = async (_, change) => {
      const id = idOf(change);
      if (id === 'big') throw new DocumentRefused('too_large', 'Cannot read big');
      if (id === 'bad') throw new InvalidInput('documentId', 'Expected another id');
      if (id === 'theirs') throw new SourceConflict('Cannot write theirs', 'other');
      return resultOf(id, id === 'same' ? 'unchanged' : id === 'old' ? 'stale' : 'indexed');
    };
    const source = sourceOf('a', 'big', 'same', 'bad', 'old', 'theirs', 'b');
    const report = await createIngestSource(ingest, 2, silentTelemetry)(scope, source);
    expect(report.documents).toEqual({
      seen: 7,
      indexed: 2,
      unchanged: 1,
      stale: 1,
      refused: { too_large: 1, invalid_document: 1, source_conflict: 1 },
    });
    expect(report.refusals.map(({ name }) => name).toSorted()).toEqual([
      'file bad',
      'file big',
      'file theirs',
    ]);
    expect(report).toMatchObject({ chunks: 8, embedded: 4 });
  });

  it('refuses an id that comes twice in one run and keeps the first', async () => {
    const taken: string[] = [];
    const ingest: Ingest = async (_, change) => {
      taken.push(idOf(change));
      return resultOf(idOf(change));
    };
    const report = await createIngestSource(ingest, 3, silentTelemetry)(scope, sourceOf('a', 'a'));
    expect(taken).toEqual(['a']);
    expect(report.refusals).toMatchObject([
      { reason: 'invalid_document', message: expect.stringContaining('came twice') },
    ]);
  });

  it('waits for an engine that is away and goes on', async () => {
    let calls = 0;
    const ingest: Ingest = async (_, change) => {
      calls += 1;
      if (calls < 3) throw new EngineUnavailable('Cannot reach the engine');
      return resultOf(idOf(change));
    };
    const report = await createIngestSource(ingest, 1, silentTelemetry)(scope, sourceOf('a'));
    expect(report.documents.indexed).toBe(1);
    expect(calls).toBe(3);
  });

  it('ends with the error of what is no document, and takes nothing more', async () => {
    let calls = 0;
    const ingest: Ingest = async () => {
      calls += 1;
      throw new TypeError('a bug');
    };
    const ids = Array.from({ length: 50 }, (_, at) => `d${at}`);
    await expect(createIngestSource(ingest, 2, silentTelemetry)(scope, sourceOf(...ids))).rejects.toThrow(
      'a bug',
    );
    expect(calls).toBeLessThanOrEqual(2);
  });

  it('reports a document that the engine refuses, and goes on', async () => {
    const ingest: Ingest = async (_, change) => {
      if (idOf(change) === 'bad') throw new BraidError('engine_rejection', 'Cannot map the document');
      return resultOf(idOf(change));
    };
    const report = await createIngestSource(ingest, 1, silentTelemetry)(scope, sourceOf('bad', 'good'));
    expect(report.documents).toMatchObject({ indexed: 1, refused: { engine_rejection: 1 } });
  });

  it('finishes what runs before it reports that its source failed', async () => {
    let running = 0;
    const source: Source = {
      async *items() {
        yield { name: 'a', load: async () => ({ documentId: 'a', source: 's', content: 'x' }) };
        await new Promise((resolve) => setTimeout(resolve, 2));
        throw new InvalidInput('path', 'Cannot list the folder');
      },
    };
    const ingest: Ingest = async (_, change) => {
      running += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      return resultOf(idOf(change));
    };
    await expect(createIngestSource(ingest, 2, silentTelemetry)(scope, source)).rejects.toThrow(
      'Cannot list',
    );
    expect(running).toBe(0);
  });

  it('lists no faster than it takes in', async () => {
    let listed = 0;
    let done = 0;
    let widest = 0;
    const source: Source = {
      async *items() {
        for (let at = 0; at < 60; at += 1) {
          listed += 1;
          widest = Math.max(widest, listed - done);
          yield { name: `${at}`, load: async () => ({ documentId: `d${at}`, source: 's', content: 'x' }) };
        }
      },
    };
    const ingest: Ingest = async (_, change) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      done += 1;
      return resultOf(idOf(change));
    };
    await createIngestSource(ingest, 4, silentTelemetry)(scope, source);
    expect(widest).toBeLessThanOrEqual(4 + 8 + 2);
  });

  it('stops at the abort of the caller', async () => {
    const caller = new AbortController();
    const ingest: Ingest = async (_, change) => {
      caller.abort(new Error('stopped'));
      return resultOf(idOf(change));
    };
    const run = createIngestSource(ingest, 1, silentTelemetry)(scope, sourceOf('a', 'b', 'c'), {
      signal: caller.signal,
    });
    await expect(run).rejects.toThrow('stopped');
  });
});
