import { createHash } from 'node:crypto';

/** How many parts the queries are cut into, each left out once. */
export const foldCount = 5;

/** Which fold a query falls into: by SHA-256 of its id, the same on every machine and whatever other queries there are. */
export function foldOf(queryId: string): number {
  return createHash('sha256').update(queryId).digest().readUInt32BE(0) % foldCount;
}
