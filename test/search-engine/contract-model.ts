import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../domain/scope.ts';
import type { ContractSubject, CurrentSubject } from './contract-subject.ts';
import {
  buildRecord,
  type DocumentSketch,
  deleteDocument,
  drawUnitVector,
  putDocument,
  putRecord,
} from './document-builder.ts';
import { compareBytes, isReadable } from './oracle.ts';
import { freshTenant, scopes } from './scopes.ts';

type Operation =
  | {
      readonly kind: 'put';
      readonly documentId: string;
      readonly words: readonly string[];
      readonly k: string;
      readonly isPrivate: boolean;
    }
  | {
      readonly kind: 'describe';
      readonly documentId: string;
      readonly title: string;
      readonly k: string;
      readonly isPrivate: boolean;
    }
  | { readonly kind: 'delete'; readonly documentId: string };

interface Modelled {
  readonly sketch: DocumentSketch;
  readonly isDeleted: boolean;
}

const vocabulary = ['ant', 'bee', 'cow', 'dog'];
const documentId = fc.constantFrom('a', 'b/ü', '😀');
const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('put' as const),
        documentId,
        words: fc.array(fc.constantFrom(...vocabulary), { maxLength: 6 }),
        k: fc.constantFrom('x', 'y'),
        isPrivate: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('describe' as const),
        documentId,
        title: fc.constantFrom(...vocabulary),
        k: fc.constantFrom('x', 'y'),
        isPrivate: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), documentId }) },
  ),
  { minLength: 2, maxLength: 12 },
);

/** Any sequence of writes leaves the engine as it leaves a plain map. */
export function describeModel(subject: CurrentSubject): void {
  describe('model', () => {
    it('shows after any sequence of writes what a plain map would', async () => {
      await fc.assert(
        fc.asyncProperty(operations, async (sequence) => {
          const scope = scopes.operator(freshTenant());
          const model = new Map<string, Modelled>();
          for (const [at, operation] of sequence.entries()) {
            await apply(subject(), scope, model, operation, BigInt(at + 1));
          }
          await subject().documents.refresh(scope);
          await expectModel(subject(), scope, model);
          await expectModel(subject(), scopes.reader(scope.tenantId), model);
        }),
        { numRuns: 15 },
      );
    }, 120_000);
  });
}

async function apply(
  subject: ContractSubject,
  scope: Scope,
  model: Map<string, Modelled>,
  operation: Operation,
  version: bigint,
): Promise<void> {
  const held = model.get(operation.documentId);
  if (operation.kind === 'delete') {
    await deleteDocument(subject, scope, operation.documentId, version);
    model.set(operation.documentId, {
      sketch: { documentId: operation.documentId, chunks: [] },
      isDeleted: true,
    });
    return;
  }
  const described = {
    metadata: { k: operation.k },
    ...(operation.isPrivate && { access: { allow: ['user:other'] } }),
    version,
  };
  if (operation.kind === 'put') {
    const sketch = { documentId: operation.documentId, chunks: operation.words, ...described };
    await putDocument(subject, scope, sketch);
    model.set(operation.documentId, { sketch, isDeleted: false });
    return;
  }
  if (held === undefined || held.isDeleted) return;
  const sketch = {
    documentId: operation.documentId,
    chunks: held.sketch.chunks!,
    title: operation.title,
    ...described,
  };
  await putRecord(subject, scope, buildRecord(scope.tenantId, sketch));
  model.set(operation.documentId, { sketch, isDeleted: false });
}

async function expectModel(
  subject: ContractSubject,
  scope: Scope,
  model: ReadonlyMap<string, Modelled>,
): Promise<void> {
  const live = [...model.values()]
    .filter(({ isDeleted, sketch }) => !isDeleted && isReadable(scope, sketch.access))
    .map(({ sketch }) => sketch)
    .sort((left, right) => compareBytes(left.documentId, right.documentId));
  const chunks = live.flatMap((sketch) =>
    sketch.chunks!.map((text, ordinal) => ({ sketch, text, name: `${sketch.documentId}#${ordinal}` })),
  );
  const names = (hits: readonly { documentId: string; ordinal: number }[]) =>
    hits.map((hit) => `${hit.documentId}#${hit.ordinal}`).sort();
  const found: unknown[] = [];
  const expected: unknown[] = [];
  for (const word of vocabulary) {
    const { lexical, dense, facets } = await subject.engine.find(scope, {
      lexical: { text: word, fields: { title: 1, text: 1 }, candidates: 100 },
      dense: { vector: drawUnitVector(word, subject.dimensions), candidates: 100 },
      filter: { equals: { key: 'k', value: 'x' } },
      facets: [{ key: 'k' }],
    });
    const passing = chunks.filter(({ sketch }) => sketch.metadata!.k === 'x');
    const count = live.filter(({ metadata }) => metadata!.k === 'x').length;
    found.push(word, names(lexical!.hits), names(dense!.hits), facets);
    expected.push(
      word,
      passing
        .filter(({ text, sketch }) => text === word || sketch.title === word)
        .map(({ name }) => name)
        .sort(),
      passing.map(({ name }) => name).sort(),
      [{ key: 'k', values: count === 0 ? [] : [{ value: 'x', documents: count }] }],
    );
  }
  expect(found).toEqual(expected);
  const { records } = await subject.documents.list(scope, { limit: 100, deleted: false });
  expect(records).toEqual(live.map((sketch) => buildRecord(scope.tenantId, sketch)));
  for (const documentId of model.keys()) {
    const sketch = live.find((candidate) => candidate.documentId === documentId);
    const texts = (await subject.documents.chunks(scope, documentId)).map(({ text }) => text);
    expect([documentId, texts]).toEqual([documentId, sketch?.chunks ?? []]);
  }
}
