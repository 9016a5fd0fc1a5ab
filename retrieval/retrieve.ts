import { BraidError, EngineUnavailable, ModelUnavailable } from '../domain/errors.ts';
import type { RankedChunk } from '../domain/ranking.ts';
import type { Scope } from '../domain/scope.ts';
import type { Degradation, FacetResult, ResolvedSearchRequest } from '../domain/search.ts';
import { TimedOut, withinTime } from '../domain/within-time.ts';
import type { EmbeddingModel } from '../models/embedding-model.ts';
import type { ModelCall } from '../models/model-call.ts';
import type { Leg, LegsQuery, LegsResult, SearchEngine } from '../search-engine/search-engine.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { feedBack } from './feed-back.ts';
import { fuse, type WeightedLeg } from './fuse.ts';
import { createQueryVectors } from './query-vectors.ts';

export interface Retrieval {
  /** The whole fused list, best first. */
  readonly ranked: readonly RankedChunk[];
  readonly facets: readonly FacetResult[];
  readonly timings: Readonly<Record<string, number>>;
  readonly degraded: readonly Degradation[];
}

type EmbedQuery = (tenantId: string, query: string, call: ModelCall) => Promise<Float32Array>;

export type Retrieve = (scope: Scope, request: ResolvedSearchRequest, call?: ModelCall) => Promise<Retrieval>;

/**
 * query -> legs -> fuse. Both legs go to the engine in one call; a leg of weight 0 is not run and its query not embedded.
 *
 * An embedding model that fails leaves the lexical leg, and a leg that fails leaves the other, each named in `degraded`;
 * a request that rests on what failed (one leg only, a minimum score on it) fails. With feedback the legs run a second
 * time, for the query's vector moved towards the first hits; where that fails the first list stands.
 */
export function createRetrieve(
  engine: SearchEngine,
  model: EmbeddingModel,
  telemetry: Telemetry,
  embedTimeoutMs = 5_000,
): Retrieve {
  const queryVectors = createQueryVectors();
  const embed: EmbedQuery = (tenantId, query, call) =>
    queryVectors.get(tenantId, query, () =>
      withinTime(embedTimeoutMs, call.signal, (signal) =>
        model.embedQuery(query, { ...call, signal, deadline: performance.now() + embedTimeoutMs }),
      ),
    );

  return async (scope, request, call = {}) => {
    const timings: Record<string, number> = {};
    const degraded: Degradation[] = [];
    const note = (stage: Degradation['stage'], reason: string, error?: unknown) => {
      degraded.push({ stage, reason });
      telemetry.count('degradations', 1, { stage });
      telemetry.log.warn(
        { stage, reason, ...(error !== undefined && { error }) },
        'search goes on without a stage',
      );
    };

    const vector =
      request.dense.weight > 0
        ? await embedQuery(embed, scope.tenantId, request, timings, note, call)
        : undefined;
    const found = await engine.find(scope, legsQuery(request, vector), call.signal);
    const noteFailed = (legs: LegsResult) => {
      for (const name of ['lexical', 'dense'] as const) {
        const failed = legs[name]?.failed;
        if (failed !== undefined && !degraded.some(({ stage }) => stage === name)) note(name, failed);
      }
    };
    for (const name of ['lexical', 'dense'] as const) {
      const leg = found[name];
      if (leg !== undefined) timings[name] = leg.milliseconds;
    }
    noteFailed(found);
    checkUsable(request, found, vector);

    const startedAt = performance.now();
    let ranked = fuse(weightedLegs(request, found), request.fusion);
    timings.fuse = performance.now() - startedAt;
    if (request.feedback !== undefined && vector !== undefined && ranked.length > 0) {
      const fedBackAt = performance.now();
      try {
        const moved = await feedBack(engine, scope, request.feedback, vector, ranked, call.signal);
        const { facets: _, facetsMatchText: __, ...legs } = legsQuery(request, moved);
        const again = await engine.find(scope, legs, call.signal);
        checkUsable(request, again, moved);
        noteFailed(again);
        ranked = fuse(weightedLegs(request, again), request.fusion);
      } catch (error) {
        call.signal?.throwIfAborted();
        // The list of the first round is whole without it.
        note('feedback', error instanceof BraidError ? error.message : 'the second round failed', error);
      }
      timings.feedback = performance.now() - fedBackAt;
    }
    for (const [stage, milliseconds] of Object.entries(timings)) telemetry.stage(stage, milliseconds);
    return { ranked, facets: found.facets, timings, degraded };
  };
}

async function embedQuery(
  embed: EmbedQuery,
  tenantId: string,
  request: ResolvedSearchRequest,
  timings: Record<string, number>,
  note: (stage: 'embed', reason: string, error: unknown) => void,
  call: ModelCall,
): Promise<Float32Array | undefined> {
  const startedAt = performance.now();
  try {
    return await embed(tenantId, request.query, call);
  } catch (error) {
    call.signal?.throwIfAborted();
    const failed =
      error instanceof TimedOut ? `the embedding model ${error.message}` : 'the embedding model failed';
    const reason = error instanceof BraidError ? error.message : failed;
    if (request.lexical.weight === 0 || request.minimumScore?.on === 'dense') {
      throw new ModelUnavailable(`Cannot embed the query: ${reason}`, { cause: error });
    }
    note('embed', reason, error);
    return undefined;
  } finally {
    timings.embed = performance.now() - startedAt;
  }
}

function legsQuery(request: ResolvedSearchRequest, vector: Float32Array | undefined): LegsQuery {
  const { lexical, dense, complete, filter, facets } = request;
  return {
    ...(lexical.weight > 0 && {
      lexical: { text: request.query, fields: lexical.fields, candidates: lexical.candidates },
    }),
    ...(vector && { dense: { vector, candidates: dense.candidates } }),
    ...(complete && { complete }),
    ...(filter && { filter }),
    ...(facets.length > 0 && { facets, facetsMatchText: dense.weight === 0 }),
  };
}

/** A leg that failed may be done without only where the other one ran and nothing rests on it. */
function checkUsable(
  request: ResolvedSearchRequest,
  found: LegsResult,
  vector: Float32Array | undefined,
): void {
  const works = (leg: Leg | undefined) => leg !== undefined && leg.failed === undefined;
  const isDenseNeeded = request.minimumScore?.on === 'dense';
  const failed = found.lexical?.failed ?? found.dense?.failed;
  if (failed === undefined) return;
  const isUsable = isDenseNeeded
    ? works(found.dense)
    : works(found.lexical) || (vector !== undefined && works(found.dense));
  if (!isUsable) throw new EngineUnavailable(`Cannot search: ${failed}`);
}

function weightedLegs(
  request: ResolvedSearchRequest,
  found: LegsResult,
): Partial<Record<'lexical' | 'dense', WeightedLeg>> {
  const weighted: Partial<Record<'lexical' | 'dense', WeightedLeg>> = {};
  for (const name of ['lexical', 'dense'] as const) {
    const leg = found[name];
    if (leg === undefined || leg.failed !== undefined) continue;
    weighted[name] = {
      hits: leg.hits,
      weight: request[name].weight,
      candidates: request[name].candidates,
      ...(leg.completed !== undefined && { completed: leg.completed }),
    };
  }
  return weighted;
}
