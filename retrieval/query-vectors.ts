/** Vectors of queries that were asked a short while ago, each of one tenant: what one tenant asked tells another nothing. */
export interface QueryVectors {
  /** The kept vector, else what `embed` gives, which is then kept. */
  get(tenantId: string, query: string, embed: () => Promise<Float32Array>): Promise<Float32Array>;
}

export interface QueryVectorLimits {
  /** Vectors of one tenant; the one unused longest makes room. @default 200 */
  readonly ofTenant?: number;
  /** Tenants that have any; the one that asked longest ago makes room. @default 100 */
  readonly tenants?: number;
  /** After which a vector is made again. @default 600000 (10 min) */
  readonly keepMs?: number;
}

/** Keeps vectors in memory: at most 200 of each of 100 tenants, which at 1,024 dimensions is 80 MB. */
export function createQueryVectors(limits: QueryVectorLimits = {}): QueryVectors {
  const { ofTenant = 200, tenants = 100, keepMs = 600_000 } = limits;
  const kept = new Map<string, Map<string, { readonly vector: Float32Array; readonly until: number }>>();
  return {
    async get(tenantId, query, embed) {
      const held = kept.get(tenantId);
      const found = held?.get(query);
      if (held !== undefined && found !== undefined && performance.now() < found.until) {
        putLast(kept, tenantId, held, tenants);
        putLast(held, query, found, ofTenant);
        return found.vector;
      }
      const vector = await embed();
      // Read again: others of this tenant may have come while the model ran.
      const own = kept.get(tenantId) ?? new Map();
      putLast(kept, tenantId, own, tenants);
      putLast(own, query, { vector, until: performance.now() + keepMs }, ofTenant);
      return vector;
    },
  };
}

/** A map goes through its keys in the order in which they were put: the first is the one unused longest. */
function putLast<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
