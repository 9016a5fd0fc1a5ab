import { RE2JS } from 're2js';
import type { GuardrailMatch } from '../../guardrail.ts';
import { foldWidth } from './fold-width.ts';
import { matchesFrom } from './matches-from.ts';
import { findPromptAttacks } from './prompt-attacks.ts';
import { findSensitive, type SensitiveType } from './sensitive-information.ts';
import type { GuardrailPolicies, OwnPattern } from './settings.ts';

/** Finds what stands in a text word for word; may overlap. Only matches that start at `from` or later are returned. */
export type TextMatcher = (text: string, from: number) => GuardrailMatch[];

/** The matchers of one side's policies, the surer ones first. */
export function createTextMatchers(policies: GuardrailPolicies): TextMatcher[] {
  const matchers: TextMatcher[] = [];
  const { sensitiveInformation = {}, patterns = [], words = [], promptAttacks = false } = policies;
  const wanted = new Set(Object.keys(sensitiveInformation) as SensitiveType[]);
  if (wanted.size > 0) {
    matchers.push((text, from) =>
      findSensitive(text, wanted, from).map(({ type, range: [start, end] }) => ({
        start,
        end,
        policy: 'sensitive_information',
        type,
        ...outcome(type, sensitiveInformation[type]!),
      })),
    );
  }
  matchers.push(...patterns.map(ownPatternMatcher));
  if (words.length > 0) matchers.push(wordMatcher(words));
  if (promptAttacks) {
    matchers.push((text, from) =>
      findPromptAttacks(foldWidth(text), from).map(({ type, range: [start, end] }) => ({
        start,
        end,
        policy: 'prompt_attack',
        type,
        ...outcome(type, 'block'),
      })),
    );
  }
  return matchers;
}

function outcome(type: string, action: 'block' | 'mask'): Pick<GuardrailMatch, 'action' | 'replacement'> {
  return { action: action === 'block' ? 'blocked' : 'masked', replacement: `{${type.toUpperCase()}}` };
}

/** @throws an Error of the engine for a pattern that it cannot take */
function ownPatternMatcher({ name, pattern, action }: OwnPattern): TextMatcher {
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

function wordMatcher(words: readonly string[]): TextMatcher {
  const alternatives = words
    .toSorted((left, right) => right.length - left.length)
    .map((word) => foldWidth(word).trim().split(/\s+/).map(escapeForPattern).join(String.raw`\s{1,4}`));
  const pattern = new RegExp(
    String.raw`(?<![\p{L}\p{N}\p{M}])(?:${alternatives.join('|')})(?![\p{L}\p{N}\p{M}])`,
    'giu',
  );
  return (text, from) =>
    matchesFrom(pattern, foldWidth(text), from).map(([start, end]) => ({
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
