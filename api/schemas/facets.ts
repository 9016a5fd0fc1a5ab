import { z } from '@hono/zod-openapi';
import { calendarIntervals } from '../../domain/calendar.ts';
import type { FacetRequest, FacetResult } from '../../domain/search.ts';
import { requestLimits } from './limits.ts';

const key = z.string().min(1).max(requestLimits.nameCharacters);
const count = z.int().min(0);

const dates = z
  .strictObject({
    interval: z.enum(calendarIntervals),
    timeZone: z.string().max(requestLimits.nameCharacters).optional().openapi({
      description: 'A name of the IANA database with an area, UTC, or an offset as +05:30',
      default: 'UTC',
      example: 'Europe/Berlin',
    }),
  })
  .openapi({
    description:
      'Periods of the calendar. Strings are dates of ISO 8601, with or without a time; numbers are milliseconds since 1970',
  });

/** Facets inside others are schemas of their own, so that depth is bounded by what there is. */
const innermost = requestOf('FacetInnermost', {});
const inside = requestOf('FacetInside', { facets: z.array(innermost).min(1).optional() });

// The casts tell that a facet is the same at each depth, which three schemas cannot.
export const facetRequest = requestOf('FacetRequest', {
  facets: z.array(inside).min(1).optional(),
}) as z.ZodType<FacetRequest>;

const innermostResult = resultOf('FacetResultInnermost', {});
const insideResult = resultOf('FacetResultInside', { facets: z.array(innermostResult).optional() });

export const facetResult = resultOf('FacetResult', {
  facets: z.array(insideResult).optional(),
}) as z.ZodType<FacetResult>;

function requestOf<Inside extends z.ZodRawShape>(name: string, facets: Inside) {
  const values = z
    .strictObject({ key, size: z.int().min(1).max(requestLimits.facetSize).optional(), ...facets })
    .check((payload) => {
      // Else the union would prefer this branch, with its unknown field, to the one that has the field.
      if (payload.issues.length > 0) payload.aborted = true;
    });
  return z
    .union(
      [
        values,
        z.strictObject({ key, histogram: z.number().gt(0), ...facets }),
        z.strictObject({ key, ranges: z.array(z.number()).min(1).max(requestLimits.facetRanges), ...facets }),
        z.strictObject({ key, dates, ...facets }),
        z.strictObject({ key, statistics: z.literal(true) }),
      ],
      {
        error:
          '{ key } with at most one of size, histogram, ranges, dates and statistics, and facets inside it to a depth of 3',
      },
    )
    .openapi(name, {
      description:
        'Counts over the distinct documents that pass tenant, access and filter; `facets` count within each bucket',
    });
}

function resultOf<Inside extends z.ZodRawShape>(name: string, facets: Inside) {
  const bucket = { documents: count, ...facets };
  return z
    .union([
      z.object({
        key: z.string(),
        values: z.array(z.object({ value: z.union([z.string(), z.number(), z.boolean()]), ...bucket })),
      }),
      z.object({ key: z.string(), histogram: z.array(z.object({ from: z.number(), ...bucket })) }),
      z.object({
        key: z.string(),
        ranges: z.array(z.object({ from: z.number().optional(), to: z.number().optional(), ...bucket })),
      }),
      z.object({
        key: z.string(),
        dates: z.array(
          z.object({
            from: z.string().openapi({ description: "The period's first day", example: '2026-03-01' }),
            ...bucket,
          }),
        ),
      }),
      z.object({
        key: z.string(),
        statistics: z.object({
          documents: count,
          minimum: z.number().optional(),
          maximum: z.number().optional(),
          mean: z.number().optional(),
          sum: z.number(),
        }),
      }),
    ])
    .openapi(name);
}
