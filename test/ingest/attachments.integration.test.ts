import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chunkIdOf } from '../../domain/chunk.ts';
import { isLive } from '../../domain/document-record.ts';
import { EngineUnavailable } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import { createScopeMaker } from '../../identity/scope.ts';
import { attachmentId, attachmentSource } from '../../ingest/attachments.ts';
import { createIngest, type Ingest } from '../../ingest/ingest.ts';
import { createIngestSource } from '../../ingest/ingest-source.ts';
import { parseContent } from '../../ingest/parsers/parse-content.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import { createOpenSearchEngine } from '../../search-engine/opensearch/create-opensearch-engine.ts';
import { createSqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import type { Source } from '../../sources/source.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { removeIndices } from '../end-to-end/remove-indices.ts';
import { describeWithOpenSearch } from '../servers/describe-with-opensearch.ts';
import { type MadeMail, makeMail } from './parsers/make-mail.ts';

const scopes = createScopeMaker({ accessRequired: () => false });
const embedding = { modelId: 'test/letters', dimensions: 4 };
let adapter: Engine;
let tenants = 0;
let scope: Scope;
/** Ids whose next write fails, as when the process died there. */
let failing: Set<string>;

interface Engine {
  readonly documents: DocumentStore;
  close(): Promise<void>;
}

async function openSqlite(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'braid-attachments-'));
  const { documents, close } = await createSqliteEngine({ folder, embedding, telemetry: silentTelemetry });
  return {
    documents,
    async close() {
      await close();
      await rm(folder, { recursive: true });
    },
  };
}

async function openOpenSearch(url: string): Promise<Engine> {
  const indexPrefix = `attachments-${process.pid}`;
  const connection = { url, indexPrefix, shards: 1, replicas: 0 };
  const { documents, close } = await createOpenSearchEngine({
    connection,
    embedding,
    telemetry: silentTelemetry,
  });
  return {
    documents,
    async close() {
      await close();
      await removeIndices(url, indexPrefix);
    },
  };
}

beforeEach(() => {
  tenants += 1;
  scope = scopes.operator(`mail-${tenants}`);
  failing = new Set();
});

/** Parses in this process, and makes one chunk of each document. */
function build(): Ingest {
  return createIngest({
    parser: { recipe: 'real', parse: (input) => parseContent(input), async close() {} },
    chooseChunker: () => ({
      recipe: 'whole',
      embedHeadings: true,
      async chunk({ text }, { tenantId, documentId }) {
        const chunk = { chunkId: chunkIdOf(tenantId, documentId, 0), documentId, ordinal: 0, text };
        return {
          chunks: [{ ...chunk, headingPath: [], start: 0, end: text.length, tokens: 3 }],
          parents: [],
          embeddedTexts: [text],
          breakpointTexts: 0,
        };
      },
    }),
    model: {
      id: 'test/letters',
      dimensions: 4,
      maxInputTokens: 100,
      maxTextsPerCall: 10,
      maxTextsAtOnce: 256,
      tokenizer: { count: (text) => text.length, specialTokens: 0 },
      embedPassages: async (texts) => ({
        vectors: texts.map(() => Float32Array.of(1, 0, 0, 0)),
        truncated: 0,
        tokens: 0,
      }),
      embedQuery: async () => Float32Array.of(1, 0, 0, 0),
    },
    documents: {
      ...adapter.documents,
      record: (...given) => adapter.documents.record(...given),
      vectors: (...given) => adapter.documents.vectors(...given),
      chunks: (...given) => adapter.documents.chunks(...given),
      async replace(where, write) {
        if (write.chunks !== undefined && failing.delete(write.record.documentId)) {
          throw new EngineUnavailable('Cannot write: gone');
        }
        await adapter.documents.replace(where, write);
      },
    },
    telemetry: silentTelemetry,
  });
}

const mailOf = (attachments: MadeMail['attachments']): Buffer =>
  makeMail({ subject: 'A mail', text: 'See it.', ...(attachments && { attachments }) });
const file = (name: string, content = `text of ${name}`) => ({ name, content });

function upsert(ingest: Ingest, version: bigint, content: Uint8Array, more: object = {}) {
  const document = { documentId: 'in/a.eml', source: 'files', version, content, ...more };
  return ingest(scope, { operation: 'upsert', document });
}

async function live(): Promise<string[]> {
  await adapter.documents.refresh(scope);
  const { records } = await adapter.documents.list(scope, { limit: 1_000, deleted: false });
  return records.map(({ documentId }) => documentId);
}

function describeAttachments(engine: string, open: () => Promise<Engine>, numRuns: number): void {
  describe(`writeAttachments on ${engine}`, () => {
    beforeAll(async () => {
      adapter = await open();
    });
    afterAll(() => adapter.close());

    it('makes a document of each attachment, from the mail, with its version, metadata and access; tells what is refused', async () => {
      const access = { allow: ['user:ann'] };
      const content = mailOf([
        file('plan.txt'),
        { name: 'scan.png', type: 'image/png', content: Buffer.from('\x89PNG', 'latin1') },
        file('b.csv', 'x,y\n1,2'),
      ]);
      const result = await upsert(build(), 5n, content, { metadata: { team: 'a' }, access });
      expect(result.outcome).toBe('indexed');
      expect(result.attachments).toMatchObject([
        { documentId: 'in/a.eml/plan.txt', name: 'plan.txt', outcome: 'indexed', chunks: 1 },
        { documentId: 'in/a.eml/scan.png', outcome: 'refused', reason: 'unsupported_type' },
        { documentId: 'in/a.eml/b.csv', outcome: 'indexed' },
      ]);
      expect(await live()).toEqual(['in/a.eml', 'in/a.eml/b.csv', 'in/a.eml/plan.txt']);
      const { record } = (await adapter.documents.record(scope, 'in/a.eml/plan.txt'))!;
      expect(record.source).toBe('mail:in/a.eml');
      expect(record.content?.version).toBe(5n);
      expect([record.metadata?.value, record.access?.value]).toEqual([{ team: 'a' }, access]);
      const stranger = scopes.reader(scope.tenantId, ['user:bob']);
      expect((await adapter.documents.list(stranger, { limit: 10, deleted: false })).records).toEqual([]);
    });

    it('deletes what a newer mail no longer has, changes with the mail, and goes with it', async () => {
      const ingest = build();
      await upsert(ingest, 1n, mailOf([file('a.txt'), file('b.txt')]));
      await upsert(ingest, 2n, mailOf([file('b.txt', 'other'), file('c.txt')]));
      expect(await live()).toEqual(['in/a.eml', 'in/a.eml/b.txt', 'in/a.eml/c.txt']);
      const access = { deny: ['user:bob'] };
      await ingest(scope, {
        operation: 'patch',
        documentId: 'in/a.eml',
        version: 3n,
        metadata: { k: 1 },
        access,
      });
      const patched = (await adapter.documents.record(scope, 'in/a.eml/b.txt'))!.record;
      expect([patched.metadata?.value, patched.access?.value]).toEqual([{ k: 1 }, access]);
      // The same content with other metadata: nothing is parsed, and the attachments follow.
      await upsert(ingest, 4n, mailOf([file('b.txt', 'other'), file('c.txt')]), { metadata: { k: 2 } });
      expect((await adapter.documents.record(scope, 'in/a.eml/c.txt'))!.record.metadata?.value).toEqual({
        k: 2,
      });
      await ingest(scope, { operation: 'delete', documentId: 'in/a.eml' });
      expect(await live()).toEqual([]);
      await upsert(ingest, 3n, mailOf([file('a.txt')]));
      expect(await live()).toEqual([]);
    });

    it('never shows an attachment to whom a later change of the mail denies it', async () => {
      const ingest = build();
      const denied = { allow: [] };
      await ingest(scope, {
        operation: 'patch',
        documentId: 'in/a.eml',
        source: 'files',
        version: 9n,
        access: denied,
      });
      await upsert(ingest, 5n, mailOf([file('a.txt')]), { access: { allow: ['user:ann'] } });
      expect((await adapter.documents.record(scope, 'in/a.eml/a.txt'))!.record.access?.value).toEqual(denied);
    });

    it('goes five mails deep and no further', async () => {
      let content = mailOf([file('deep.txt')]);
      for (let depth = 0; depth < 8; depth++) {
        content = mailOf([
          { name: 'inner.eml', type: 'message/rfc822', content: content.toString(), isPlain: true },
        ]);
      }
      const { attachments } = await upsert(build(), 1n, content);
      expect(attachments?.map(({ outcome }) => outcome)).toEqual([...Array(5).fill('indexed'), 'refused']);
      expect(attachments?.at(-1)).toMatchObject({ reason: 'too_large' });
      expect(await live()).toHaveLength(6);
    });

    it('finds after a crash what was attached before it, and deletes it with the mail', async () => {
      const ingest = build();
      failing.add('in/a.eml');
      await expect(upsert(ingest, 1n, mailOf([file('a.txt')]))).rejects.toThrow('gone');
      expect(await live()).toEqual(['in/a.eml/a.txt']);
      await upsert(ingest, 2n, mailOf([file('b.txt')]));
      expect(await live()).toEqual(['in/a.eml', 'in/a.eml/b.txt']);
      failing.add('in/a.eml');
      await expect(ingest(scope, { operation: 'delete', documentId: 'in/a.eml' })).rejects.toThrow('gone');
      await ingest(scope, { operation: 'delete', documentId: 'in/a.eml' });
      expect(await live()).toEqual([]);
    });

    it('deletes what was attached before a crash where the mail is gone before the next run', async () => {
      const ingest = build();
      const run = async (...mails: readonly (readonly [id: string, content: Buffer])[]) => {
        const source: Source = {
          collections: [{ source: 'files', idPrefix: 'in/' }],
          async *items() {
            for (const [documentId, content] of mails) {
              const document = { documentId, source: 'files', content };
              yield { name: documentId, documentId, load: async () => document };
            }
          },
        };
        const ports = {
          ingest,
          documents: adapter.documents,
          recipeOf: () => 'real',
          telemetry: silentTelemetry,
        };
        return createIngestSource(ports, { concurrency: 1, maxMissingPercentage: 100 })(scope, source);
      };
      const inner = mailOf([file('deep.txt')]).toString();
      const mail = mailOf([
        file('a.txt'),
        { name: 'inner.eml', type: 'message/rfc822', content: inner, isPlain: true },
      ]);
      const other = ['in/other.eml', mailOf([file('b.txt')])] as const;
      await run(other);
      const kept = ['in/other.eml', 'in/other.eml/b.txt'];
      for (let round = 0; round < 2; round++) {
        for (const place of ['in/a.eml', 'in/a.eml/inner.eml']) {
          failing.add(place);
          // A run would try again.
          const document = { documentId: 'in/a.eml', source: 'files', content: mail };
          await expect(ingest(scope, { operation: 'upsert', document })).rejects.toThrow('gone');
          expect((await live()).length).toBeGreaterThan(kept.length);
          expect((await run(other)).documents).toMatchObject({ removed: 1 });
          expect(await live()).toEqual(kept);
        }
        await run(other, ['in/a.eml', mail]);
        expect(await live()).toEqual([
          'in/a.eml',
          'in/a.eml/a.txt',
          'in/a.eml/inner.eml',
          'in/a.eml/inner.eml/deep.txt',
          ...kept,
        ]);
        expect((await run(other)).documents).toMatchObject({ removed: 1 });
        expect(await live()).toEqual(kept);
      }
    });

    it('leaves a document of another source that has the id of an attachment, whatever becomes of the mail', async () => {
      const ingest = build();
      const other = { documentId: 'in/a.eml/a.txt', source: 'other', version: 1n, content: 'of its own' };
      await ingest(scope, { operation: 'upsert', document: other });
      const { attachments } = await upsert(ingest, 1n, mailOf([file('a.txt'), file('b.txt')]));
      expect(attachments).toMatchObject([
        { outcome: 'refused', reason: 'source_conflict' },
        { outcome: 'indexed' },
      ]);
      await ingest(scope, { operation: 'patch', documentId: 'in/a.eml', metadata: { k: 1 } });
      expect((await adapter.documents.record(scope, 'in/a.eml/b.txt'))!.record.metadata?.value).toEqual({
        k: 1,
      });
      expect((await adapter.documents.record(scope, 'in/a.eml/a.txt'))!.record.metadata?.value ?? {}).toEqual(
        {},
      );
      await upsert(ingest, 9n, mailOf([file('b.txt')]));
      await upsert(ingest, 10n, mailOf([file('a.txt'), file('b.txt')]));
      await ingest(scope, { operation: 'delete', documentId: 'in/a.eml' });
      expect(await live()).toEqual(['in/a.eml/a.txt']);
    });

    it('writes nothing, no attachment either, before the version of the mail is settled', async () => {
      const document = { documentId: 'in/a.eml', source: 'files', content: mailOf([file('a.txt')]) };
      const refuse = async () => {
        throw new Error('not this version');
      };
      const change = { operation: 'upsert' as const, document };
      await expect(build()(scope, change, undefined, undefined, refuse)).rejects.toThrow('not this version');
      expect(await live()).toEqual([]);
      expect(await adapter.documents.record(scope, 'in/a.eml')).toBeUndefined();
    });

    it('ends in the same documents whatever order changes come in and however often', {
      timeout: 300_000,
    }, async () => {
      const names = fc.uniqueArray(fc.constantFrom('a.txt', 'b.txt', 'c.txt'), { maxLength: 3 });
      const change = fc.oneof(
        { weight: 3, arbitrary: names.map((list) => ({ kind: 'mail' as const, list })) },
        { weight: 1, arbitrary: fc.constant({ kind: 'delete' as const, list: [] as string[] }) },
      );
      const scenario = fc
        .array(change, { minLength: 1, maxLength: 5 })
        .chain((changes) =>
          fc.tuple(
            fc.constant(changes),
            fc.shuffledSubarray([...changes.keys(), ...changes.keys()], { minLength: changes.length * 2 }),
          ),
        );
      await fc.assert(
        fc.asyncProperty(scenario, async ([changes, order]) => {
          tenants += 1;
          scope = scopes.operator(`mail-${tenants}`);
          const ingest = build();
          for (const at of order) {
            const { kind, list } = changes[at]!;
            const version = BigInt(at + 1);
            if (kind === 'mail')
              await upsert(ingest, version, mailOf(list.map((name) => file(name, `${name} ${at}`))));
            else
              await ingest(scope, { operation: 'delete', documentId: 'in/a.eml', source: 'files', version });
          }
          const last = changes.at(-1)!;
          const expected =
            last.kind === 'delete' ? [] : ['in/a.eml', ...last.list.map((name) => `in/a.eml/${name}`).sort()];
          expect(await live()).toEqual(expected);
          for (const id of expected.slice(1)) {
            const { record } = (await adapter.documents.record(scope, id))!;
            expect(isLive(record) && record.content!.version).toBe(BigInt(changes.length));
          }
        }),
        { numRuns },
      );
    });
  });
}

describeAttachments('sqlite', openSqlite, 30);
describeWithOpenSearch('OpenSearch', (url) => {
  describeAttachments('opensearch', () => openOpenSearch(url), 10);
});

describe('attachmentId', () => {
  it('is the id of the mail and the name, cut to what an id may have', () => {
    expect(attachmentId('a.eml', 'b.txt')).toBe('a.eml/b.txt');
    const [one, other] = ['b.txt', 'c.txt'].map((name) => attachmentId('ä'.repeat(255), name));
    expect(Buffer.byteLength(one!)).toBeLessThanOrEqual(512);
    expect(one).not.toBe(other);
    expect(Buffer.byteLength(attachmentSource('ä'.repeat(255)))).toBeLessThanOrEqual(256);
    expect(attachmentSource('ä'.repeat(255)).isWellFormed()).toBe(true);
  });
});
