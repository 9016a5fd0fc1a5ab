import { join } from 'node:path';
import type { GuardPolicy } from '../../../../answer/guard.ts';
import type { EmbeddingModel } from '../../../../models/embedding-model.ts';
import type { Guardrail } from '../../../../models/guardrail.ts';
import { createLocalGuardrail } from '../../../../models/local/guardrail/create-local-guardrail.ts';
import type { LocalGuardrailSettings } from '../../../../models/local/guardrail/settings.ts';

export const modelFolder = join(import.meta.dirname, '../../../../assets/all-MiniLM-L6-v2');

/** An embedding model that a test expects not to be asked. */
export const unasked: EmbeddingModel = {
  id: 'unasked',
  dimensions: 1,
  maxInputTokens: 1,
  maxTextsPerCall: 1,
  maxTextsAtOnce: 1,
  tokenizer: { count: () => 1, specialTokens: 0 },
  embedPassages: () => Promise.reject(new Error('Expected no text to be embedded')),
  embedQuery: () => Promise.reject(new Error('Expected no query to be embedded')),
};

/** A local guardrail without an embedding model. */
export function guardrailOf(settings: LocalGuardrailSettings): Guardrail {
  return createLocalGuardrail(settings, unasked);
}

/** A policy that refuses with "No.", of a guardrail that tells of each check before it is made. */
export function policyTelling(
  guardrail: Guardrail,
  onCheck: (...given: Parameters<Guardrail['check']>) => void,
): GuardPolicy {
  return {
    guardrail: {
      ...guardrail,
      async check(given, call) {
        onCheck(given, call);
        return guardrail.check(given, call);
      },
    },
    stream: 'sync',
    onFailure: 'block',
    timeoutMs: 1_000,
    blockedInput: 'No.',
    blockedOutput: 'No.',
  };
}
