import { readFileSync } from 'node:fs';

/** Resident bytes of a process, as Linux tells them; undefined elsewhere, and when the process has gone. */
export function residentBytes(processId: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
  } catch {
    // No such file: another system, or a process that has just ended.
    return undefined;
  }
}
