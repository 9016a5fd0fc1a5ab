import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chunkIdOf } from '../../domain/chunk.ts';
import type { Document } from '../../domain/document.ts';
import {
  DocumentRefused,
  InvalidInput,
  NotFound,
  SourceConflict,
  VersionMismatch,
} from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import { createScopeMaker } from '../../identity/scope.ts';
import type { Chunker } from '../../ingest/chunk.ts';
import { createIngest, type Ingest } from '../../ingest/ingest.ts';
import type { Parser } from '../../ingest/parse.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import { createSqliteEngine, type SqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';

const scopes = createScopeMaker({ accessRequired: () => false });

/** Each test has a tenant of its own. */
let tenants = 0;
let scope: Scope;
let reader: Scope;
let folder: string;
let adapter: SqliteEngine;
let parsed: string[];
let embedded: string[];
let ingest: Ingest;

/** One chunk a line; a line "boom" cannot be read. */
function build(recipe: string): Ingest {
  const parser: Parser = {
    recipe: 'lines',
    async parse({ name, content }) {
      parsed.push(name);
      const text = Buffer.from(content).toString();
      if (text.includes('boom')) throw new DocumentRefused('corrupt', `Cannot parse ${name}`);
      const links = text.includes('link') ? ['b.md', 'https://example.org/'] : [];
      const flags = text.includes('hide') ? (['hidden_text'] as const) : [];
      return { text, mediaType: 'text/plain', title: 'found title', blocks: [], links, flags };
    },
    async close() {},
  };
  const chunker: Chunker = {
    recipe,
    embedHeadings: true,
    async chunk(document, { tenantId, documentId }) {
      let start = 0;
      const chunks = document.text.split('\n').map((text, ordinal) => {
        const chunk = {
          chunkId: chunkIdOf(tenantId, documentId, ordinal),
          documentId,
          ordinal,
          text,
          headingPath: [],
          start,
          end: start + text.length,
          tokens: 3,
        };
        start += text.length + 1;
        return chunk;
      });
      const filled = chunks.filter(({ text }) => text !== '');
      return {
        chunks: filled,
        parents: [],
        embeddedTexts: filled.map(({ text }) => text),
        breakpointTexts: 0,
      };
    },
  };
  const ports = { parser, chooseChunker: () => chunker, model, documents: adapter.documents };
  return createIngest({ ...ports, telemetry: silentTelemetry });
}

const model: EmbeddingModel = {
  id: 'test/letters',
  dimensions: 4,
  maxInputTokens: 100,
  maxTextsPerCall: 10,
  maxTextsAtOnce: 256,
  tokenizer: { count: (text) => text.length, specialTokens: 0 },
  async embedPassages(texts) {
    embedded.push(...texts);
    return { vectors: texts.map(vectorOf), truncated: 0, tokens: 0 };
  },
  embedQuery: async (text) => vectorOf(text),
};

function vectorOf(text: string): Float32Array {
  const vector = Float32Array.from([1, 2, 3, 4], (at) => text.charCodeAt(text.length - at) || 1);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function upsert(content: string, more: Partial<Document> = {}) {
  return { operation: 'upsert', document: { documentId: 'd', source: 's', content, ...more } } as const;
}

async function chunkTexts(documentId = 'd'): Promise<string[]> {
  return (await adapter.documents.chunks(reader, documentId)).map(({ text }) => text);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-ingest-'));
  adapter = await createSqliteEngine({
    folder,
    embedding: { modelId: model.id, dimensions: model.dimensions },
    telemetry: silentTelemetry,
  });
});

beforeEach(() => {
  tenants += 1;
  scope = scopes.operator(`tenant-${tenants}`);
  reader = scopes.reader(`tenant-${tenants}`);
  parsed = [];
  embedded = [];
  ingest = build('one');
});

afterAll(async () => {
  await adapter.close();
  await rm(folder, { recursive: true, force: true });
});

describe('createIngest', () => {
  it('indexes a document once and knows it when it comes again', async () => {
    expect(await ingest(scope, upsert('one\ntwo'))).toMatchObject({
      outcome: 'indexed',
      version: 1n,
      chunks: 2,
      embedded: 2,
    });
    expect(await ingest(scope, upsert('one\ntwo'))).toMatchObject({
      outcome: 'unchanged',
      version: 1n,
      chunks: 0,
      embedded: 0,
    });
    expect(parsed).toEqual(['d']);
    expect(await chunkTexts()).toEqual(['one', 'two']);
  });

  it('keeps links and flags of the content with it, whatever else changes', async () => {
    const kept = async () => {
      const content = (await adapter.documents.record(scope, 'd'))?.record.content;
      return { links: content?.links, flags: content?.flags };
    };
    const uri = 'https://example.org/docs/a.md';
    await ingest(scope, upsert('link\nhide', { uri }));
    const found = {
      links: ['https://example.org/docs/b.md', 'https://example.org/'],
      flags: ['hidden_text'],
    };
    expect(await kept()).toEqual(found);
    await ingest(scope, { operation: 'patch', documentId: 'd', metadata: { a: 'b' } });
    expect(await kept()).toEqual(found);
    await ingest(scope, { operation: 'patch', documentId: 'd', source: 's', label: { title: 'new', uri } });
    expect(await kept()).toEqual(found);
    await ingest(scope, upsert('link\nhide', { title: 'new', uri, metadata: { c: 'd' } }));
    expect(await kept()).toEqual(found);
    await ingest(scope, upsert('plain', { uri }));
    expect(await kept()).toEqual({ links: undefined, flags: undefined });
  });

  it('resolves links anew when only the address changes, also by metadata `links` and back again', async () => {
    const links = async () => {
      const shown = (await adapter.documents.record(scope, 'd'))?.record.content?.links;
      const { facets } = await adapter.engine.find(reader, { facets: [{ key: 'links' }] });
      const counted = facets?.flatMap((facet) => ('values' in facet ? facet.values : []));
      expect(counted?.map(({ value }) => value).sort()).toEqual([...(shown ?? [])].sort());
      return shown;
    };
    const at = (uri: string) => [new URL('b.md', uri).href, 'https://example.org/'];
    const [first, second, third] = ['https://a.example/x/', 'https://b.example/y/', 'https://c.example/z/'];
    await ingest(scope, upsert('link', { uri: first }));
    expect(await links()).toEqual(at(first));
    await ingest(scope, upsert('link', { uri: second }));
    expect(await links()).toEqual(at(second));
    await ingest(scope, upsert('link'));
    expect(await links()).toEqual(['b.md', 'https://example.org/']);
    // By a patch of the address alone, then of the title with it.
    const patch = { operation: 'patch', documentId: 'd', source: 's' } as const;
    await ingest(scope, { ...patch, label: { uri: third } });
    expect(await links()).toEqual(at(third));
    await ingest(scope, { ...patch, metadata: { a: 'b' } });
    expect(await links()).toEqual(at(third));
    await ingest(scope, { ...patch, label: { uri: first, title: 'new' } });
    expect(await links()).toEqual(at(first));
    await ingest(scope, { ...patch, label: { title: 'newer' } });
    expect(await links()).toEqual(['b.md', 'https://example.org/']);
    expect(parsed).toHaveLength(1);
  });

  it('embeds only the text that is new', async () => {
    await ingest(scope, upsert('one\ntwo'));
    expect(await ingest(scope, upsert('one\nthree'))).toMatchObject({
      outcome: 'updated',
      version: 2n,
      embedded: 1,
    });
    expect(embedded.map((text) => text.split('\n').at(-1))).toEqual(['one', 'two', 'three']);
  });

  it('leaves nothing of a longer older state', async () => {
    await ingest(scope, upsert('a\nb\nc\nd\ne'));
    await ingest(scope, upsert('a\nz'));
    expect(await chunkTexts()).toEqual(['a', 'z']);
  });

  it('parses and embeds nothing for metadata and access', async () => {
    await ingest(scope, upsert('one'));
    await ingest(scope, { operation: 'patch', documentId: 'd', metadata: { year: 2026 } });
    await ingest(scope, { operation: 'patch', documentId: 'd', access: { allow: [] } });
    await ingest(scope, { operation: 'patch', documentId: 'd', expiresAt: '2999-01-01T01:00:00+01:00' });
    const patched = (await adapter.documents.record(scope, 'd'))!.record;
    expect(patched.access?.value).toEqual({ allow: [] });
    expect(patched.expiry?.value).toBe('2999-01-01T00:00:00.000Z');
    await ingest(scope, upsert('one', { metadata: { year: 2027 } }));
    expect([parsed.length, embedded.length]).toEqual([1, 1]);
    const record = (await adapter.documents.record(scope, 'd'))!.record;
    expect(record.metadata?.value).toEqual({ year: 2027 });
    expect(record.content?.title).toBe('found title');
  });

  it('never goes back in version and never brings a deleted document back', async () => {
    await ingest(scope, upsert('new', { version: 5n }));
    expect(await ingest(scope, upsert('old', { version: 4n }))).toMatchObject({
      outcome: 'stale',
      version: 5n,
    });
    await ingest(scope, { operation: 'delete', documentId: 'd', source: 's', version: 9n });
    expect(await ingest(scope, upsert('late', { version: 8n }))).toMatchObject({ outcome: 'stale' });
    expect(await chunkTexts()).toEqual([]);
    expect(await ingest(scope, upsert('again', { version: 10n }))).toMatchObject({ outcome: 'indexed' });
    expect(await chunkTexts()).toEqual(['again']);
  });

  it('parks a patch until its document comes', async () => {
    const patch = {
      operation: 'patch',
      documentId: 'd',
      source: 's',
      version: 7n,
      metadata: { lang: 'en' },
    } as const;
    expect(await ingest(scope, patch)).toMatchObject({ outcome: 'parked' });
    await ingest(scope, upsert('text', { version: 3n, metadata: { lang: 'de' } }));
    expect((await adapter.documents.record(scope, 'd'))!.record.metadata?.value).toEqual({ lang: 'en' });
    expect(await chunkTexts()).toEqual(['text']);
  });

  it('chunks again when the recipe has changed, without embedding text that is known', async () => {
    await ingest(scope, upsert('one\ntwo'));
    expect(await build('two')(scope, upsert('one\ntwo'))).toMatchObject({
      outcome: 'updated',
      version: 1n,
      chunks: 2,
      embedded: 0,
    });
    expect(parsed).toEqual(['d', 'd']);
  });

  it('lends the title of an older event to no document', async () => {
    await ingest(scope, upsert('same bytes', { title: 'new title', version: 5n }));
    const later = build('two');
    expect(await later(scope, upsert('same bytes', { title: 'old title', version: 3n }))).toMatchObject({
      outcome: 'stale',
    });
    await later(scope, upsert('same bytes', { title: 'new title', version: 5n }));
    const { record } = (await adapter.documents.record(scope, 'd'))!;
    expect(record.content).toMatchObject({ version: 5n, title: 'new title' });
    expect(parsed).toHaveLength(2);
  });

  it('remembers a later deletion of what is deleted already', async () => {
    await ingest(scope, upsert('text', { version: 1n }));
    await ingest(scope, { operation: 'delete', documentId: 'd', version: 5n });
    await ingest(scope, { operation: 'delete', documentId: 'd', version: 9n });
    expect(await ingest(scope, upsert('late', { version: 7n }))).toMatchObject({ outcome: 'stale' });
  });

  it('keeps the stored document when its new state cannot be parsed', async () => {
    await ingest(scope, upsert('fine'));
    await expect(ingest(scope, upsert('boom'))).rejects.toThrow(DocumentRefused);
    expect(await chunkTexts()).toEqual(['fine']);
    expect((await adapter.documents.record(scope, 'd'))!.record.content?.version).toBe(1n);
  });

  it('refuses a document without text and another source', async () => {
    await expect(ingest(scope, upsert(''))).rejects.toThrow(DocumentRefused);
    await ingest(scope, upsert('mine'));
    await expect(ingest(scope, upsert('theirs', { source: 'other' }))).rejects.toThrow(SourceConflict);
    expect(await chunkTexts()).toEqual(['mine']);
  });

  it('holds the stored version against the one that the caller names', async () => {
    await expect(ingest(scope, upsert('a'), 1n)).rejects.toThrow(VersionMismatch);
    await ingest(scope, upsert('a'), null);
    await expect(ingest(scope, upsert('b'), null)).rejects.toThrow(VersionMismatch);
    await expect(ingest(scope, upsert('b'), 2n)).rejects.toThrow(VersionMismatch);
    await ingest(scope, upsert('b'), 1n);
    expect(await chunkTexts()).toEqual(['b']);
  });

  it('answers that there is nothing to patch or delete', async () => {
    await expect(ingest(scope, { operation: 'delete', documentId: 'none' })).rejects.toThrow(NotFound);
    await expect(ingest(scope, { operation: 'patch', documentId: 'none', metadata: {} })).rejects.toThrow(
      NotFound,
    );
    await expect(ingest(scope, { operation: 'patch', documentId: 'none' })).rejects.toThrow(InvalidInput);
  });

  it('ends with one of the states when many write one document at once', async () => {
    const contents = Array.from({ length: 12 }, (_, at) => `text ${at}\nline`);
    const results = await Promise.all(contents.map((content) => ingest(scope, upsert(content))));
    expect(new Set(results.map(({ version }) => version)).size).toBe(12);
    const last = results.findIndex(({ version }) => version === 12n);
    expect(await chunkTexts()).toEqual(contents[last]!.split('\n'));
    expect(parsed).toHaveLength(12);
  });
});
