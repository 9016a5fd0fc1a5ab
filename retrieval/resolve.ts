import { InvalidInput } from '../domain/errors.ts';
import { checkFilter } from '../domain/filter.ts';
import type {
  Calibration,
  LegCalibration,
  LegName,
  ResolvedSearchRequest,
  SearchDefaults,
  SearchRequest,
} from '../domain/search.ts';
import { checkFields, flag, number, oneOf, wholeNumber } from './check-fields.ts';
import { resolveBoosts } from './resolve-boosts.ts';
import { resolveFacets } from './resolve-facets.ts';

export const searchLimits = {
  queryCharacters: 4_000,
  topK: 1_000,
  candidates: 10_000,
  rerankCandidates: 1_000,
  rerankMetadataFields: 10,
  rankConstant: 10_000,
  midpoint: 1_000_000,
  slope: 1_000_000,
  weight: 1_000_000,
  fieldWeight: 100,
  feedbackHits: 20,
} as const;

const requestFields = [
  'query',
  'topK',
  'filter',
  'lexical',
  'dense',
  'fusion',
  'complete',
  'feedback',
  'boosts',
  'rerank',
  'diversity',
  'duplicates',
  'collapse',
  'expand',
  'highlight',
  'facets',
  'minimumScore',
  'cursor',
];
const normalizations = ['min_max', 'theoretical_min_max', 'l2', 'z_score'] as const;

/**
 * Checks a request and fills in every default.
 * @param rerankingModels ids of the configured reranking models
 * @param defaults what holds where the request says nothing: a leg's fields one by one, everything else whole; their
 * candidates rise to topK, and what the request's own fusion or legs rule out is left away
 * @throws {InvalidInput} naming the field: what cannot be done is refused, never ignored
 */
export function resolveSearchRequest(
  request: SearchRequest,
  rerankingModels: readonly string[],
  defaults: SearchDefaults = {},
): ResolvedSearchRequest {
  const { query, filter, cursor } = checkFields(request, '', requestFields);
  const topK = wholeNumber(request.topK ?? 10, 'topK', 1, searchLimits.topK);
  const legs = resolveLegs(request, topK, defaults);
  const fusion = resolveFusion(request.fusion ?? defaults.fusion);
  const isCompleteByDefault = fusion.method !== 'rrf' && (defaults.complete ?? false);
  const complete = flag(request.complete ?? isCompleteByDefault, 'complete');
  if (complete && fusion.method === 'rrf') {
    throw new InvalidInput('complete', 'Expected no complete with method rrf, which uses ranks only');
  }
  const feedback = resolveFeedback(
    asked(request.feedback, legs.dense.weight > 0 ? defaults.feedback : undefined),
    legs.dense.weight,
  );
  const boosts = resolveBoosts(request.boosts ?? (fusion.method === 'rrf' ? undefined : defaults.boosts));
  if (boosts.length > 0 && fusion.method === 'rrf') {
    throw new InvalidInput(
      'boosts',
      'Expected no boosts with method rrf, whose scores do not measure relevance',
    );
  }
  const rerank = resolveRerank(asked(request.rerank, deepened(defaults.rerank, topK)), topK, rerankingModels);
  const diversity = asked(request.diversity, deepened(defaults.diversity, topK));
  const duplicates = asked(request.duplicates, deepened(defaults.duplicates, topK));
  const minimumScore = resolveMinimumScore(request, fusion, legs.dense.weight, rerank);
  const collapse = asked(request.collapse, defaults.collapse);
  if (cursor !== undefined && typeof cursor !== 'string')
    throw new InvalidInput('cursor', 'Expected cursor to be a string');
  return {
    query: checkQuery(query),
    topK,
    ...(filter !== undefined && { filter: checkFilter(filter) }),
    ...legs,
    fusion,
    complete,
    ...(feedback && { feedback }),
    boosts,
    ...(rerank && { rerank }),
    ...(diversity !== undefined && { diversity: resolveDiversity(diversity, topK) }),
    ...(duplicates !== undefined && { duplicates: resolveDuplicates(duplicates, topK) }),
    ...(collapse !== undefined && { collapse: oneOf(collapse, 'collapse', ['document'] as const) }),
    ...(request.expand !== undefined && { expand: oneOf(request.expand, 'expand', ['parent'] as const) }),
    highlight: flag(request.highlight ?? false, 'highlight'),
    facets: resolveFacets(request.facets),
    ...(minimumScore && { minimumScore }),
    ...(cursor !== undefined && { cursor }),
  };
}

/** What the request says, else what holds by default; undefined where that is `false`. */
function asked<T>(given: T | false | undefined, byDefault: T | false | undefined): T | undefined {
  const wanted = given ?? byDefault;
  return wanted === false ? undefined : wanted;
}

function deepened<T extends { readonly candidates?: number }>(
  byDefault: T | false | undefined,
  topK: number,
): T | false | undefined {
  if (!byDefault || byDefault.candidates === undefined) return byDefault;
  return { ...byDefault, candidates: Math.max(byDefault.candidates, topK) };
}

function checkQuery(query: unknown): string {
  if (typeof query !== 'string' || query.trim() === '' || query.length > searchLimits.queryCharacters) {
    throw new InvalidInput(
      'query',
      `Expected query to be a text of 1 to ${searchLimits.queryCharacters} characters`,
    );
  }
  if (!query.isWellFormed()) throw new InvalidInput('query', 'Expected query to be well-formed Unicode');
  return query;
}

function resolveLegs(
  request: SearchRequest,
  topK: number,
  defaults: SearchDefaults,
): Pick<ResolvedSearchRequest, 'lexical' | 'dense'> {
  const lexical = checkFields(request.lexical ?? {}, 'lexical', ['weight', 'candidates', 'fields']);
  const dense = checkFields(request.dense ?? {}, 'dense', ['weight', 'candidates']);
  const leg = (name: 'lexical' | 'dense', given: { weight?: number; candidates?: number }) => ({
    weight: number(given.weight ?? defaults[name]?.weight ?? 0.5, `${name}.weight`, 0, searchLimits.weight),
    candidates: checkCandidates(
      given.candidates ?? Math.max(defaults[name]?.candidates ?? 100, topK),
      `${name}.candidates`,
      topK,
      searchLimits.candidates,
    ),
  });
  const resolved = {
    lexical: {
      ...leg('lexical', lexical),
      fields: resolveFields(lexical.fields ?? defaults.lexical?.fields),
    },
    dense: leg('dense', dense),
  };
  if (resolved.lexical.weight === 0 && resolved.dense.weight === 0) {
    throw new InvalidInput(
      'dense.weight',
      'Expected lexical.weight or dense.weight to be above 0, got 0 for both',
    );
  }
  return resolved;
}

function resolveFields(
  given: NonNullable<SearchRequest['lexical']>['fields'],
): Record<'title' | 'text', number> {
  if (given === undefined) return { title: 1, text: 1 };
  checkFields(given, 'lexical.fields', ['title', 'text']);
  const fields = {
    title: number(given.title ?? 0, 'lexical.fields.title', 0, searchLimits.fieldWeight),
    text: number(given.text ?? 0, 'lexical.fields.text', 0, searchLimits.fieldWeight),
  };
  if (fields.title === 0 && fields.text === 0) {
    throw new InvalidInput('lexical.fields', 'Expected lexical.fields to weigh title or text above 0');
  }
  return fields;
}

function resolveFusion(given: SearchRequest['fusion']): ResolvedSearchRequest['fusion'] {
  const fields = ['method', 'normalization', 'rankConstant', 'calibration'];
  const { method: asked = 'linear', ...options } = checkFields(given ?? {}, 'fusion', fields);
  const method = oneOf(asked, 'fusion.method', ['linear', 'rrf', 'log_odds'] as const);
  const own = { linear: 'normalization', rrf: 'rankConstant', log_odds: 'calibration' }[method];
  const other = Object.keys(options).find(
    (field) => field !== own && options[field as keyof typeof options] !== undefined,
  );
  if (other !== undefined) {
    throw new InvalidInput(
      `fusion.${other}`,
      `Expected no fusion.${other} with method ${method}, which takes ${own}`,
    );
  }
  const { normalization, rankConstant, calibration } = options;
  if (method === 'log_odds') return { method, calibration: resolveCalibration(calibration) };
  if (method === 'rrf') {
    return {
      method: 'rrf',
      rankConstant: wholeNumber(rankConstant ?? 60, 'fusion.rankConstant', 1, searchLimits.rankConstant),
    };
  }
  return {
    method,
    normalization: oneOf(normalization ?? 'min_max', 'fusion.normalization', normalizations),
  };
}

function resolveCalibration(given: Calibration | undefined): Calibration {
  if (given === undefined) {
    throw new InvalidInput(
      'fusion.calibration',
      'Expected fusion.calibration with method log_odds, as `bench calibrate` estimates it',
    );
  }
  const legs = checkFields(given, 'fusion.calibration', ['lexical', 'dense']);
  const leg = (name: LegName): LegCalibration => {
    const field = `fusion.calibration.${name}`;
    const { midpoint, slope } = checkFields(legs[name] ?? {}, field, ['midpoint', 'slope']);
    return {
      midpoint: number(midpoint, `${field}.midpoint`, -searchLimits.midpoint, searchLimits.midpoint),
      slope: number(slope, `${field}.slope`, Number.MIN_VALUE, searchLimits.slope),
    };
  };
  return { lexical: leg('lexical'), dense: leg('dense') };
}

function resolveRerank(
  given: Exclude<SearchRequest['rerank'], false>,
  topK: number,
  models: readonly string[],
): ResolvedSearchRequest['rerank'] {
  if (given === undefined) return undefined;
  const { model, candidates, metadataFields } = checkFields(given, 'rerank', [
    'model',
    'candidates',
    'metadataFields',
  ]);
  if (!models.includes(model)) {
    const known = models.length === 0 ? 'none is configured' : `configured: ${models.join(', ')}`;
    throw new InvalidInput('rerank.model', `Unknown rerank.model ${JSON.stringify(model)}, ${known}`);
  }
  return {
    model,
    candidates: checkCandidates(
      candidates ?? Math.max(50, topK),
      'rerank.candidates',
      topK,
      searchLimits.rerankCandidates,
    ),
    ...(metadataFields !== undefined && { metadataFields: checkMetadataFields(metadataFields) }),
  };
}

function checkMetadataFields(given: unknown): readonly string[] {
  const isList =
    Array.isArray(given) && given.length >= 1 && given.length <= searchLimits.rerankMetadataFields;
  const isKeys =
    isList &&
    new Set(given).size === given.length &&
    given.every((key) => typeof key === 'string' && key !== '' && Buffer.byteLength(key) <= 100);
  if (!isKeys) {
    throw new InvalidInput(
      'rerank.metadataFields',
      `Expected rerank.metadataFields to be 1 to ${searchLimits.rerankMetadataFields} different keys of at most 100 bytes`,
    );
  }
  return given;
}

function resolveFeedback(
  given: Exclude<SearchRequest['feedback'], false>,
  denseWeight: number,
): ResolvedSearchRequest['feedback'] {
  if (given === undefined) return undefined;
  const { weight, hits } = checkFields(given, 'feedback', ['weight', 'hits']);
  if (denseWeight === 0) {
    throw new InvalidInput('feedback', 'Expected dense.weight above 0 for feedback, got 0');
  }
  return {
    weight: number(weight ?? 0.4, 'feedback.weight', Number.MIN_VALUE, 1),
    hits: wholeNumber(hits ?? 3, 'feedback.hits', 1, searchLimits.feedbackHits),
  };
}

function resolveDiversity(
  given: Exclude<NonNullable<SearchRequest['diversity']>, false>,
  topK: number,
): NonNullable<ResolvedSearchRequest['diversity']> {
  const { lambda, candidates } = checkFields(given, 'diversity', ['lambda', 'candidates']);
  return {
    lambda: number(lambda, 'diversity.lambda', 0, 1),
    candidates: arranged(candidates, 'diversity.candidates', topK),
  };
}

function resolveDuplicates(
  given: Exclude<NonNullable<SearchRequest['duplicates']>, false>,
  topK: number,
): NonNullable<ResolvedSearchRequest['duplicates']> {
  const { similarity, candidates } = checkFields(given, 'duplicates', ['similarity', 'candidates']);
  return {
    similarity: number(similarity, 'duplicates.similarity', 0.5, 1),
    candidates: arranged(candidates, 'duplicates.candidates', topK),
  };
}

function arranged(candidates: number | undefined, field: string, topK: number): number {
  return checkCandidates(candidates ?? Math.max(50, topK), field, topK, searchLimits.rerankCandidates);
}

function resolveMinimumScore(
  request: SearchRequest,
  fusion: ResolvedSearchRequest['fusion'],
  denseWeight: number,
  rerank: ResolvedSearchRequest['rerank'],
): ResolvedSearchRequest['minimumScore'] {
  if (request.minimumScore === undefined) return undefined;
  const { on, value } = checkFields(request.minimumScore, 'minimumScore', ['on', 'value']);
  oneOf(on, 'minimumScore.on', ['dense', 'fused', 'rerank'] as const);
  if (on === 'fused' && fusion.method === 'rrf') {
    throw new InvalidInput(
      'minimumScore',
      'Expected no minimumScore on fused with method rrf, whose scores do not measure relevance',
    );
  }
  if (on === 'dense' && denseWeight === 0) {
    throw new InvalidInput(
      'minimumScore',
      'Expected dense.weight above 0 for a minimumScore on dense, got 0',
    );
  }
  if (on === 'rerank' && rerank === undefined) {
    throw new InvalidInput('minimumScore', 'Expected a rerank.model for a minimumScore on rerank');
  }
  return { on, value: number(value, 'minimumScore.value', -Number.MAX_VALUE, Number.MAX_VALUE) };
}

function checkCandidates(value: unknown, field: string, topK: number, most: number): number {
  const candidates = wholeNumber(value, field, 1, most);
  if (candidates < topK)
    throw new InvalidInput(field, `Expected ${field} to be at least topK (${topK}), got ${candidates}`);
  return candidates;
}
