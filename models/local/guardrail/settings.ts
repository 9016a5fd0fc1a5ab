import type { SensitiveType } from './sensitive-information.ts';

/** What a local guardrail looks for, on each side apart. */
export interface LocalGuardrailSettings {
  readonly input?: GuardrailPolicies;
  readonly output?: GuardrailPolicies & {
    /** Scores each sentence of an answer against what it cites. */
    readonly grounding?: {
      /** 0 to 1; a sentence below it is not grounded. */
      readonly threshold: number;
      readonly action: 'block' | 'report';
    };
  };
}

export interface GuardrailPolicies {
  readonly sensitiveInformation?: Readonly<Partial<Record<SensitiveType, 'block' | 'mask'>>>;
  /** Own forms, in RE2's syntax. */
  readonly patterns?: readonly OwnPattern[];
  /** Words and phrases that block, whole words in any case. */
  readonly words?: readonly string[];
  readonly topics?: {
    readonly denied: readonly DeniedTopic[];
    /** The cosine from which a sentence is about a topic, 0 to 1. @default 0.5 */
    readonly threshold: number;
  };
  /** Blocks attempts to take a model's instructions from it. @default false */
  readonly promptAttacks?: boolean;
}

export interface OwnPattern {
  readonly name: string;
  readonly pattern: string;
  readonly action: 'block' | 'mask';
  /** The longest match that a stream waits for. @default 128 */
  readonly maxCharacters: number;
}

export interface DeniedTopic {
  readonly name: string;
  /** What the topic is, in a sentence. */
  readonly definition: string;
  /** Sentences about it. */
  readonly examples: readonly string[];
}
