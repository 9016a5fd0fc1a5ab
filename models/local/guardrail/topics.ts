import { dotProduct } from '../../../domain/dot-product.ts';
import { sentences } from '../../../domain/sentences.ts';
import type { EmbeddingModel } from '../../embedding-model.ts';
import type { GuardrailFinding } from '../../guardrail.ts';
import type { ModelCall } from '../../model-call.ts';
import type { GuardrailPolicies } from './settings.ts';

type Topics = NonNullable<GuardrailPolicies['topics']>;

/**
 * Judges whether a text is about a denied topic: the highest cosine between one of its sentences, or the text as a
 * whole, and the topic's definition or one of its examples.
 */
export function createTopicJudge({ denied, threshold }: Topics, embedding: EmbeddingModel) {
  const described = denied.flatMap(({ name, definition, examples }) =>
    [definition, ...examples].map((text) => ({ name, text })),
  );
  let vectors: Promise<readonly Float32Array[]> | undefined;

  /** Once, on first use; a failure is not kept. */
  const topicVectors = (): Promise<readonly Float32Array[]> => {
    vectors ??= embedding
      .embedPassages(described.map(({ text }) => text))
      .then((embedded) => embedded.vectors);
    vectors.catch(() => {
      vectors = undefined;
    });
    return vectors;
  };

  return async function judgeTopics(text: string, call?: ModelCall): Promise<GuardrailFinding[]> {
    if (text.trim() === '' || described.length === 0) return [];
    const parts = new Set([text, ...sentences(text).map((range) => text.slice(...range))]);
    const [topics, asked] = await Promise.all([topicVectors(), embedding.embedPassages([...parts], call)]);
    const best = new Map<string, number>();
    for (const [at, { name }] of described.entries()) {
      for (const vector of asked.vectors) {
        best.set(name, Math.max(best.get(name) ?? -1, dotProduct(vector, topics[at]!)));
      }
    }
    return [...best]
      .filter(([, score]) => score >= threshold)
      .map(([name, score]) => ({ policy: 'topic', type: name, action: 'blocked', score, threshold }));
  };
}
