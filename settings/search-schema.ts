import { z } from 'zod';
import { queryClasses, type SearchDefaults } from '../domain/search.ts';
import { byForm, oneOf, setting, text, trueOrFalse, wholeNumber } from './setting-forms.ts';

function weight(most: number) {
  return setting<number>(
    `a number from 0 to ${most}`,
    (value) => typeof value === 'number' && value >= 0 && value <= most,
  );
}

const candidates = wholeNumber(1, 10_000);
const arranged = wholeNumber(1, 1_000);

/** A step after the legs; `false` does without what more general settings ask for. */
function step<Shape extends z.ZodRawShape>(shape: Shape) {
  const form = z.strictObject(shape);
  return byForm<z.output<typeof form> | false>((given) => (given === false ? z.literal(false) : form));
}

const legCalibration = z.strictObject({
  midpoint: setting<number>(
    'a number from −1,000,000 to 1,000,000',
    (value) => typeof value === 'number' && Math.abs(value) <= 1_000_000,
  ),
  slope: setting<number>(
    'a number above 0, to 1,000,000',
    (value) => typeof value === 'number' && value > 0 && value <= 1_000_000,
  ),
});

/** The form alone; what no search could carry out is told where searches are set up. */
const searchDefaults = z.strictObject({
  lexical: z
    .strictObject({
      weight: weight(1_000_000).exactOptional(),
      candidates: candidates.exactOptional(),
      fields: z
        .strictObject({ title: weight(100).exactOptional(), text: weight(100).exactOptional() })
        .exactOptional(),
    })
    .exactOptional(),
  dense: z
    .strictObject({ weight: weight(1_000_000).exactOptional(), candidates: candidates.exactOptional() })
    .exactOptional(),
  fusion: z
    .strictObject({
      method: oneOf('linear', 'rrf', 'log_odds').exactOptional(),
      normalization: oneOf('min_max', 'theoretical_min_max', 'l2', 'z_score').exactOptional(),
      rankConstant: wholeNumber(1, 10_000).exactOptional(),
      calibration: z.strictObject({ lexical: legCalibration, dense: legCalibration }).exactOptional(),
    })
    .exactOptional(),
  complete: trueOrFalse.exactOptional(),
  feedback: step({
    weight: setting<number>(
      'a number above 0, to 1',
      (value) => typeof value === 'number' && value > 0 && value <= 1,
    ).exactOptional(),
    hits: wholeNumber(1, 20).exactOptional(),
  }).exactOptional(),
  boosts: setting<NonNullable<SearchDefaults['boosts']>>(
    'a list of boosts, as a search takes them',
    Array.isArray,
  ).exactOptional(),
  rerank: step({
    model: text('the id of a configured reranking model'),
    candidates: arranged.exactOptional(),
    metadataFields: z.array(text('a key of metadata')).exactOptional(),
  }).exactOptional(),
  diversity: step({ lambda: weight(1), candidates: arranged.exactOptional() }).exactOptional(),
  duplicates: step({
    similarity: setting<number>(
      'a number from 0.5 to 1',
      (value) => typeof value === 'number' && value >= 0.5 && value <= 1,
    ),
    candidates: arranged.exactOptional(),
  }).exactOptional(),
  collapse: setting<'document' | false>(
    '"document" or false',
    (value) => value === 'document' || value === false,
  ).exactOptional(),
});

/** What a search does that does not say, for all queries or a class of them. */
export const searchSettings = z.strictObject({
  defaults: searchDefaults.exactOptional(),
  classes: z.partialRecord(z.enum(queryClasses), searchDefaults).exactOptional(),
});
