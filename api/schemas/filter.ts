import { z } from '@hono/zod-openapi';
import { InvalidInput } from '../../domain/errors.ts';
import { checkFilter, type Filter, filterLimits } from '../../domain/filter.ts';

const key = z.string().min(1).max(filterLimits.keyBytes);
const text = z.string().max(filterLimits.valueBytes);
const scalar = z.union([text, z.number(), z.boolean()]);
const ordered = z.union([text, z.number()]);
const condition = <V extends z.ZodType>(value: V) => z.strictObject({ key, value });
const several = () => z.array(z.lazy(() => filterTree)).min(2);

const equality = condition(z.union([scalar, z.array(text).max(filterLimits.values)]));
const order = condition(ordered);
const membership = condition(z.array(scalar).max(filterLimits.values));
const textual = condition(text);

const filterTree: z.ZodType<Filter> = z
  .union([
    z.strictObject({ equals: equality }),
    z.strictObject({ notEquals: equality }),
    z.strictObject({ greaterThan: order }),
    z.strictObject({ greaterThanOrEquals: order }),
    z.strictObject({ lessThan: order }),
    z.strictObject({ lessThanOrEquals: order }),
    z.strictObject({ in: membership }),
    z.strictObject({ notIn: membership }),
    z.strictObject({ startsWith: textual }),
    z.strictObject({ listContains: textual }),
    z.strictObject({ stringContains: textual }),
    z.strictObject({ andAll: several() }),
    z.strictObject({ orAll: several() }),
  ])
  .openapi('Filter', {
    description: `A typed tree, one operator an object. No coercion: a number never equals a string. At most ${filterLimits.depth} deep, ${filterLimits.leaves} conditions, ${filterLimits.values} values; keys of at most ${filterLimits.keyBytes} bytes, strings of at most ${filterLimits.valueBytes} bytes.`,
  });

/**
 * The filter at `field` of a request. The domain's own check runs first: it bounds depth and size before the union is
 * tried, and names the path of what is wrong. Its error is the parameter `error` of the issue.
 */
export function filterSchema(field: string) {
  return z.preprocess((value, context) => {
    if (value === undefined) return undefined;
    try {
      return checkFilter(value, field);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      context.addIssue({ code: 'custom', message: error.message, params: { error } });
      return z.NEVER;
    }
  }, filterTree);
}
