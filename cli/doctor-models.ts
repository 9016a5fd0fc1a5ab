import type { Braid } from '../braid.ts';
import type { Config } from '../config.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { accountOf } from './doctor-aws.ts';
import type { Check } from './doctor-check.ts';
import { failedCheck, timed } from './doctor-check.ts';

const timeoutMs = 30_000;
const prompt = {
  question: 'What is this?',
  passages: [{ text: 'This is a check.' }],
  instructions: 'Answer from the passages in a few words.',
  numbered: {
    instructions: 'Answer from the numbered passages in a few words.',
    passages: '[1] This is a check.',
  },
};

/** Calls each model that is configured once, with a few words: the only proof that it is there and may be used. */
export async function* checkModels(
  braid: Braid,
  config: Config,
  identity: AwsIdentity | undefined,
): AsyncGenerator<Check> {
  const [language] = braid.languageModels;
  const { id, dimensions } = braid.embeddingModel;
  const signal = () => AbortSignal.timeout(timeoutMs);
  const account = accountOf(identity, config.bedrock.region);
  yield* check('embedding', config.models.embedding, account, async () => {
    await braid.embeddingModel.embedQuery('doctor', { signal: signal() });
    return `${id}, ${dimensions} dimensions`;
  });
  if (language !== undefined) {
    yield* check('language', config.models.language, account, async () => {
      for await (const event of language.answer(prompt, { signal: signal() })) {
        if (event.type === 'text') break;
      }
      return language.id;
    });
  }
  for (const model of braid.rerankingModels) {
    yield* check('reranking', model.id, account, async () => {
      await model.rerank('doctor', ['This is a check.'], { signal: signal() });
      return model.id;
    });
  }
}

async function* check(
  name: string,
  setting: string,
  bedrockAccount: Pick<Check, 'identity' | 'region'>,
  call: () => Promise<string>,
): AsyncGenerator<Check> {
  const isRemote = setting.startsWith('bedrock/');
  const account = isRemote ? bedrockAccount : {};
  try {
    const { result, milliseconds } = await timed(call);
    yield {
      name: `models: ${name}`,
      ok: true,
      detail: `${result}, answered in ${milliseconds} ms`,
      ...account,
    };
  } catch (error) {
    const advice = isRemote
      ? "Check that the Region has the model, that the account has access to it, and the identity's policy for bedrock:InvokeModel"
      : 'Install again with "npm ci"; the model files stand in assets/';
    yield { ...failedCheck(`models: ${name}`, error, advice), ...account };
  }
}
