import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Access } from '../../domain/access.ts';
import type { Scope } from '../../domain/scope.ts';
import type { CurrentSubject } from './contract-subject.ts';
import { type DocumentSketch, drawUnitVector, storeDocuments, unitVector } from './document-builder.ts';
import { compareBytes, isReadable } from './oracle.ts';
import { freshStrictTenant, freshTenant, scopes } from './scopes.ts';

const timeoutMs = 120_000;

/** Principals that are easily taken for each other. */
const principals = [
  'user:a',
  'user:ab',
  'user:a-b',
  'user:a b',
  'user:A',
  'user:a*',
  'user:%',
  'group:a',
  'a',
  'user',
  // Cyrillic, composed and decomposed, and one with a NUL.
  'user:а',
  'user:é',
  'user:e\u0301',
  'user:a\0b',
  'user:😀',
];

const lists: Record<string, Access | undefined> = {
  'no access': undefined,
  'empty access': {},
  'allow no one': { allow: [] },
  'allow no one, deny no one': { allow: [], deny: [] },
  'deny no one': { deny: [] },
  'deny a': { deny: ['user:a'] },
  'allow a': { allow: ['user:a'] },
  'allow a and ab': { allow: ['user:a', 'user:ab'] },
  'allow a, deny a': { allow: ['user:a'], deny: ['user:a'] },
  'allow a, deny group': { allow: ['user:a'], deny: ['group:a'] },
  'allow group, deny ab': { allow: ['group:a'], deny: ['user:ab'] },
};

/** Access lists: the scope stands inside every path that reads, and nothing slips past it. */
export function describeAccess(subject: CurrentSubject): void {
  describe('access', () => {
    it.each([
      ['optional', freshTenant],
      ['required', freshStrictTenant],
    ])(
      'lets each path show exactly what may be read, where access lists are %s',
      async (_, tenant) => {
        const tenantId = tenant();
        const accesses = new Map(Object.entries(lists));
        await storeWithAccess(subject, tenantId, accesses);
        const readers = [
          [],
          ['user:a'],
          ['user:ab'],
          ['group:a'],
          ['user:a', 'group:a'],
          ['user:ab', 'group:a'],
          ['user:x'],
        ];
        for (const scope of [
          scopes.operator(tenantId),
          ...readers.map((held) => scopes.reader(tenantId, held)),
        ]) {
          await expectReadable(subject, scope, accesses);
        }
      },
      timeoutMs,
    );

    it(
      'compares principals exactly: case, prefixes, signs and look-alikes',
      async () => {
        const tenantId = freshTenant();
        const accesses = new Map<string, Access>();
        for (const principal of principals) {
          accesses.set(`allows ${principal}`, { allow: [principal] });
          accesses.set(`denies ${principal}`, { deny: [principal] });
        }
        await storeWithAccess(subject, tenantId, accesses);
        for (const principal of principals) {
          await expectReadable(subject, scopes.reader(tenantId, [principal]), accesses);
        }
      },
      timeoutMs,
    );

    it(
      'shows to any set of principals what the oracle shows',
      async () => {
        const tenantId = freshTenant();
        const some = fc.subarray(principals, { maxLength: 4 });
        const access = fc.record({ allow: some, deny: some }, { requiredKeys: [] });
        const [drawn] = fc.sample(fc.array(access, { minLength: 40, maxLength: 40 }), {
          seed: 3,
          numRuns: 1,
        });
        const accesses = new Map(drawn!.map((value, at) => [`document ${at}`, value as Access]));
        await storeWithAccess(subject, tenantId, accesses);
        await fc.assert(
          fc.asyncProperty(fc.subarray(principals), (held) =>
            expectReadable(subject, scopes.reader(tenantId, held), accesses),
          ),
          { numRuns: 15 },
        );
      },
      timeoutMs,
    );

    it(
      'works for a reader with 500 groups and a document that names 500',
      async () => {
        const tenantId = freshTenant();
        const groups = Array.from({ length: 500 }, (_, at) => `group:${at}`);
        const accesses = new Map<string, Access>([
          ['others', { allow: Array.from({ length: 500 }, (_, at) => `group:other-${at}`) }],
          ['one of them', { allow: ['group:499'] }],
          ['all of them', { allow: groups }],
          ['denied', { deny: ['group:250'] }],
        ]);
        await storeWithAccess(subject, tenantId, accesses);
        await expectReadable(subject, scopes.reader(tenantId, groups), accesses);
        await expectReadable(subject, scopes.reader(tenantId, ['group:250']), accesses);
      },
      timeoutMs,
    );

    it('fills both legs although everything nearer is forbidden', async () => {
      const { dimensions, engine } = subject();
      const tenantId = freshTenant();
      const near = Array.from(
        { length: 60 },
        (_, at): DocumentSketch => ({
          documentId: `forbidden ${at}`,
          chunks: [{ text: 'needle needle needle', vector: unitVector([1, at / 10_000], dimensions) }],
          access: at % 2 === 0 ? { allow: ['user:b'] } : { deny: ['user:a'] },
        }),
      );
      const far = Array.from(
        { length: 5 },
        (_, at): DocumentSketch => ({
          documentId: `allowed ${at}`,
          chunks: [
            { text: `needle among many other words ${at}`, vector: unitVector([-1, at / 10], dimensions) },
          ],
          ...(at % 2 === 0 && { access: { allow: ['user:a'] } }),
        }),
      );
      await storeDocuments(subject(), scopes.operator(tenantId), [...near, ...far]);
      const found = await engine.find(scopes.reader(tenantId, ['user:a']), {
        lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 5 },
        dense: { vector: unitVector([1], dimensions), candidates: 5 },
      });
      const allowed = far.map(({ documentId }) => documentId);
      expect(idsOf(found.lexical!.hits)).toEqual(allowed);
      expect(idsOf(found.dense!.hits)).toEqual(allowed);
    });

    it('obeys deny where no document of the tenant has an allow list', async () => {
      const tenantId = freshTenant();
      const accesses = new Map<string, Access | undefined>([
        ['denied', { deny: ['user:a'] }],
        ['open', undefined],
      ]);
      await storeWithAccess(subject, tenantId, accesses);
      await expectReadable(subject, scopes.reader(tenantId, ['user:a']), accesses);
    });

    it('shows nothing where lists are required and no document of the tenant has one', async () => {
      const tenantId = freshStrictTenant();
      const accesses = new Map<string, Access | undefined>([
        ['no list', undefined],
        ['an empty one', {}],
      ]);
      await storeWithAccess(subject, tenantId, accesses);
      await expectReadable(subject, scopes.reader(tenantId, ['user:a']), accesses);
    });

    it('lets no filter widen the scope', async () => {
      const tenantId = freshTenant();
      const accesses = new Map<string, Access>([['secret', { allow: ['user:b'] }]]);
      await storeWithAccess(subject, tenantId, accesses);
      for (const filter of [
        { notEquals: { key: 'name', value: 'x' } },
        { orAll: [{ equals: { key: 'name', value: 'secret' } }, { notIn: { key: 'name', value: [] } }] },
        { stringContains: { key: 'name', value: '' } },
      ]) {
        const found = await subject().engine.find(scopes.reader(tenantId, ['user:a']), {
          lexical: { text: 'common', fields: { title: 1, text: 1 }, candidates: 10 },
          dense: { vector: drawUnitVector('query', subject().dimensions), candidates: 10 },
          facets: [{ key: 'name' }],
          filter,
        });
        expect([found.lexical!.hits, found.dense!.hits, found.facets]).toEqual([
          [],
          [],
          [{ key: 'name', values: [] }],
        ]);
      }
    });

    it('writes and reads records whatever the principals of the scope', async () => {
      const scope = scopes.reader(freshTenant());
      await storeDocuments(subject(), scope, [{ documentId: 'secret', access: { allow: [] } }]);
      expect((await subject().documents.record(scope, 'secret'))!.record.access!.value).toEqual({
        allow: [],
      });
      expect(await subject().documents.chunks(scope, 'secret')).toEqual([]);
    });
  });
}

async function storeWithAccess(
  subject: CurrentSubject,
  tenantId: string,
  accesses: ReadonlyMap<string, Access | undefined>,
): Promise<void> {
  const sketches = [...accesses].map(([documentId, access]) => ({
    documentId,
    chunks: [`common text of ${documentId}`],
    parents: [{ ordinal: 0, text: 'common', start: 0, end: 6 }],
    metadata: { name: documentId },
    ...(access !== undefined && { access }),
  }));
  await storeDocuments(subject(), scopes.operator(tenantId), sketches);
}

async function expectReadable(
  subject: CurrentSubject,
  scope: Scope,
  accesses: ReadonlyMap<string, Access | undefined>,
): Promise<void> {
  const { engine, documents, dimensions } = subject();
  const all = scopes.operator(scope.tenantId);
  const expected = [...accesses]
    .filter(([, access]) => isReadable(scope, access))
    .map(([documentId]) => documentId)
    .sort(compareBytes);
  const query = {
    lexical: { text: 'common', fields: { title: 1, text: 1 }, candidates: 100 },
    dense: { vector: drawUnitVector('query', dimensions), candidates: 100 },
  };
  const facets = [{ key: 'name', size: 1_000 }];
  const found = await engine.find(scope, { ...query, facets });
  const everything = await engine.find(all, query);
  const shown = await engine.fetch(scope, everything.dense!.hits, { parents: false });
  const listed = await documents.list(scope, { limit: 1_000, deleted: false });
  const nameOf = new Map(everything.dense!.hits.map(({ chunkId, documentId }) => [chunkId, documentId]));
  const features = await engine.features(scope, everything.dense!.hits, { vectors: true });
  const withParents: string[] = [];
  for (const documentId of accesses.keys()) {
    const found = await documents.parents?.(scope, documentId);
    if (found === undefined ? expected.includes(documentId) : found.length > 0) withParents.push(documentId);
  }
  const withChunks: string[] = [];
  for (const documentId of accesses.keys()) {
    if ((await documents.chunks(scope, documentId)).length > 0) withChunks.push(documentId);
  }
  const counted = await engine.find(scope, { lexical: query.lexical, facets, facetsMatchText: true });
  const facet = { key: 'name', values: expected.map((value) => ({ value, documents: 1 })) };
  expect({
    lexical: idsOf(found.lexical!.hits),
    dense: idsOf(found.dense!.hits),
    facets: found.facets,
    facetsOfText: counted.facets,
    fetched: idsOf(shown),
    features: features.map(({ chunkId }) => nameOf.get(chunkId)!).sort(compareBytes),
    parents: withParents.sort(compareBytes),
    listed: listed.records.map(({ documentId }) => documentId),
    chunks: withChunks.sort(compareBytes),
  }).toEqual({
    lexical: expected,
    dense: expected,
    facets: [facet],
    facetsOfText: [facet],
    fetched: expected,
    features: expected,
    parents: expected,
    listed: expected,
    chunks: expected,
  });
  expect(everything.dense!.hits).toHaveLength(accesses.size);
}

function idsOf(hits: readonly { readonly documentId: string }[]): string[] {
  return hits.map(({ documentId }) => documentId).sort(compareBytes);
}
