import type { ModelFeature, ModelUsage } from '../domain/usage.ts';
import type { Telemetry } from './telemetry.ts';

/** What the model calls for one piece of work used, summed as it is told. */
export interface UsageAccount {
  readonly add: (usage: ModelUsage) => void;
  /** One entry a model and kind, in the order of their first use. */
  total(): ModelUsage[];
}

/** Opens an account for one tenant's work; what is added also counts as `model_usage` on the metrics. */
export function createUsageAccount(
  telemetry: Telemetry,
  work: { readonly tenantId: string; readonly feature: ModelFeature },
): UsageAccount {
  const sums = new Map<string, ModelUsage>();
  return {
    add(usage) {
      const { model, kind, amount, isEstimated } = usage;
      telemetry.count('model_usage', amount, {
        tenant: work.tenantId,
        feature: work.feature,
        model,
        kind,
      });
      const key = `${model}\0${kind}`;
      const held = sums.get(key);
      const estimated = isEstimated ?? held?.isEstimated;
      sums.set(key, {
        model,
        kind,
        amount: (held?.amount ?? 0) + amount,
        ...(estimated && { isEstimated: estimated }),
      });
    },
    total: () => [...sums.values()],
  };
}
