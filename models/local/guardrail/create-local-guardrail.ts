import type { EmbeddingModel } from '../../embedding-model.ts';
import type { GuardedText, Guardrail, GuardrailFinding, GuardrailMatch } from '../../guardrail.ts';
import { createGroundingScorer } from './grounding-score.ts';
import type { GuardrailPolicies, LocalGuardrailSettings } from './settings.ts';
import { settledLength } from './settled.ts';
import { createTextMatcher, type TextMatcher } from './text-matchers.ts';
import { createTopicJudge } from './topics.ts';

/** Own patterns run in an engine that is linear and not fast: a stream is not searched for each word. */
const ownPatternWindow = 64;
/** A few sentences, each of which is embedded. */
const topicWindow = 400;
/** The longest phrase of an attack. */
const attackWords = 14;

/**
 * A guardrail that runs in this process: data by its form and check digits, own patterns in RE2's syntax, denied
 * words, denied topics by the cosine to their definitions, phrases of prompt attacks, and the grounding of answers.
 * @throws an Error of the pattern engine for a pattern that it cannot take
 */
export function createLocalGuardrail(settings: LocalGuardrailSettings, embedding: EmbeddingModel): Guardrail {
  const sides = {
    input: createSide(settings.input ?? {}, embedding),
    output: createSide(settings.output ?? {}, embedding),
  };
  const grounding = settings.output?.grounding;
  const scoreGrounding = createGroundingScorer(embedding);

  return {
    id: 'local/guardrail',
    windowCharacters:
      grounding?.action === 'block' ? Number.POSITIVE_INFINITY : sides.output.windowCharacters,
    judgesWhole: grounding !== undefined || (settings.output?.patterns ?? []).length > 0,

    async check(given, call) {
      call?.signal?.throwIfAborted();
      const side = sides[given.side];
      const { before = '', text } = given;
      const whole = before + text;
      const matches = mergeOverlaps(
        side
          .match(whole, before.length)
          .map((match) => ({ ...match, start: match.start - before.length, end: match.end - before.length })),
      );
      const findings: GuardrailFinding[] = [];
      // What is refused already need not be embedded.
      if (!matches.some(({ action }) => action === 'blocked')) {
        if (side.judgeTopics !== undefined) findings.push(...(await side.judgeTopics(text, call)));
        if (grounding !== undefined && given.grounding !== undefined) {
          const scores = await scoreGrounding(text, given.grounding, call);
          if (scores.length > 0) findings.push(groundingFinding(scores, grounding));
        }
      }
      return { matches, findings, settled: settledOf(given, side) };
    },
  };
}

interface Side {
  readonly match: TextMatcher;
  readonly matchesWords: boolean;
  readonly judgeTopics: ReturnType<typeof createTopicJudge> | undefined;
  readonly windowCharacters: number;
  readonly keptWords: number;
  readonly keptCharacters: number;
}

function createSide(policies: GuardrailPolicies, embedding: EmbeddingModel): Side {
  const { sensitiveInformation = {}, patterns = [], words = [], topics, promptAttacks = false } = policies;
  const phrases = words.map((word) => word.trim().split(/[\s。、]+/).length);
  return {
    match: createTextMatcher(policies),
    matchesWords:
      Object.keys(sensitiveInformation).length > 0 ||
      patterns.length > 0 ||
      words.length > 0 ||
      promptAttacks,
    judgeTopics: topics === undefined ? undefined : createTopicJudge(topics, embedding),
    windowCharacters: topics !== undefined ? topicWindow : patterns.length > 0 ? ownPatternWindow : 1,
    keptWords: Math.max(1, promptAttacks ? attackWords : 0, ...phrases),
    keptCharacters: Math.max(0, ...patterns.map(({ maxCharacters }) => maxCharacters)),
  };
}

function settledOf({ text, isUnfinished = false }: GuardedText, side: Side): number {
  if (!isUnfinished) return text.length;
  if (!side.matchesWords && side.judgeTopics === undefined) return text.length;
  return settledLength(text, side.keptWords, side.keptCharacters);
}

function groundingFinding(
  scores: readonly number[],
  { threshold, action }: { readonly threshold: number; readonly action: 'block' | 'report' },
): GuardrailFinding {
  const score = Math.min(...scores);
  const isBlocked = score < threshold && action === 'block';
  return {
    policy: 'grounding',
    type: score < threshold ? 'ungrounded_sentence' : 'grounded',
    action: isBlocked ? 'blocked' : 'reported',
    score,
    threshold,
  };
}

/** Joins what overlaps into one match, named by the first; refused where a part is. */
function mergeOverlaps(found: readonly GuardrailMatch[]): GuardrailMatch[] {
  const merged: GuardrailMatch[] = [];
  // Stable, so that of equal starts the surer kind names the match.
  for (const match of found.toSorted((left, right) => left.start - right.start)) {
    const last = merged.at(-1);
    if (last === undefined || match.start >= last.end) {
      merged.push(match);
      continue;
    }
    const named = last.action === 'masked' && match.action === 'blocked' ? match : last;
    merged[merged.length - 1] = { ...named, start: last.start, end: Math.max(last.end, match.end) };
  }
  return merged;
}
