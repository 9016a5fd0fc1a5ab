import type { Scope } from '../../domain/scope.ts';
import type { SearchEngine } from '../../search-engine/search-engine.ts';
import { mean } from '../statistics/mean.ts';
import { createRandom } from '../statistics/seeded-random.ts';
import type { RecallReport } from './latency-report.ts';
import { filterOf } from './search-load.ts';
import {
  type CorpusShape,
  documentsOf,
  type SyntheticTenant,
  shareKey,
  shares,
  vectorOf,
} from './synthetic-corpus.ts';

const k = 10;
const candidates = 100;

/**
 * Recall@10 of filtered k-NN among the candidates of a search (100), against the exact nearest by comparing with each
 * vector of the tenant that passes. A distance that equals the tenth's counts as found.
 */
export async function measureRecall(
  engine: SearchEngine,
  scope: Scope,
  tenant: SyntheticTenant,
  shape: CorpusShape,
  selectivities: readonly number[],
  queries: number,
): Promise<RecallReport[]> {
  const chunks = [...documentsOf(tenant, shape)].flatMap(({ record, chunks: replaced }) =>
    replaced!.chunks.map(({ chunk, vector }) => ({
      chunkId: chunk.chunkId,
      vector,
      share: Number(record.metadata!.value[shareKey]),
    })),
  );
  const reports: RecallReport[] = [];
  for (const selectivity of selectivities) {
    const random = createRandom(99);
    const filter = filterOf(selectivity);
    const passing =
      filter === undefined
        ? chunks
        : chunks.filter(({ share }) => share < Math.max(1, Math.round(selectivity * shares)));
    const recalls: number[] = [];
    let short = 0;
    for (let query = 0; query < queries; query += 1) {
      const vector = vectorOf(random, shape.dimensions);
      const exact = passing
        .map(({ chunkId, vector: other }) => ({ chunkId, cosine: dot(vector, other) }))
        .sort((left, right) => right.cosine - left.cosine);
      const wanted = Math.min(k, exact.length);
      const { dense } = await engine.find(scope, {
        dense: { vector, candidates },
        ...(filter !== undefined && { filter }),
      });
      if (dense!.hits.length < Math.min(candidates, exact.length)) short += 1;
      if (wanted === 0) continue;
      const least = exact[wanted - 1]!.cosine - 1e-6;
      const near = new Set(exact.filter(({ cosine }) => cosine >= least).map(({ chunkId }) => chunkId));
      const found = dense!.hits.slice(0, wanted).filter(({ chunkId }) => near.has(chunkId)).length;
      recalls.push(found / wanted);
    }
    reports.push({
      selectivity,
      queries: recalls.length,
      k,
      recall: mean(recalls),
      worst: recalls.length === 0 ? 0 : Math.min(...recalls),
      short,
    });
  }
  return reports;
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += left[at]! * right[at]!;
  return sum;
}
