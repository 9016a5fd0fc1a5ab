import {
  ApplyGuardrailCommand,
  type ApplyGuardrailCommandOutput,
  type GuardrailContentBlock,
} from '@aws-sdk/client-bedrock-runtime';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { GuardedText, Guardrail, GuardrailVerdict } from '../guardrail.ts';
import { createCaller } from './caller.ts';
import type { BedrockConnection } from './connection.ts';
import { readAssessments } from './guardrail-assessments.ts';

export interface BedrockGuardrailOptions {
  readonly connection: BedrockConnection;
  /** Id or ARN. */
  readonly guardrail: string;
  /** A number, or `DRAFT`. */
  readonly version: string;
  /** Whether it holds answers against their passages: an answer is then checked as a whole. */
  readonly contextualGrounding: boolean;
  readonly timeoutMs: number;
  readonly maxCallsAtOnce: number;
  readonly telemetry: Telemetry;
}

/** What a text unit is, and how much of a stream is gathered for a check. */
const unitCharacters = 1_000;
/** Looked at again with the next piece, so that what lies across the border of two is seen whole. */
const overlapCharacters = 200;
/**
 * Of one call, by "Amazon Bedrock endpoints and quotas" of the AWS General Reference, the lowest of any Region: 25 units
 * of text; with grounding 5 of an answer, 1 of the question and 50 of the passages (100 in us-east-1 and us-west-2).
 */
const maxCharacters = 25 * unitCharacters;
const maxGroundedCharacters = 5 * unitCharacters;
const maxQueryCharacters = unitCharacters;
const maxSourceCharacters = 50 * unitCharacters;

/** A guardrail of Bedrock by ApplyGuardrail, on questions and on answers, with its contextual grounding where wanted. */
export function createBedrockGuardrail(options: BedrockGuardrailOptions): Guardrail {
  const { connection, guardrail, version, contextualGrounding } = options;
  const id = `bedrock/${guardrail}:${version}`;
  const caller = createCaller({ ...options, model: id, doing: 'check a text' });

  return {
    id,
    windowCharacters: contextualGrounding ? Number.POSITIVE_INFINITY : unitCharacters,
    judgesWhole: contextualGrounding,

    async check(given, call = {}) {
      const isGrounded = contextualGrounding && given.side === 'output' && given.grounding !== undefined;
      const pieces = piecesOf(given.text, isGrounded ? maxGroundedCharacters : maxCharacters);
      const verdicts: GuardrailVerdict[] = [];
      let start = 0;
      for (const piece of pieces) {
        const reply = await caller(call, (signal) =>
          connection.runtime().send(
            new ApplyGuardrailCommand({
              guardrailIdentifier: guardrail,
              guardrailVersion: version,
              source: given.side === 'input' ? 'INPUT' : 'OUTPUT',
              content: contentOf(piece, isGrounded ? given.grounding : undefined),
              // Scores are told only in full, also where nothing was found.
              outputScope: isGrounded ? 'FULL' : 'INTERVENTIONS',
            }),
            { abortSignal: signal },
          ),
        );
        call.onUsage?.({ model: id, kind: 'guardrail', amount: unitsOf(reply) });
        const { matches, findings } = readAssessments(piece, reply);
        verdicts.push({
          matches: matches.map((match) => ({ ...match, start: match.start + start, end: match.end + start })),
          findings,
          settled: given.text.length,
        });
        start += piece.length;
      }
      return {
        matches: verdicts.flatMap(({ matches }) => matches),
        findings: verdicts.flatMap(({ findings }) => findings),
        settled: settledOf(given),
      };
    },
  };
}

function contentOf(text: string, grounding: GuardedText['grounding']): GuardrailContentBlock[] {
  if (grounding === undefined) return [{ text: { text } }];
  // Where not all have room, those that the answer cites come first.
  const cited = new Set(grounding.cited.map(({ passage }) => passage));
  const [first, others] = [true, false].map((isCited) =>
    grounding.passages.filter((_, at) => cited.has(at) === isCited),
  );
  const source = [...first!, ...others!].join('\n\n').slice(0, maxSourceCharacters);
  return [
    ...(source === '' ? [] : [{ text: { text: source, qualifiers: ['grounding_source' as const] } }]),
    { text: { text: grounding.question.slice(0, maxQueryCharacters), qualifiers: ['query'] } },
    { text: { text, qualifiers: ['guard_content'] } },
  ];
}

/** Parts that a call takes, cut behind a word. */
function piecesOf(text: string, maximum: number): string[] {
  const pieces: string[] = [];
  for (let rest = text; rest.trim() !== ''; ) {
    const cut = rest.length <= maximum ? rest.length : rest.lastIndexOf(' ', maximum - 1) + 1 || maximum;
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return pieces;
}

function settledOf({ text, isUnfinished = false }: GuardedText): number {
  if (!isUnfinished) return text.length;
  // What stands at the end comes again with what follows it.
  let settled = Math.max(0, text.length - overlapCharacters);
  while (settled > 0 && /\S/.test(text[settled - 1]!)) settled -= 1;
  return settled;
}

/** What is billed: the units of each policy that looked at the text, those that are free aside. */
function unitsOf({ usage }: ApplyGuardrailCommandOutput): number {
  return (
    (usage?.topicPolicyUnits ?? 0) +
    (usage?.contentPolicyUnits ?? 0) +
    (usage?.wordPolicyUnits ?? 0) +
    (usage?.sensitiveInformationPolicyUnits ?? 0) +
    (usage?.contextualGroundingPolicyUnits ?? 0)
  );
}
