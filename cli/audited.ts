import type { AuditLog } from '../identity/audit-log.ts';

/**
 * Does what an operator asked for and writes it down: that it begins, before anything is changed, and with its counts that
 * it ended. An act without an end was cut off or has failed.
 * @param countsOf what stands in the log of the result: numbers and names of sources, never a text
 */
export async function audited<T>(
  audit: AuditLog,
  action: string,
  tenantId: string,
  work: () => Promise<T>,
  countsOf: (result: T) => Readonly<Record<string, number | string>>,
): Promise<T> {
  audit.act({ actor: 'operator', action: `${action} begins`, tenantId });
  await audit.flush();
  const result = await work();
  audit.act({ actor: 'operator', action: `${action} ends`, tenantId, detail: countsOf(result) });
  return result;
}
