import type { Braid } from '../braid.ts';
import type { Config } from '../config.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { accountOf } from './doctor-aws.ts';
import { type Check, failedCheck, timed } from './doctor-check.ts';

const timeoutMs = 30_000;

/** Has each guardrail judge a harmless text once. */
export async function* checkGuardrails(
  braid: Braid,
  config: Config,
  identity: AwsIdentity | undefined,
): AsyncGenerator<Check> {
  for (const { setting, guardrail } of braid.guardrails) {
    const isRemote = guardrail.id.startsWith('bedrock/');
    const account = isRemote ? accountOf(identity, config.bedrock.region) : {};
    const name = setting === 'guardrails' ? 'guardrail' : `guardrail of ${setting.split('.')[1]}`;
    try {
      const { milliseconds } = await timed(() =>
        guardrail.check(
          { side: 'input', text: 'This is a check.' },
          { signal: AbortSignal.timeout(timeoutMs), isConfidential: true },
        ),
      );
      yield { name, ok: true, detail: `${guardrail.id}, answered in ${milliseconds} ms`, ...account };
    } catch (error) {
      const advice = isRemote
        ? `Check the id and version in ${setting}.model and the Region, and the identity's policy for bedrock:ApplyGuardrail`
        : 'Install again with "npm ci"; the model files stand in assets/';
      yield { ...failedCheck(name, error, advice), ...account };
    }
  }
}
