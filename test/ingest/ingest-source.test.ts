import { describe, expect, it } from 'vitest';
import type { Document } from '../../domain/document.ts';
import type { DocumentRecord } from '../../domain/document-record.ts';
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
import { createIngestSource, type IngestSourceOptions } from '../../ingest/ingest-source.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
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
  return {
    documentId,
    outcome,
    version: 1n,
    chunks: 2,
    embedded: 1,
    truncated: 0,
    breakpointTexts: 0,
    conflicting: false,
  };
}

function idOf(change: Parameters<Ingest>[1]): string {
  return change.operation === 'upsert' ? change.document.documentId : change.documentId;
}

const unused = () => Promise.reject(new Error('not expected here'));

/** A store that lists records, by the bytes of their ids, and takes no other call. */
function documentsOf(records: readonly DocumentRecord[] = []): DocumentStore {
  const sorted = records.toSorted((left, right) =>
    Buffer.compare(Buffer.from(left.documentId), Buffer.from(right.documentId)),
  );
  return {
    record: unused,
    chunks: unused,
    vectors: unused,
    replace: unused,
    refresh: async () => {},
    async list(_, { after = '', limit }) {
      const rest = sorted.filter(
        ({ documentId }) => Buffer.compare(Buffer.from(documentId), Buffer.from(after)) > 0,
      );
      const page = rest.slice(0, limit);
      return { records: page, ...(rest.length > limit && { next: page.at(-1)!.documentId }) };
    },
  };
}

function sourceIngester(ingest: Ingest, concurrency: number, documents: DocumentStore = documentsOf()) {
  return createIngestSource(
    { ingest, documents, recipeOf: () => 'r', telemetry: silentTelemetry },
    { concurrency, maxMissingPercentage: 20 },
  );
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
    const report = await sourceIngester(ingest, 2)(scope, source);
    expect(report.documents).toEqual({
      seen: 7,
      indexed: 2,
      unchanged: 1,
      stale: 1,
      removed: 0,
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
    const report = await sourceIngester(ingest, 3)(scope, sourceOf('a', 'a'));
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
    const report = await sourceIngester(ingest, 1)(scope, sourceOf('a'));
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
    await expect(sourceIngester(ingest, 2)(scope, sourceOf(...ids))).rejects.toThrow('a bug');
    expect(calls).toBeLessThanOrEqual(2);
  });

  it('reports a document that the engine refuses, and goes on', async () => {
    const ingest: Ingest = async (_, change) => {
      if (idOf(change) === 'bad') throw new BraidError('engine_rejection', 'Cannot map the document');
      return resultOf(idOf(change));
    };
    const report = await sourceIngester(ingest, 1)(scope, sourceOf('bad', 'good'));
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
    await expect(sourceIngester(ingest, 2)(scope, source)).rejects.toThrow('Cannot list');
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
    await sourceIngester(ingest, 4)(scope, source);
    expect(widest).toBeLessThanOrEqual(4 + 8 + 2);
  });

  it('stops at the abort of the caller', async () => {
    const caller = new AbortController();
    const ingest: Ingest = async (_, change) => {
      caller.abort(new Error('stopped'));
      return resultOf(idOf(change));
    };
    const run = sourceIngester(ingest, 1)(scope, sourceOf('a', 'b', 'c'), {
      signal: caller.signal,
    });
    await expect(run).rejects.toThrow('stopped');
  });
});

describe('createIngestSource on a source of a collection', () => {
  const record = (documentId: string, over: Partial<DocumentRecord> = {}): DocumentRecord => ({
    tenantId: 't',
    documentId,
    source: 's',
    chunks: 1,
    recipe: 'r',
    updatedAt: '2026-01-01T00:00:00Z',
    origin: { tag: `tag of ${documentId}` },
    content: {
      version: 3n,
      deleted: false,
      eventHash: '',
      contentHash: 'h',
      mediaType: 'text/plain',
      bytes: 1,
      uri: `u:${documentId}`,
      claimed: {},
    },
    ...over,
  });

  interface Listed {
    readonly id: string;
    readonly tag?: string;
    readonly unlisted?: string;
  }

  /** Runs against stored records and returns the report and what was loaded and deleted. */
  async function run(
    stored: readonly DocumentRecord[],
    listed: readonly (string | Listed)[],
    options: IngestSourceOptions & { readonly fails?: boolean; readonly uriPrefix?: string } = {},
  ) {
    const loaded: string[] = [];
    const deleted: [string, bigint | null | undefined][] = [];
    const ingest: Ingest = async (_, change, ifVersion) => {
      if (change.operation === 'delete') deleted.push([change.documentId, ifVersion]);
      return resultOf(idOf(change));
    };
    const source: Source = {
      collections: [
        {
          source: 's',
          idPrefix: 'p/',
          ...(options.uriPrefix !== undefined && { uriPrefix: options.uriPrefix }),
        },
      ],
      async *items() {
        for (const entry of listed) {
          const { id, tag, unlisted }: Listed = typeof entry === 'string' ? { id: entry } : entry;
          yield {
            name: id,
            documentId: id,
            ...(tag !== undefined && { tag }),
            ...(unlisted !== undefined && { unlisted }),
            async load() {
              loaded.push(id);
              if (unlisted !== undefined) throw new DocumentRefused('unreadable', 'no');
              return { documentId: id, source: 's', content: id };
            },
          };
        }
        if (options.fails === true) throw new Error('the listing broke');
      },
    };
    const report = await sourceIngester(ingest, 2, documentsOf(stored))(scope, source, options);
    return { report, loaded, deleted };
  }

  const ten = Array.from({ length: 10 }, (_, at) => `p/${at}`);

  it('loads what is new or changed and nothing else', async () => {
    const stored = [
      record('p/same'),
      record('p/changed'),
      record('p/other-recipe', { recipe: 'old' }),
      record('p/untagged', { origin: { tag: 'x' } }),
    ];
    const { report, loaded } = await run(stored, [
      { id: 'p/same', tag: 'tag of p/same' },
      { id: 'p/changed', tag: 'another' },
      { id: 'p/other-recipe', tag: 'tag of p/other-recipe' },
      'p/untagged',
      { id: 'p/new', tag: 'tag of p/new' },
    ]);
    expect(loaded.toSorted()).toEqual(['p/changed', 'p/new', 'p/other-recipe', 'p/untagged']);
    expect(report.documents).toMatchObject({ seen: 5, unchanged: 1, indexed: 4, removed: 0 });
  });

  it('deletes what is gone, at the version that it knew, and nothing of other places', async () => {
    const stored = [
      ...ten.map((id) => record(id)),
      record('p/theirs', { source: 'other' }),
      record('p0'),
      record('o'),
    ];
    const { report, deleted } = await run(stored, ten.slice(2));
    expect(deleted).toEqual([
      ['p/0', 3n],
      ['p/1', 3n],
    ]);
    expect(report.documents.removed).toBe(2);
    expect(report.withheld).toEqual([]);
  });

  it('deletes nothing where more than the share is missing, whatever came new', async () => {
    const stored = ten.map((id) => record(id));
    const fresh = Array.from({ length: 50 }, (_, at) => `p/new-${at}`);
    const { report, deleted } = await run(stored, [...ten.slice(3), ...fresh]);
    expect(deleted).toEqual([]);
    expect(report.withheld).toEqual([{ place: 'p/', known: 10, missing: 3, maxMissingPercentage: 20 }]);
    expect((await run(stored, [])).report.withheld).toMatchObject([{ missing: 10 }]);
    expect((await run(stored, [], { maxMissingPercentage: 100 })).report.documents.removed).toBe(10);
    expect((await run(stored, ten.slice(1), { maxMissingPercentage: 0 })).deleted).toEqual([]);
  });

  it('deletes nothing when told so, or when the listing broke or could not see the place', async () => {
    const stored = ten.map((id) => record(id));
    expect((await run(stored, ten.slice(1), { keepMissing: true })).deleted).toEqual([]);
    await expect(run(stored, ten.slice(1), { fails: true })).rejects.toThrow('the listing broke');
    const hidden = await run(stored, [...ten.slice(2), { id: 'p/', unlisted: 'p/0' }]);
    expect(hidden.deleted).toEqual([['p/1', 3n]]);
  });

  it('keeps what is listed and refused', async () => {
    const stored = ten.map((id) => record(id));
    const { deleted, report } = await run(stored, [...ten.slice(1), { id: 'p/0', unlisted: 'elsewhere' }]);
    expect(report.documents.refused).toEqual({ unreadable: 1 });
    expect(deleted).toEqual([]);
  });

  it('deletes nothing of another place that has the same ids', async () => {
    const stored = ten.map((id) => record(id));
    expect((await run(stored, ten.slice(1), { uriPrefix: 'u:p/' })).deleted).toHaveLength(1);
    expect((await run(stored, ten.slice(1), { uriPrefix: 'v:' })).deleted).toEqual([]);
  });
});
