import { z } from 'zod';
import { queryClasses } from '../domain/search.ts';
import { oneOf, setting, trueOrFalse, wholeNumber } from './setting-forms.ts';

function weight(most: number) {
  return setting<number>(
    `a number from 0 to ${most}`,
    (value) => typeof value === 'number' && value >= 0 && value <= most,
  );
}

const candidates = wholeNumber(1, 10_000);

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
  collapse: oneOf('document').exactOptional(),
});

/** What a search does that does not say, for all queries or a class of them. */
export const searchSettings = z.strictObject({
  defaults: searchDefaults.exactOptional(),
  classes: z.partialRecord(z.enum(queryClasses), searchDefaults).exactOptional(),
});
