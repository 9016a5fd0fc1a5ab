import { z } from 'zod';
import { oneOf, setting, text, trueOrFalse, wholeNumber } from './setting-forms.ts';

/** Kinds of sensitive information that the local guardrail knows. */
export const sensitiveKinds = [
  'email',
  'phone',
  'card',
  'iban',
  'ip_address',
  'us_ssn',
  'aws_access_key',
  'aws_secret_key',
] as const;

const share = setting<number>(
  'a number from 0 to 1',
  (value) => typeof value === 'number' && value >= 0 && value <= 1,
);

function policySchema(promptAttacks: boolean) {
  return z.strictObject({
    sensitiveInformation: z.partialRecord(z.enum(sensitiveKinds), oneOf('block', 'mask')).default({}),
    patterns: z
      .array(
        z.strictObject({
          name: text('1 to 64 letters, digits, "_" and "-"', /^[\w-]{1,64}$/),
          pattern: text('a regular expression in the syntax of RE2'),
          action: oneOf('block', 'mask').default('mask'),
          maxCharacters: wholeNumber(1, 4_096).default(128),
        }),
      )
      .max(100, { error: 'at most 100 patterns' })
      .default([]),
    words: z.array(text('a word or a phrase')).max(10_000, { error: 'at most 10000 words' }).default([]),
    topics: z
      .strictObject({
        denied: z
          .array(
            z.strictObject({
              name: text('1 to 100 characters', /^.{1,100}$/),
              definition: text('what the topic is, in at most 1000 characters', /^[\s\S]{1,1000}$/),
              examples: z
                .array(text('a sentence about the topic'))
                .max(20, { error: 'at most 20 examples' })
                .default([]),
            }),
          )
          .max(30, { error: 'at most 30 topics' }),
        threshold: share.default(0.5),
      })
      .exactOptional(),
    promptAttacks: trueOrFalse.default(promptAttacks),
  });
}

/** What is kept from coming in and going out. */
export const guardrailSchema = z.strictObject({
  model: text(
    '"local" or "bedrock/<guardrail>:<version>"',
    /^(?:local|bedrock\/\S{1,2048}:(?:DRAFT|[1-9]\d{0,7}))$/,
  ).default('local'),
  stream: oneOf('sync', 'async').default('sync'),
  onFailure: oneOf('block', 'allow').default('block'),
  timeoutMs: wholeNumber(10, 600_000).default(5_000),
  blockedInput: text('a text').default('This question cannot be answered here.'),
  blockedOutput: text('a text').default('The answer was withheld by a guardrail.'),
  contextualGrounding: trueOrFalse.default(true),
  input: policySchema(true).prefault({}),
  output: policySchema(false)
    .extend({
      grounding: z
        .strictObject({ threshold: share.default(0.6), action: oneOf('block', 'report').default('report') })
        .exactOptional(),
    })
    .prefault({}),
});
