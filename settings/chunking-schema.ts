import { z } from 'zod';
import type { ChunkingConfig, StrategyConfig } from './config-types.ts';
import { byForm, setting, text, trueOrFalse, wholeNumber } from './setting-forms.ts';

const embedHeadings = trueOrFalse.exactOptional();

const strategySchema = z.discriminatedUnion(
  'strategy',
  [
    z.strictObject({
      strategy: z.literal('default'),
      maxTokens: wholeNumber(20, 8_192).exactOptional(),
      embedHeadings,
    }),
    z.strictObject({
      strategy: z.literal('fixed'),
      maxTokens: wholeNumber(20, 8_192).default(300),
      overlapPercentage: wholeNumber(1, 99).default(20),
      embedHeadings,
    }),
    z.strictObject({
      strategy: z.literal('hierarchical'),
      parentMaxTokens: wholeNumber(20, 8_192).default(1_500),
      childMaxTokens: wholeNumber(20, 8_192).default(300),
      overlapTokens: wholeNumber(1, 8_191).default(60),
      embedHeadings,
    }),
    z.strictObject({
      strategy: z.literal('semantic'),
      maxTokens: wholeNumber(20, 8_192).default(300),
      bufferSize: wholeNumber(0, 1).default(0),
      breakpointPercentileThreshold: wholeNumber(50, 99).default(95),
      embedHeadings,
    }),
    z.strictObject({ strategy: z.literal('none'), embedHeadings }),
    z.strictObject({
      strategy: z.literal('custom'),
      id: text('a name of the way of cutting and its parameters'),
      split: setting<Extract<StrategyConfig, { strategy: 'custom' }>['split']>(
        'a function, which only a configuration file in TypeScript or JavaScript can hold',
        (value) => typeof value === 'function',
      ),
    }),
  ],
  { error: '"default", "fixed", "hierarchical", "semantic", "none" or "custom"' },
);

const chunkingRulesSchema = z.array(
  z.strictObject({
    source: text('the name of a source, or its start and *').exactOptional(),
    mediaType: text(
      'a media type without parameters, or its start and *',
      /^[a-z0-9][^\s;*]*\*?$/,
    ).exactOptional(),
    chunking: strategySchema,
  }),
);

/** One strategy or rules. */
export const chunkingSchema = byForm<ChunkingConfig>((given) =>
  Array.isArray(given) ? chunkingRulesSchema : strategySchema,
);
