import type { ContentBlock, ConverseCommandInput, SystemContentBlock } from '@aws-sdk/client-bedrock-runtime';
import type { AnswerPrompt } from '../language-model.ts';
import type { ModelCall } from '../model-call.ts';
import type { CitedPassages } from './cited-passages.ts';
import type { LanguageModelTraits } from './model-table.ts';
import { requestMetadata } from './request-metadata.ts';

/** A guardrail that Bedrock applies within the model's own call. */
export interface InlineGuardrail {
  readonly id: string;
  readonly version: string;
  readonly trace: 'enabled' | 'disabled' | 'enabled_full';
  readonly streamMode: 'sync' | 'async';
}

export interface ConverseSettings {
  readonly callId: string;
  readonly traits: LanguageModelTraits;
  readonly promptCaching: boolean;
  readonly guardrail?: InlineGuardrail;
}

/** What the operations for whole and for streamed replies have in common. */
export type ConverseInput = Pick<
  ConverseCommandInput,
  'modelId' | 'system' | 'messages' | 'inferenceConfig' | 'requestMetadata'
>;

/**
 * Puts a prompt in the order in which a provider can keep its start: instructions, which are always alike, then the
 * passages, then the question.
 * @param cited passages as search results, for models that take them
 */
export function answerInput(
  settings: ConverseSettings,
  prompt: AnswerPrompt,
  cited: CitedPassages | undefined,
  maxTokens: number,
  call: ModelCall,
): ConverseInput {
  const { instructions, numbered, question } = prompt;
  const content: ContentBlock[] =
    cited === undefined
      ? [{ text: `${numbered.passages}\n\n${question}` }]
      : [...cited.blocks, { text: question }];
  return input(
    settings,
    cited === undefined ? numbered.instructions : instructions,
    content,
    maxTokens,
    call,
  );
}

export function input(
  { callId, traits, promptCaching }: ConverseSettings,
  instructions: string,
  content: ContentBlock[],
  maxTokens: number,
  call: ModelCall,
): ConverseInput {
  const system: SystemContentBlock[] = [{ text: instructions }];
  if (promptCaching && traits.cachesFromTokens !== undefined)
    system.push({ cachePoint: { type: 'default' } });
  const metadata = requestMetadata(call);
  return {
    modelId: callId,
    system,
    messages: [{ role: 'user', content }],
    inferenceConfig: { maxTokens, temperature: 0 },
    ...(metadata !== undefined && { requestMetadata: metadata }),
  };
}
