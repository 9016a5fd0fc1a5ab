import type { GuardrailAssessment, GuardrailTraceAssessment } from '@aws-sdk/client-bedrock-runtime';
import type { GuardrailFinding, GuardrailPolicy } from '../guardrail.ts';

/** What an entry of an assessment says, whatever its policy. */
interface Entry {
  readonly action?: string | undefined;
  readonly detected?: boolean | undefined;
}

/** What a guardrail within a model's call found, on what it read and what it wrote; never the text that it matched. */
export function guardrailFindings(
  trace: GuardrailTraceAssessment | undefined,
  side: 'input' | 'output',
): GuardrailFinding[] {
  const assessments =
    side === 'input'
      ? Object.values(trace?.inputAssessment ?? {})
      : Object.values(trace?.outputAssessments ?? {}).flat();
  return assessments.flatMap((assessment) => [
    ...findingsOf(assessment),
    // Masked by Bedrock already: where is not told.
    ...dataOf(assessment)
      .filter(({ action }) => action === 'ANONYMIZED')
      .map(
        ({ type }): GuardrailFinding => ({
          policy: 'sensitive_information',
          type: nameOf(type),
          action: 'reported',
        }),
      ),
  ]);
}

/** What an assessment says of a text as a whole; what is masked in it aside. */
export function findingsOf(assessment: GuardrailAssessment): GuardrailFinding[] {
  const { topicPolicy, contentPolicy, wordPolicy, contextualGroundingPolicy } = assessment;
  const words = [
    ...(wordPolicy?.customWords ?? []).map((word) => ({ ...word, type: 'custom_word' })),
    ...(wordPolicy?.managedWordLists ?? []),
  ];
  const data = dataOf(assessment).filter(({ action }) => action !== 'ANONYMIZED');
  return [
    ...(topicPolicy?.topics ?? []).flatMap((topic) => finding('topic', topic.name ?? 'topic', topic)),
    ...(contentPolicy?.filters ?? []).flatMap((filter) =>
      finding(filter.type === 'PROMPT_ATTACK' ? 'prompt_attack' : 'content', nameOf(filter.type), filter),
    ),
    ...words.flatMap((word) => finding('word', nameOf(word.type), word)),
    ...data.flatMap((entry) => finding('sensitive_information', nameOf(entry.type), entry)),
    ...(contextualGroundingPolicy?.filters ?? []).map((filter): GuardrailFinding => {
      const policy = filter.type === 'RELEVANCE' ? 'relevance' : 'grounding';
      const isBelow = (filter.score ?? 0) < (filter.threshold ?? 0);
      return {
        policy,
        type:
          policy === 'relevance'
            ? isBelow
              ? 'irrelevant'
              : 'relevant'
            : isBelow
              ? 'ungrounded'
              : 'grounded',
        action: filter.action === 'BLOCKED' ? 'blocked' : 'reported',
        ...(filter.score !== undefined && { score: filter.score }),
        ...(filter.threshold !== undefined && { threshold: filter.threshold }),
      };
    }),
  ];
}

/** In full, Bedrock also lists what it looked for and did not find. */
function finding(policy: GuardrailPolicy, type: string, { action, detected }: Entry): GuardrailFinding[] {
  if (action === 'BLOCKED') return [{ policy, type, action: 'blocked' }];
  return detected === true ? [{ policy, type, action: 'reported' }] : [];
}

function dataOf({ sensitiveInformationPolicy }: GuardrailAssessment) {
  const { piiEntities = [], regexes = [] } = sensitiveInformationPolicy ?? {};
  return [...piiEntities, ...regexes.map((regex) => ({ ...regex, type: regex.name ?? 'pattern' }))];
}

export function nameOf(type: string | undefined): string {
  return (type ?? 'unknown').toLowerCase();
}
