import type { GuardrailAssessment } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { guardrailFindings } from '../../../models/bedrock/guardrail-findings.ts';

const inputOf = (assessment: GuardrailAssessment) =>
  guardrailFindings({ inputAssessment: { g1: assessment } }, 'input');

describe('guardrailFindings', () => {
  it('reports nothing of what was looked for and not found, as a full trace lists it', () => {
    const assessment: GuardrailAssessment = {
      topicPolicy: { topics: [{ name: 'Investing', type: 'DENY', action: 'NONE', detected: false }] },
      wordPolicy: {
        customWords: [{ match: 'abracadabra', action: 'NONE', detected: false }],
        managedWordLists: [],
      },
      contentPolicy: { filters: [{ type: 'HATE', confidence: 'NONE', action: 'NONE', detected: false }] },
    };
    expect(inputOf(assessment)).toEqual([]);
  });

  it('reports what was masked, and blocks what was blocked', () => {
    const assessment: GuardrailAssessment = {
      wordPolicy: {
        customWords: [{ match: 'abracadabra', action: 'BLOCKED', detected: true }],
        managedWordLists: [],
      },
      sensitiveInformationPolicy: {
        piiEntities: [{ match: 'a@b.example', type: 'EMAIL', action: 'ANONYMIZED', detected: true }],
        regexes: [],
      },
    };
    expect(inputOf(assessment)).toEqual([
      { policy: 'word', type: 'custom_word', action: 'blocked' },
      { policy: 'sensitive_information', type: 'email', action: 'reported' },
    ]);
  });
});
