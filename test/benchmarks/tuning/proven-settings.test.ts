import { describe, expect, it } from 'vitest';
import type { Judgement } from '../../../benchmarks/tuning/judge-choice.ts';
import { bestProvenStep, provenSettings } from '../../../benchmarks/tuning/proven-settings.ts';
import { pointOf, settingsOf } from '../../../benchmarks/tuning/search-space.ts';
import type { StepReport } from '../../../benchmarks/tuning/tuning-report.ts';
import { resolveSearchRequest } from '../../../retrieval/resolve.ts';
import { createSearchDefaults } from '../../../retrieval/search-defaults.ts';

const point = pointOf(resolveSearchRequest({ query: 'a' }, []));

function stepOf(step: StepReport['step'], difference: number, request?: StepReport['request']): StepReport {
  const judgement = { difference } as Judgement;
  return { step, training: 100, tried: [], verdict: '', judgement, ...(request && { request }) };
}

const feedback = stepOf('feedback', 0.01, { feedback: { weight: 0.2 } });
const rerank = stepOf('rerank', 0.03, { rerank: { model: 'm', candidates: 50 } });
const unproven = stepOf('diversity', 0.5);

describe('provenSettings', () => {
  it('gives nothing where nothing is proven', () => {
    expect(provenSettings([point], undefined, [], [unproven], undefined)).toBeUndefined();
  });

  it('puts the proven step of the greatest gain to the winner', () => {
    expect(provenSettings([point], 0, [], [feedback, rerank, unproven], undefined)).toEqual({
      defaults: { ...settingsOf(point), ...rerank.request },
    });
    expect(bestProvenStep([feedback, rerank, unproven])).toBe(rerank);
  });

  it('gives a class what it was measured with, without what it would inherit', () => {
    const completed = { ...point, complete: true };
    const ofClass = { class: 'short', training: 100, verdict: '', point: 1 } as const;
    const settings = provenSettings([completed, point], 0, [ofClass], [feedback], undefined)!;
    const find = createSearchDefaults(settings);
    const resolve = (query: string) => resolveSearchRequest({ query }, [], find('acme', query).defaults);
    expect(resolve('how is it decided today')).toMatchObject({ complete: true, feedback: { weight: 0.2 } });
    const { complete, feedback: fedBack, boosts } = resolve('two words');
    expect([complete, fedBack, boosts]).toEqual([false, undefined, []]);
    const boosted = stepOf('boosts', 0.01, { boosts: [{ weight: 1, equals: { key: 'a', value: 'b' } }] });
    const other = provenSettings([point, point], 0, [ofClass], [boosted], undefined)!;
    expect(other.classes!.short!.boosts).toEqual([]);
  });

  it('gives a proven step also where no winner is, for the tenant whose index was judged', () => {
    expect(provenSettings([point], undefined, [], [feedback], 'acme')).toEqual({
      tenants: { acme: { defaults: feedback.request } },
    });
    // What was judged by one tenant's documents says nothing of another's, whatever the tenant is called.
    expect(provenSettings([point], undefined, [], [feedback], 'default')).toEqual({
      tenants: { default: { defaults: feedback.request } },
    });
  });
});
