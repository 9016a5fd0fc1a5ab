import type { ApplyGuardrailCommandOutput, GuardrailAssessment } from '@aws-sdk/client-bedrock-runtime';
import type { GuardrailFinding, GuardrailMatch } from '../guardrail.ts';
import { findingsOf, nameOf } from './guardrail-findings.ts';

interface Masked {
  readonly match: string;
  readonly type: string;
  /** What stands for it in Bedrock's output. */
  readonly replacement: string;
}

/** Reads Bedrock's assessments of a text into places and findings; nothing that it matched is in the findings. */
export function readAssessments(
  text: string,
  {
    action,
    outputs = [],
    assessments = [],
  }: Pick<ApplyGuardrailCommandOutput, 'action' | 'outputs' | 'assessments'>,
): { readonly matches: readonly GuardrailMatch[]; readonly findings: readonly GuardrailFinding[] } {
  const findings = assessments.flatMap(findingsOf);
  const isBlocked = findings.some((finding) => finding.action === 'blocked');
  const masked = isBlocked ? [] : assessments.flatMap(maskedOf);
  const output = outputs[0]?.text;
  const matches = masked.length > 0 && output !== undefined ? placesOf(text, output, masked) : [];
  if (action === 'GUARDRAIL_INTERVENED' && !isBlocked && matches.length === 0) {
    // Something that is not known here: what Bedrock holds back is held back.
    return { matches, findings: [...findings, { policy: 'other', type: 'intervened', action: 'blocked' }] };
  }
  return { matches, findings };
}

function maskedOf({ sensitiveInformationPolicy }: GuardrailAssessment): Masked[] {
  const { piiEntities = [], regexes = [] } = sensitiveInformationPolicy ?? {};
  return [
    ...piiEntities.map(({ match, type, action }) => ({ match, type, action, replacement: `{${type}}` })),
    ...regexes.map(({ match, name, action }) => ({ match, type: name, action, replacement: `{${name}}` })),
  ].flatMap(({ match, type, action, replacement }) =>
    action === 'ANONYMIZED' && match !== undefined && match !== ''
      ? [{ match, type: nameOf(type), replacement }]
      : [],
  );
}

/** Reads text and output side by side; where they do not agree, the output stands for all of the text. */
function placesOf(text: string, output: string, masked: readonly Masked[]): GuardrailMatch[] {
  const matches: GuardrailMatch[] = [];
  let at = 0;
  let shown = 0;
  while (at < text.length || shown < output.length) {
    const hit = masked.find(
      ({ match, replacement }) => output.startsWith(replacement, shown) && text.startsWith(match, at),
    );
    if (hit !== undefined) {
      matches.push(toMatch(at, at + hit.match.length, hit.type, hit.replacement));
      at += hit.match.length;
      shown += hit.replacement.length;
    } else if (text[at] === output[shown]) {
      at += 1;
      shown += 1;
    } else {
      return [toMatch(0, text.length, masked[0]!.type, output)];
    }
  }
  return matches;
}

function toMatch(start: number, end: number, type: string, replacement: string): GuardrailMatch {
  return { start, end, policy: 'sensitive_information', type, action: 'masked', replacement };
}
