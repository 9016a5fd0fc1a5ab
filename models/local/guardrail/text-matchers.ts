import { RE2JS } from 're2js';
import type { GuardrailMatch } from '../../guardrail.ts';
import { type FoldedText, foldText } from './fold-text.ts';
import { matchesFrom, type Range } from './matches-from.ts';
import { findPromptAttacks } from './prompt-attacks.ts';
import { findSensitive, type SensitiveType } from './sensitive-information.ts';
import type { GuardrailPolicies, OwnPattern } from './settings.ts';
import { type JoinedText, joinSpelled } from './spelled-out.ts';
import { canBeSpelled, createSpelledWordFinder } from './spelled-words.ts';

/** Finds what stands in a text word for word; may overlap. Only matches that start at `from` or later are returned. */
export type TextMatcher = (text: string, from: number) => GuardrailMatch[];

/** The same of a text that is folded already. */
type PlainMatcher = (plain: string, from: number) => GuardrailMatch[];

/** Makes what holds a text, as its reader takes it, against one side's policies; the surer matches come first. */
export function createTextMatcher(policies: GuardrailPolicies): TextMatcher {
  const matchers: PlainMatcher[] = [];
  /** Held also against the text with what is spelled out joined. */
  const ofJoined: PlainMatcher[] = [];
  const { sensitiveInformation = {}, patterns = [], words = [], promptAttacks = false } = policies;
  const spellable = words.map((word) => foldText(word).plain).filter(canBeSpelled);
  const wanted = new Set(Object.keys(sensitiveInformation) as SensitiveType[]);
  if (wanted.size > 0) {
    matchers.push(sensitiveMatcher(wanted, sensitiveInformation));
    const ofThem = new Set([...wanted].filter((type) => joinedTypes.has(type)));
    if (ofThem.size > 0) ofJoined.push(sensitiveMatcher(ofThem, sensitiveInformation));
  }
  const own = patterns.map(ownPatternMatcher);
  matchers.push(...own);
  if (words.length > 0) {
    matchers.push(wordMatcher(words));
    if (spellable.length > 0) ofJoined.push(wordMatcher(spellable));
  }
  if (promptAttacks) {
    matchers.push(attackMatcher);
    ofJoined.push(attackMatcher);
  }
  if (matchers.length === 0) return () => [];
  const findSpelled = createSpelledWordFinder(spellable);
  return (text, from) => {
    const folded = foldText(text);
    const start = folded.placeOf(from);
    const found = matchers.flatMap((match) => match(folded.plain, start));
    const joined = ofJoined.length === 0 ? undefined : joinSpelled(folded.plain);
    if (joined !== undefined) {
      found.push(
        ...ofJoined.flatMap((match) => spelledOnly(joined, match(joined.plain, joined.placeOf(start)))),
      );
      const spelled = findSpelled(joined.runs).map(deniedWord);
      found.push(...spelled.filter((match) => match.start >= start));
    }
    // An own pattern may want what folding takes away.
    const asIs = folded.plain === text ? [] : own.flatMap((match) => match(text, from));
    return [...found.map((match) => backIn(folded, match)), ...asIs];
  };
}

/** Data that is sure enough to be joined: by a sign or prefix of its own, or by check digits. */
const joinedTypes: ReadonlySet<SensitiveType> = new Set(['email', 'card', 'iban', 'aws_access_key']);
/** What stands between the single figures of a table, in which a card's check digit is right by chance. */
const ofTables = /[\s,;|]/;

/** Of matches in a joined text those that have something spelled in them, where it stands. */
function spelledOnly(joined: JoinedText, matches: readonly GuardrailMatch[]): GuardrailMatch[] {
  return matches.flatMap((match) => {
    const { range, separator } = joined.originOf([match.start, match.end]);
    if (separator === undefined || (match.type === 'card' && ofTables.test(separator))) return [];
    return [{ ...match, start: range[0], end: range[1] }];
  });
}

function sensitiveMatcher(
  wanted: ReadonlySet<SensitiveType>,
  actions: NonNullable<GuardrailPolicies['sensitiveInformation']>,
): PlainMatcher {
  return (plain, from) =>
    findSensitive(plain, wanted, from).map(({ type, range: [start, end] }) => ({
      start,
      end,
      policy: 'sensitive_information',
      type,
      ...outcome(type, actions[type]!),
    }));
}

function attackMatcher(plain: string, from: number): GuardrailMatch[] {
  return findPromptAttacks(plain, from).map(({ type, range: [start, end] }) => ({
    start,
    end,
    policy: 'prompt_attack',
    type,
    ...outcome(type, 'block'),
  }));
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

/** Scripts without spaces between words: a word has no borders there. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

function wordMatcher(words: readonly string[]): PlainMatcher {
  const alternatives = words
    .map((word) => foldText(word).plain.trim())
    .toSorted((left, right) => right.length - left.length)
    .map((word) => {
      const [first = '', last = ''] = [[...word][0], [...word.replace(/\p{M}+$/u, '')].at(-1)];
      const written = word.split(/\s+/).map(escapeForPattern).join(String.raw`\s{1,4}`);
      const before = unspaced.test(first) ? '' : String.raw`(?<![\p{L}\p{N}\p{M}])`;
      return `${before}${written}${unspaced.test(last) ? String.raw`(?!\p{M})` : String.raw`(?![\p{L}\p{N}\p{M}])`}`;
    });
  const pattern = new RegExp(alternatives.join('|'), 'giu');
  return (plain, from) => matchesFrom(pattern, plain, from).map(deniedWord);
}

function deniedWord([start, end]: Range): GuardrailMatch {
  return { start, end, policy: 'word', type: 'denied_word', ...outcome('denied_word', 'block') };
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
