import type { Scope } from '../../domain/scope.ts';
import type { FacetResult } from '../../domain/search.ts';
import type { ContractSubject } from './contract-subject.ts';
import { drawUnitVector } from './document-builder.ts';

/** What readers see of a tenant, by each path; chunks as `documentId#ordinal`. */
export interface TenantView {
  readonly lexical: readonly string[];
  readonly dense: readonly string[];
  readonly facets: FacetResult | undefined;
  /** `documentId: number of chunks`. */
  readonly listed: readonly string[];
}

/** Refreshes and looks: what the text finds, all that the dense leg has, the facet of the key `k`, the list. */
export async function viewTenant(subject: ContractSubject, scope: Scope, text: string): Promise<TenantView> {
  const { engine, documents, dimensions } = subject;
  await documents.refresh(scope);
  const found = await engine.find(scope, {
    lexical: { text, fields: { title: 1, text: 1 }, candidates: 10_000 },
    dense: { vector: drawUnitVector('query', dimensions), candidates: 10_000 },
    facets: [{ key: 'k' }],
  });
  const { records } = await documents.list(scope, { limit: 1_000, deleted: false });
  const names = (hits: readonly { documentId: string; ordinal: number }[]) =>
    hits.map(({ documentId, ordinal }) => `${documentId}#${ordinal}`).sort();
  return {
    lexical: names(found.lexical!.hits),
    dense: names(found.dense!.hits),
    facets: found.facets[0],
    listed: records.map(({ documentId, chunks }) => `${documentId}: ${chunks}`),
  };
}

/** The chunks of one document as a view names them. */
export function chunkNames(documentId: string, count: number): string[] {
  return Array.from({ length: count }, (_, ordinal) => `${documentId}#${ordinal}`).sort();
}

/** As many different texts that start with a word. */
export function numberedTexts(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${word} ${at}`);
}
