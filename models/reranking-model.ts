import type { ModelCall } from './model-call.ts';

/** Orders texts by how well they answer a query. */
export interface RerankingModel {
  readonly id: string;
  readonly maxTextsPerCall: number;

  /** @returns one score a text, in the order of `texts`, higher is better */
  rerank(query: string, texts: readonly string[], call?: ModelCall): Promise<readonly number[]>;
}
