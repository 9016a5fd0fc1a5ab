import { matchesFrom, type Range } from './matches-from.ts';

const instructions =
  '(?:instructions?|prompts?|rules?|guidelines?|directions?|orders?|policies|context|training)';
const earlier =
  '(?:all|any|every|each|your|the|my|these|those|of|previous|prior|above|earlier|preceding|foregoing|initial|original|existing|current|system|given|safety|other|and)';

/** Sentences that try to take a model's instructions from it, by what they try. Each takes linear time. */
const attacks: readonly { readonly type: string; readonly pattern: RegExp }[] = [
  {
    type: 'instruction_override',
    pattern: new RegExp(
      String.raw`\b(?:ignore|disregard|forget|override|bypass|neglect|skip)\s{1,4}(?:${earlier}\s{1,4}){1,6}${instructions}\b`,
      'giu',
    ),
  },
  {
    type: 'instruction_override',
    pattern:
      /\b(?:ignore|disregard|forget)\s{1,4}(?:everything|all|anything)\s{1,4}(?:that\s{1,4})?(?:above|before|you|i|was|previously|so\s{1,4}far)\b/giu,
  },
  {
    type: 'instruction_override',
    pattern:
      /\b(?:ignoriere|vergiss|missachte)\s{1,4}(?:(?:alle|die|deine|bisherigen|vorherigen|obigen)\s{1,4}){1,4}(?:anweisungen|regeln|vorgaben)\b|\b(?:ignorez?|oubliez?)\s{1,4}(?:(?:toutes|les|tes|vos|pr[ée]c[ée]dentes)\s{1,4}){1,4}(?:instructions|consignes|r[èe]gles)\b|\b(?:ignora|olvida)\s{1,4}(?:(?:todas|las|tus|anteriores)\s{1,4}){1,4}(?:instrucciones|reglas|indicaciones)\b/giu,
  },
  {
    type: 'prompt_disclosure',
    pattern:
      /\b(?:reveal|show|print|repeat|output|display|tell|give|send|leak|dump|expose|write\s{1,4}out)\s{1,4}(?:me\s{1,4}|us\s{1,4}|back\s{1,4}|out\s{1,4}){0,2}(?:(?:all|the|your|full|entire|exact|complete|hidden|secret|initial|original|of)\s{1,4}){1,5}(?:system\s{1,4}(?:prompt|message|instructions?)|(?:hidden|initial|original)\s{1,4}(?:prompt|instructions?)|(?<=your\s{1,4})prompt\b)/giu,
  },
  {
    type: 'role_change',
    pattern:
      /\byou\s{1,4}are\s{1,4}(?:now|no\s{1,4}longer)\s{1,4}(?:in\s{1,4})?(?:an?\s{1,4})?(?:dan\b|unrestricted|unfiltered|uncensored|jailbroken|bound|restricted|limited|developer\s{1,4}mode)|\bdo\s{1,4}anything\s{1,4}now\b|\b(?:enable|enter|activate)\s{1,4}(?:developer|debug|god|jailbreak|dan)\s{1,4}mode\b/giu,
  },
  {
    type: 'role_change',
    pattern:
      /\b(?:pretend|act|behave|respond|answer)\s{1,4}(?:as\s{1,4}if\s{1,4}|as\s{1,4}though\s{1,4}|like\s{1,4}|that\s{1,4})?(?:you\s{1,4})?(?:have|had|with|are\s{1,4}under|there\s{1,4}are)\s{1,4}(?:no|without|any)\s{1,4}(?:restrictions?|rules?|limits?|limitations?|filters?|guidelines?|ethics)\b/giu,
  },
  {
    // Marks with which chat models tell who speaks.
    type: 'chat_markup',
    pattern:
      /<\|(?:im_start|im_end|system|assistant|user|endoftext|start_header_id|eot_id)\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:system|assistant)>/giu,
  },
];

/** Where a text, from a place on, tries to take a model's instructions from it. */
export function findPromptAttacks(
  text: string,
  from = 0,
): { readonly type: string; readonly range: Range }[] {
  return attacks.flatMap(({ type, pattern }) =>
    matchesFrom(pattern, text, from).map((range) => ({ type, range })),
  );
}
