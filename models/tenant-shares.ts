import type { TenantTurns } from '../domain/tenant-turns.ts';
import type { EmbeddingModel } from './embedding-model.ts';
import type { LanguageModel } from './language-model.ts';
import type { ModelCall } from './model-call.ts';
import type { RerankingModel } from './reranking-model.ts';

/** Makes the turns of one kind of call; `background` work waits as long as it takes. */
export type MakeTurns = (what: string, background?: 'background') => TenantTurns;

/** Work that names no tenant is Braid's own. */
const ownTenant = '';

function enter(turns: TenantTurns, call: ModelCall | undefined): Promise<() => void> {
  return turns.enter(call?.tenantId ?? ownTenant, call?.signal);
}

/**
 * The same model, of which each tenant has its share: one of what somebody waits for, and one of passages in the
 * background, behind which no query and no check of an answer is to wait.
 */
export function shareEmbeddingModel<Model extends EmbeddingModel>(model: Model, makeTurns: MakeTurns): Model {
  const [background, urgent] = [makeTurns('embedding calls', 'background'), makeTurns('embedding calls')];
  return {
    ...model,
    async embedPassages(texts, call) {
      const leave = await enter(call?.failureBudget === undefined ? background : urgent, call);
      return model.embedPassages(texts, call).finally(leave);
    },
    async embedQuery(text, call) {
      const leave = await enter(urgent, call);
      return model.embedQuery(text, call).finally(leave);
    },
  };
}

/** The same model, of which each tenant has its share; an answer takes its place until it has ended. */
export function shareLanguageModel(model: LanguageModel, makeTurns: MakeTurns): LanguageModel {
  const turns = makeTurns('calls of the language model');
  const { complete } = model;
  return {
    ...model,
    async *answer(prompt, call) {
      const leave = await enter(turns, call);
      try {
        yield* model.answer(prompt, call);
      } finally {
        leave();
      }
    },
    ...(complete !== undefined && {
      async complete(prompt, call) {
        const leave = await enter(turns, call);
        return complete.call(model, prompt, call).finally(leave);
      },
    }),
  };
}

/** The same model, of which each tenant has its share. */
export function shareRerankingModel(model: RerankingModel, makeTurns: MakeTurns): RerankingModel {
  const turns = makeTurns('calls of the reranking model');
  return {
    ...model,
    async rerank(query, texts, call) {
      const leave = await enter(turns, call);
      return model.rerank(query, texts, call).finally(leave);
    },
  };
}
