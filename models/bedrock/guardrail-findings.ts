import type { GuardrailAssessment, GuardrailTraceAssessment } from '@aws-sdk/client-bedrock-runtime';
import type { GuardrailFinding } from '../guardrail.ts';

/** What a guardrail within a model's call found, on what it read and what it wrote; never the text that it matched. */
export function guardrailFindings(
  trace: GuardrailTraceAssessment | undefined,
  side: 'input' | 'output',
): GuardrailFinding[] {
  const assessments =
    side === 'input'
      ? Object.values(trace?.inputAssessment ?? {})
      : Object.values(trace?.outputAssessments ?? {}).flat();
  return assessments.flatMap(findingsOf);
}

function findingsOf(assessment: GuardrailAssessment): GuardrailFinding[] {
  const { topicPolicy, contentPolicy, wordPolicy, sensitiveInformationPolicy: sensitive } = assessment;
  const found = (
    policy: GuardrailFinding['policy'],
    type: string | undefined,
    action: string | undefined,
  ): GuardrailFinding => ({
    policy,
    type: (type ?? 'unnamed').toLowerCase(),
    action: action === 'BLOCKED' ? 'blocked' : 'reported',
  });
  return [
    ...(topicPolicy?.topics ?? []).map(({ name, action }) => found('topic', name, action)),
    ...(contentPolicy?.filters ?? []).map(({ type, action }) =>
      found(type === 'PROMPT_ATTACK' ? 'prompt_attack' : 'content', type, action),
    ),
    ...(wordPolicy?.customWords ?? []).map(({ action }) => found('word', 'custom', action)),
    ...(wordPolicy?.managedWordLists ?? []).map(({ type, action }) => found('word', type, action)),
    ...(sensitive?.piiEntities ?? []).map(({ type, action }) => found('sensitive_information', type, action)),
    ...(sensitive?.regexes ?? []).map(({ name, action }) => found('sensitive_information', name, action)),
    ...(assessment.contextualGroundingPolicy?.filters ?? []).map(({ type, action, score, threshold }) => ({
      ...found(type === 'RELEVANCE' ? 'relevance' : 'grounding', type, action),
      ...(score !== undefined && { score }),
      ...(threshold !== undefined && { threshold }),
    })),
  ];
}
