import type { ModelCall } from '../model-call.ts';

/**
 * What a call is marked with in the account's invocation log: tenant, feature and request, in the characters that Bedrock
 * takes; undefined where nothing is known of it.
 */
export function requestMetadata({
  tenantId,
  feature,
  requestId,
}: ModelCall): Record<string, string> | undefined {
  const entries = Object.entries({ tenant: tenantId, feature, requestId }).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, clean(value)] as const],
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function clean(value: string): string {
  return value.replace(/[^a-zA-Z0-9\s:_@$#=/+,.-]/g, '_').slice(0, 256);
}
