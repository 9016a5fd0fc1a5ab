import type { Scope } from '../../domain/scope.ts';
import type { Leg, LegsQuery, LegsResult } from '../search-engine.ts';
import { type FoundRow, measureDense, notAmong, toCandidates } from './complete.ts';
import type { Database } from './database.ts';
import { findDense } from './dense-leg.ts';
import { countFacetTree } from './facet-tree.ts';
import { countFacets } from './facets.ts';
import { findLexical, type LexicalHits } from './lexical-leg.ts';
import { select } from './selection.ts';

/** Runs the legs and counts the facets on one state of the tenant. */
export function find(database: Database, scope: Scope, query: LegsQuery): LegsResult {
  return database.snapshot(() => {
    const selection = select(database, scope, query.filter);
    const { lexical, dense } = query;
    const runs: Run<unknown>[] = [];
    const run = <Found>(leg: () => Found): Run<Found> => {
      const done = runLeg(leg);
      runs.push(done);
      return done;
    };
    // The dense leg first: what it finds, the lexical leg scores in its own scan.
    const near = dense && run(() => findDense(database, dense, selection));
    const isCompleted = query.complete === true && lexical !== undefined && near?.found !== undefined;
    const matched =
      lexical && run(() => findLexical(database, lexical, selection, isCompleted ? near.found : []));
    if (runs.length > 0 && runs.every(({ failure }) => failure !== undefined)) throw runs.at(-1)!.failure;

    const legs = {
      ...(matched && { lexical: legOf(matched, matched.found?.hits ?? []) }),
      ...(near && { dense: legOf(near, near.found ?? []) }),
    };
    const completed =
      isCompleted && matched?.found !== undefined
        ? complete(database, dense!.vector, matched.found, near.found, legs)
        : legs;
    return { ...completed, facets: countFacets(database, query, selection) };
  });
}

/** What a leg came to: what it found, or why it failed. */
interface Run<Found> {
  readonly found?: Found;
  readonly failure?: unknown;
  readonly milliseconds: number;
}

function runLeg<Found>(leg: () => Found): Run<Found> {
  const startedAt = performance.now();
  try {
    return { found: leg(), milliseconds: performance.now() - startedAt };
  } catch (failure) {
    return { failure, milliseconds: performance.now() - startedAt };
  }
}

function legOf({ failure, milliseconds }: Run<unknown>, hits: readonly FoundRow[]): Leg {
  if (failure === undefined) return { hits: toCandidates(hits), milliseconds };
  return { hits: [], failed: failure instanceof Error ? failure.message : String(failure), milliseconds };
}

function complete(
  database: Database,
  vector: Float32Array,
  matched: LexicalHits,
  near: readonly FoundRow[],
  legs: Pick<LegsResult, 'lexical' | 'dense'>,
): Pick<LegsResult, 'lexical' | 'dense'> {
  const startedAt = performance.now();
  const lexical = new Map(matched.others.map(({ chunkId, score }) => [chunkId, score]));
  const dense = measureDense(database, vector, notAmong(matched.hits, near));
  const milliseconds = legs.dense!.milliseconds + performance.now() - startedAt;
  return {
    lexical: { ...legs.lexical!, completed: lexical },
    dense: { ...legs.dense!, completed: dense, milliseconds },
  };
}

/** What a tenant answers that does not exist. */
export function findNothing(query: LegsQuery): LegsResult {
  const leg: Leg = { hits: [], milliseconds: 0 };
  return {
    ...(query.lexical !== undefined && { lexical: leg }),
    ...(query.dense !== undefined && { dense: leg }),
    facets: countFacetTree(query.facets ?? [], new Map(), []),
  };
}
