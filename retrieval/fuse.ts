import type { RankedChunk } from '../domain/ranking.ts';
import type { Breakdown, LegContribution, LegName, ResolvedSearchRequest } from '../domain/search.ts';
import { compareUtf8 } from '../domain/text-order.ts';
import type { Candidate } from '../search-engine/search-engine.ts';
import { logOddsLeg } from './log-odds.ts';
import { normalizeLeg } from './normalize.ts';

/** One leg's hits by rank, with the weight that they carry. */
export interface WeightedLeg {
  readonly hits: readonly Candidate[];
  /** Above 0. */
  readonly weight: number;
  /** How many hits the leg was asked for. */
  readonly candidates: number;
  /** The leg's scores of hits that it did not return, by chunkId. Not for RRF. */
  readonly completed?: ReadonlyMap<string, number>;
}

export type Fusion = ResolvedSearchRequest['fusion'];

type Legs = Partial<Record<LegName, WeightedLeg>>;

/** What one leg gives each of its hits, and what it gives a hit that it did not return. */
export interface ScoredLeg {
  readonly normalized: ArrayLike<number>;
  /** By chunkId. */
  readonly completed: ReadonlyMap<string, number>;
  readonly missing: number;
  readonly factor: number;
}

/** A hit with its rank in each leg, infinite where the leg did not return it. */
export interface Placed {
  readonly candidate: Pick<Candidate, 'documentId' | 'ordinal'>;
  readonly lexicalRank: number;
  readonly denseRank: number;
}

interface Entry {
  readonly candidate: Candidate;
  lexicalRank: number;
  denseRank: number;
  score: number;
}

const legNames = ['lexical', 'dense'] as const;
const none: ReadonlyMap<string, number> = new Map();

/**
 * Merges the legs into one list. Pure.
 *
 * - Linear: Σ w·norm(score) / Σw, after `normalizeLeg` (the convex combination of Bruch, Gai and Ingber, ACM TOIS 2023).
 *   A leg's completed score of a hit that it did not return counts like one that it did.
 * - RRF: Σ w / (rankConstant + rank), rank from 1; a leg that did not return a hit adds nothing (Cormack, Clarke and
 *   Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009).
 * - Log-odds: Σ w·logodds(score) / Σw, after `logOddsLeg`; the probability is 1 / (1 + e^(−fused score)).
 *
 * The order is total: fused score rounded to 1e-9, best rank in any leg, rank in the dense leg, documentId (UTF-8 bytes),
 * ordinal.
 */
export function fuse(legs: Legs, fusion: Fusion): RankedChunk[] {
  const scored = scoreLegs(legs, fusion);
  const entries = collectEntries(legs);
  for (const entry of entries) {
    const { chunkId } = entry.candidate;
    entry.score =
      contribution(scored.lexical, entry.lexicalRank, chunkId) +
      contribution(scored.dense, entry.denseRank, chunkId);
  }
  entries.sort(compareEntries);
  return entries.map((entry, at) => toRankedChunk(entry, at + 1, legs, scored));
}

/** What each leg gives its hits under a fusion; but for `factor` it does not depend on the weights. */
export function scoreLegs(legs: Legs, fusion: Fusion): Partial<Record<LegName, ScoredLeg>> {
  const totalWeight = legNames.reduce((sum, name) => sum + (legs[name]?.weight ?? 0), 0);
  const scored: Partial<Record<LegName, ScoredLeg>> = {};
  for (const name of legNames) {
    const leg = legs[name];
    if (leg === undefined) continue;
    if (fusion.method === 'rrf') {
      const normalized = Float64Array.from(leg.hits, (_, at) => 1 / (fusion.rankConstant + at + 1));
      const factor = legFactor(fusion, leg.weight, totalWeight);
      scored[name] = { normalized, completed: none, missing: 0, factor };
    } else {
      const scores = Float64Array.from(leg.hits, (hit) => hit.score);
      const isComplete = leg.hits.length < leg.candidates;
      const others = leg.completed ?? none;
      const otherScores = leg.completed && [...leg.completed.values()];
      const normalized =
        fusion.method === 'linear'
          ? normalizeLeg(name, scores, fusion.normalization, isComplete, otherScores)
          : logOddsLeg(name, scores, fusion.calibration[name], isComplete, otherScores);
      const completed = new Map(
        [...others.keys()].map((chunkId, at) => [chunkId, normalized.completed[at]!]),
      );
      const factor = legFactor(fusion, leg.weight, totalWeight);
      scored[name] = { normalized: normalized.scores, completed, missing: normalized.missing, factor };
    }
  }
  return scored;
}

function collectEntries(legs: Legs): Entry[] {
  const entries = new Map<string, Entry>();
  for (const name of legNames) {
    legs[name]?.hits.forEach((candidate, at) => {
      let entry = entries.get(candidate.chunkId);
      if (entry === undefined) {
        entry = {
          candidate,
          lexicalRank: Number.POSITIVE_INFINITY,
          denseRank: Number.POSITIVE_INFINITY,
          score: 0,
        };
        entries.set(candidate.chunkId, entry);
      }
      if (name === 'lexical') entry.lexicalRank = at + 1;
      else entry.denseRank = at + 1;
    });
  }
  return [...entries.values()];
}

function contribution(leg: ScoredLeg | undefined, rank: number, chunkId: string): number {
  return leg === undefined ? 0 : leg.factor * normalizedOf(leg, rank, chunkId);
}

/** What a leg gives a hit, before the weight. @param rank infinite where the leg did not return it */
export function normalizedOf(leg: ScoredLeg, rank: number, chunkId: string): number {
  return rank === Number.POSITIVE_INFINITY
    ? (leg.completed.get(chunkId) ?? leg.missing)
    : leg.normalized[rank - 1]!;
}

function compareEntries(left: Entry, right: Entry): number {
  return roundScore(right.score) - roundScore(left.score) || compareTies(left, right);
}

/** What a leg's normalised score is multiplied by. */
export function legFactor({ method }: Pick<Fusion, 'method'>, weight: number, totalWeight: number): number {
  return method === 'rrf' ? weight : weight / totalWeight;
}

/** A fused score as it is compared: in whole billionths. */
export function roundScore(score: number): number {
  return Math.round(score * 1e9);
}

/** The order of equal fused scores; a rank is infinite where the leg did not return the hit. */
export function compareTies(left: Placed, right: Placed): number {
  return (
    compareRanks(Math.min(left.lexicalRank, left.denseRank), Math.min(right.lexicalRank, right.denseRank)) ||
    compareRanks(left.denseRank, right.denseRank) ||
    compareUtf8(left.candidate.documentId, right.candidate.documentId) ||
    left.candidate.ordinal - right.candidate.ordinal
  );
}

/** Two absent ranks are equal; a plain difference of infinities would not be a number. */
function compareRanks(left: number, right: number): number {
  return left === right ? 0 : left - right;
}

function toRankedChunk(
  entry: Entry,
  rank: number,
  legs: Legs,
  scored: Partial<Record<LegName, ScoredLeg>>,
): RankedChunk {
  const { chunkId, documentId, ordinal } = entry.candidate;
  const breakdown: Breakdown = {
    ...(legs.lexical && { lexical: explain(legs.lexical, scored.lexical!, entry.lexicalRank, chunkId) }),
    ...(legs.dense && { dense: explain(legs.dense, scored.dense!, entry.denseRank, chunkId) }),
    fused: { score: entry.score, rank },
  };
  return { chunkId, documentId, ordinal, breakdown };
}

function explain(leg: WeightedLeg, scored: ScoredLeg, rank: number, chunkId: string): LegContribution {
  const isReturned = rank !== Number.POSITIVE_INFINITY;
  return {
    rank: isReturned ? rank : null,
    score: isReturned ? leg.hits[rank - 1]!.score : (leg.completed?.get(chunkId) ?? null),
    normalized: normalizedOf(scored, rank, chunkId),
    weight: leg.weight,
    contribution: contribution(scored, rank, chunkId),
  };
}
