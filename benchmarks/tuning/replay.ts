import { EngineUnavailable } from '../../domain/errors.ts';
import {
  compareTies,
  legFactor,
  normalizedOf,
  roundScore,
  scoreLegs,
  type WeightedLeg,
} from '../../retrieval/fuse.ts';
import type { Candidate, Leg, LegsResult } from '../../search-engine/search-engine.ts';
import type { CollectedQuery } from './collect-legs.ts';
import { type Cell, fieldsKey, type Point } from './search-space.ts';
import type { TopMetric } from './top-metric.ts';

/** The configurations' values of a metric, a row a query. */
export interface Measurements {
  readonly points: readonly Point[];
  readonly queries: number;
  /** The value of `points[point]` for query `query` at `point * queries + query`. */
  readonly values: Float32Array;
}

/** One query's candidates, in the order in which equal scores stand: whatever the fusion, it is the same. */
interface Candidates {
  readonly legs: Legs;
  readonly chunkIds: readonly string[];
  /** Infinite where the leg did not return the candidate. */
  readonly lexicalRanks: Float64Array;
  readonly denseRanks: Float64Array;
  /** Number of each candidate's document; equal for chunks of one. */
  readonly documents: Int32Array;
  readonly hasManyChunks: boolean;
  /** Of each document, by its number. */
  readonly gains: Float64Array;
}

/** What the legs give each candidate under one fusion, before the weights. */
interface Normalized {
  readonly lexical: Float64Array;
  readonly dense: Float64Array;
}

interface Legs {
  readonly lexical?: WeightedLeg;
  readonly dense?: WeightedLeg;
}

/** Points that fuse the same candidates, by fusion. */
interface Group {
  readonly cell: Cell;
  readonly mode: Mode;
  readonly fusions: Map<string, number[]>;
}

/**
 * Measures each point on each query by fusing what was collected, without another search. What a leg gives a candidate,
 * and the order of equal scores, come from the functions that searches use, once for each depth and fusion; between two
 * points of a fusion only the weights differ, so that what is left is two multiplications, an addition and the choice of
 * the first.
 */
export function replay(
  collected: readonly CollectedQuery[],
  points: readonly Point[],
  metric: TopMetric,
  onPoint: (done: number) => void = () => {},
): Measurements {
  const values = new Float32Array(points.length * collected.length);
  const first = createFirst(metric.depth);
  let done = 0;
  for (const { cell, mode, fusions } of groupsOf(points)) {
    for (const [query, { legs, query: judged }] of collected.entries()) {
      const found = legs.get(fieldsKey(cell.fields));
      if (found === undefined) throw new EngineUnavailable('Cannot replay fields that were not collected');
      const measure = metric.of(judged.grades);
      const candidates = gatherCandidates(cutLegs(found, cell, mode), measure.gainOf);
      for (const members of fusions.values()) {
        const normalized = normalize(candidates, points[members[0]!]!.fusion);
        for (const member of members) {
          select(candidates, normalized, points[member]!, first);
          values[member * collected.length + query] = measure.value(candidates.gains, first);
        }
      }
    }
    for (const members of fusions.values()) done += members.length;
    onPoint(done);
  }
  return { points, queries: collected.length, values };
}

type Mode = 'both' | 'lexical' | 'dense';

/** A leg of weight 0 is not run, and what it alone found is not in the list. */
function modeOf({ lexicalWeight }: Point): Mode {
  return lexicalWeight === 0 ? 'dense' : lexicalWeight === 1 ? 'lexical' : 'both';
}

function groupsOf(points: readonly Point[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const [at, point] of points.entries()) {
    const { fields, candidates, complete, fusion } = point;
    const mode = modeOf(point);
    const key = JSON.stringify([fields.title, fields.text, candidates, complete, mode]);
    const group = groups.get(key) ?? { cell: point, mode, fusions: new Map<string, number[]>() };
    groups.set(key, group);
    const fusionKey = JSON.stringify(fusion);
    group.fusions.set(fusionKey, [...(group.fusions.get(fusionKey) ?? []), at]);
  }
  return groups.values();
}

/** The legs as a search with fewer candidates has them. */
export function cutLegs({ lexical, dense }: LegsResult, { candidates, complete }: Cell, mode: Mode): Legs {
  const isCompleted = complete && mode === 'both';
  const own = { lexical: cut(lexical!, candidates), dense: cut(dense!, candidates) };
  const weighted = (leg: Leg, hits: readonly Candidate[], other: readonly Candidate[]): WeightedLeg => ({
    hits,
    weight: 1,
    candidates,
    ...(isCompleted && { completed: completedScores(leg, hits, other) }),
  });
  return {
    ...(mode !== 'dense' && { lexical: weighted(lexical!, own.lexical, own.dense) }),
    ...(mode !== 'lexical' && { dense: weighted(dense!, own.dense, own.lexical) }),
  };
}

function cut({ hits }: Leg, candidates: number): readonly Candidate[] {
  return hits.length <= candidates ? hits : hits.slice(0, candidates);
}

/** The leg's score of what only the other one returned: from farther down its list, else from its completion. */
function completedScores(
  leg: Leg,
  hits: readonly Candidate[],
  other: readonly Candidate[],
): ReadonlyMap<string, number> {
  const returned = new Set(hits.map(({ chunkId }) => chunkId));
  const farther = new Map(leg.hits.slice(hits.length).map(({ chunkId, score }) => [chunkId, score]));
  const scores = new Map<string, number>();
  for (const { chunkId } of other) {
    if (returned.has(chunkId)) continue;
    const score = farther.get(chunkId) ?? leg.completed?.get(chunkId);
    if (score !== undefined) scores.set(chunkId, score);
  }
  return scores;
}

function gatherCandidates(legs: Legs, gainOf: (documentId: string) => number): Candidates {
  const placed = new Map<string, { candidate: Candidate; lexicalRank: number; denseRank: number }>();
  for (const name of ['lexical', 'dense'] as const) {
    const rank = `${name}Rank` as const;
    for (const [at, candidate] of (legs[name]?.hits ?? []).entries()) {
      const held = placed.get(candidate.chunkId) ?? {
        candidate,
        lexicalRank: Number.POSITIVE_INFINITY,
        denseRank: Number.POSITIVE_INFINITY,
      };
      held[rank] = at + 1;
      placed.set(candidate.chunkId, held);
    }
  }
  const entries = [...placed.values()].sort(compareTies);
  const numbers = new Map<string, number>();
  const documents = Int32Array.from(entries, ({ candidate: { documentId } }) => {
    const known = numbers.get(documentId) ?? numbers.size;
    numbers.set(documentId, known);
    return known;
  });
  return {
    legs,
    chunkIds: entries.map(({ candidate }) => candidate.chunkId),
    lexicalRanks: Float64Array.from(entries, ({ lexicalRank }) => lexicalRank),
    denseRanks: Float64Array.from(entries, ({ denseRank }) => denseRank),
    documents,
    hasManyChunks: numbers.size < entries.length,
    gains: Float64Array.from(numbers.keys(), gainOf),
  };
}

function normalize(
  { legs, chunkIds, lexicalRanks, denseRanks }: Candidates,
  fusion: Cell['fusion'],
): Normalized {
  const scored = scoreLegs(legs, fusion);
  const of = (leg: typeof scored.lexical, ranks: Float64Array) =>
    leg === undefined
      ? new Float64Array(ranks.length)
      : ranks.map((rank, at) => normalizedOf(leg, rank, chunkIds[at]!));
  return { lexical: of(scored.lexical, lexicalRanks), dense: of(scored.dense, denseRanks) };
}

/** The documents that stand first, best first, and how many there are; one for all queries, since it is read at once. */
interface First {
  readonly scores: Float64Array;
  readonly documents: Int32Array;
  count: number;
}

function createFirst(depth: number): First {
  return { scores: new Float64Array(depth), documents: new Int32Array(depth), count: 0 };
}

/**
 * Puts the first documents of a fusion into `first`. Candidates come in the order in which equal scores stand, so that a
 * later one passes an earlier one only by a higher score.
 */
function select(
  { documents: document, hasManyChunks }: Candidates,
  { lexical, dense }: Normalized,
  { lexicalWeight, fusion }: Point,
  first: First,
): void {
  const lexicalFactor = legFactor(fusion, lexicalWeight, 1);
  const denseFactor = legFactor(fusion, 1 - lexicalWeight, 1);
  const { scores, documents } = first;
  const depth = scores.length;
  let count = 0;
  for (let at = 0; at < lexical.length; at += 1) {
    const score = roundScore(lexicalFactor * lexical[at]! + denseFactor * dense[at]!);
    if (count === depth && score <= scores[depth - 1]!) continue;
    const own = document[at]!;
    let place = count;
    if (hasManyChunks) {
      // The document's better chunk stays; a worse one of before makes room.
      let before = 0;
      while (before < count && documents[before] !== own) before += 1;
      if (before < count) {
        if (score <= scores[before]!) continue;
        place = before;
      }
    }
    if (place === count && count < depth) count += 1;
    else if (place === count) place = depth - 1;
    while (place > 0 && scores[place - 1]! < score) {
      scores[place] = scores[place - 1]!;
      documents[place] = documents[place - 1]!;
      place -= 1;
    }
    scores[place] = score;
    documents[place] = own;
  }
  first.count = count;
}
