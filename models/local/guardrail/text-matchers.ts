import { RE2JS } from 're2js';
import type { GuardrailMatch } from '../../guardrail.ts';
import { type FoldedText, foldText } from './fold-text.ts';
import { matchesFrom } from './matches-from.ts';
import { findPromptAttacks } from './prompt-attacks.ts';
import { findSensitive, type SensitiveType } from './sensitive-information.ts';
import type { GuardrailPolicies, OwnPattern } from './settings.ts';

/** Finds what stands in a text word for word; may overlap. Only matches that start at `from` or later are returned. */
export type TextMatcher = (text: string, from: number) => GuardrailMatch[];

/** The same of a text that is folded already. */
type PlainMatcher = (plain: string, from: number) => GuardrailMatch[];

/** Makes what holds a text, as its reader takes it, against one side's policies; the surer matches come first. */
export function createTextMatcher(policies: GuardrailPolicies): TextMatcher {
  const matchers: PlainMatcher[] = [];
  const { sensitiveInformation = {}, patterns = [], words = [], promptAttacks = false } = policies;
  const wanted = new Set(Object.keys(sensitiveInformation) as SensitiveType[]);
  if (wanted.size > 0) {
    matchers.push((plain, from) =>
      findSensitive(plain, wanted, from).map(({ type, range: [start, end] }) => ({
        start,
        end,
        policy: 'sensitive_information',
        type,
        ...outcome(type, sensitiveInformation[type]!),
      })),
    );
  }
  const own = patterns.map(ownPatternMatcher);
  matchers.push(...own);
  if (words.length > 0) matchers.push(wordMatcher(words));
  if (promptAttacks) {
    matchers.push((plain, from) =>
      findPromptAttacks(plain, from).map(({ type, range: [start, end] }) => ({
        start,
        end,
        policy: 'prompt_attack',
        type,
        ...outcome(type, 'block'),
      })),
    );
  }
  if (matchers.length === 0) return () => [];
  return (text, from) => {
    const folded = foldText(text);
    const found = matchers.flatMap((match) => match(folded.plain, folded.placeOf(from)));
    // An own pattern may want what folding takes away.
    const asIs = folded.plain === text ? [] : own.flatMap((match) => match(text, from));
    return [...found.map((match) => backIn(folded, match)), ...asIs];
  };
}

function backIn(folded: FoldedText, match: GuardrailMatch): GuardrailMatch {
  const [start, end] = folded.originOf([match.start, match.end]);
  return { ...match, start, end };
}

function outcome(type: string, action: 'block' | 'mask'): Pick<GuardrailMatch, 'action' | 'replacement'> {
  return { action: action === 'block' ? 'blocked' : 'masked', replacement: `{${type.toUpperCase()}}` };
}

/** @throws an Error of the engine for a pattern that it cannot take */
function ownPatternMatcher({ name, pattern, action }: OwnPattern): PlainMatcher {
  const compiled = RE2JS.compile(pattern);
  return (text, from) => {
    const found: GuardrailMatch[] = [];
    const matcher = compiled.matcher(text);
    for (let hit = matcher.find(from); hit; hit = matcher.find()) {
      const [start, end] = [matcher.start(), matcher.end()];
      // A pattern that also matches nothing finds that everywhere.
      if (end > start)
        found.push({ start, end, policy: 'sensitive_information', type: name, ...outcome(name, action) });
    }
    return found;
  };
}

function wordMatcher(words: readonly string[]): PlainMatcher {
  const alternatives = words
    .toSorted((left, right) => right.length - left.length)
    .map((word) => foldText(word).plain.trim().split(/\s+/).map(escapeForPattern).join(String.raw`\s{1,4}`));
  const pattern = new RegExp(
    String.raw`(?<![\p{L}\p{N}\p{M}])(?:${alternatives.join('|')})(?![\p{L}\p{N}\p{M}])`,
    'giu',
  );
  return (plain, from) =>
    matchesFrom(pattern, plain, from).map(([start, end]) => ({
      start,
      end,
      policy: 'word',
      type: 'denied_word',
      ...outcome('denied_word', 'block'),
    }));
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
