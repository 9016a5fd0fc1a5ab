import { describe, expect, it } from 'vitest';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { createUsageAccount } from '../../telemetry/usage-account.ts';

describe('createUsageAccount', () => {
  it('sums by model and kind, says where any part was estimated, and counts each part for its tenant', () => {
    const counted: unknown[] = [];
    const telemetry = { ...silentTelemetry, count: (...given: unknown[]) => counted.push(given) };
    const account = createUsageAccount(telemetry, { tenantId: 't', feature: 'answer' });
    account.add({ model: 'e', kind: 'embedding', amount: 3, isEstimated: true });
    account.add({ model: 'l', kind: 'input', amount: 100 });
    account.add({ model: 'e', kind: 'embedding', amount: 4 });
    account.add({ model: 'l', kind: 'output', amount: 7 });
    expect(account.total()).toEqual([
      { model: 'e', kind: 'embedding', amount: 7, isEstimated: true },
      { model: 'l', kind: 'input', amount: 100 },
      { model: 'l', kind: 'output', amount: 7 },
    ]);
    expect(counted[1]).toEqual([
      'model_usage',
      100,
      { tenant: 't', feature: 'answer', model: 'l', kind: 'input' },
    ]);
    expect(counted).toHaveLength(4);
  });
});
