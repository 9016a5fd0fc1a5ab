import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Filter } from '../../../domain/filter.ts';
import { find } from '../../../search-engine/sqlite/find.ts';
import { drawUnitVector } from '../document-builder.ts';
import { nearestOf } from '../oracle.ts';
import { scopes } from '../scopes.ts';
import { dimensions } from './sqlite-subject.ts';
import { openTenantDatabase, type TenantDatabase } from './tenant-database.ts';

describe('findDense', () => {
  const documents = Array.from({ length: 90 }, (_, at) => `document ${at}`);
  const chunks = documents.flatMap((documentId, place) =>
    Array.from({ length: 60 }, (_, ordinal) => ({
      documentId,
      place,
      ordinal,
      // In each document three chunks have the same vector as those of all others, under other fingerprints.
      text: `${documentId} ${ordinal}`,
      vector: drawUnitVector(ordinal < 3 ? `shared ${ordinal}` : `${place} ${ordinal}`, dimensions),
    })),
  );
  let tenant: TenantDatabase;
  beforeAll(() => {
    tenant = openTenantDatabase();
    for (const [place, documentId] of documents.entries()) {
      const own = chunks.filter((chunk) => chunk.documentId === documentId);
      tenant.put({ documentId, chunks: own, metadata: { place } });
    }
  }, 60_000);
  afterAll(() => {
    tenant.close();
    tenant.remove();
  });

  const below = (value: number): Filter => ({ lessThan: { key: 'place', value } });
  const query = drawUnitVector('query', dimensions);
  function expectExact(vector: Float32Array, candidates: number, places: number): void {
    const { dense } = find(tenant.database, scopes.operator('tenant'), {
      dense: { vector, candidates },
      ...(places < documents.length && { filter: below(places) }),
    });
    const selected = chunks.filter(({ place }) => place < places);
    const wanted = nearestOf(vector, selected, candidates);
    expect(dense?.failed).toBeUndefined();
    expect(dense?.hits).toHaveLength(Math.min(candidates, selected.length));
    // Neighbours at all but equal distances may change places with the rounding of single precision.
    dense!.hits.forEach(({ score }, rank) => {
      expect(score).toBeCloseTo(wanted[rank]!.score, 5);
    });
    const name = (hit: { documentId: string; ordinal: number }) => `${hit.documentId}/${hit.ordinal}`;
    if (candidates < 100) expect(dense!.hits.map(name)).toEqual(wanted.map(name));
  }

  it.each([
    ['all', 90],
    ['most', 80],
    ['half', 45],
    ['a tenth', 9],
    ['one', 1],
  ])('finds exactly the nearest within %s of the documents', (_, places) => {
    expectExact(query, 10, places);
    expectExact(query, 50, places);
    expectExact(query, 1_000, places);
  });

  it('finds more than sqlite-vec returns', () => {
    expectExact(query, 4_095, 90);
    expectExact(query, 4_096, 90);
    expectExact(query, 5_000, 90);
    expectExact(query, 5_000, 80);
    expectExact(query, 10_000, 90);
  });

  it('orders equal distances by document and ordinal, also where they are cut', () => {
    for (const shared of [0, 1, 2]) expectExact(drawUnitVector(`shared ${shared}`, dimensions), 7, 90);
    expectExact(drawUnitVector('shared 0', dimensions), 7, 70);
  });

  it('finds the nearest of a wide selection that leaves out those nearest of all', () => {
    const { vector } = chunks.find(({ place, ordinal }) => place === 89 && ordinal === 30)!;
    expectExact(vector, 20, 60);
  });
});
