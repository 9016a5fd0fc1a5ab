import type { Chunk } from '../../domain/chunk.ts';
import { ModelUnavailable } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Hit, SearchRequest } from '../../domain/search.ts';
import type { Pipeline } from '../../pipeline.ts';
import { precisionAtFullRecall, tokenIoU, tokenPrecision, tokenRecall } from './metrics/token-overlap.ts';
import { parsePlainText } from './parse-plain-text.ts';
import type { QuestionSet } from './read-questions.ts';
import { lengthOf, type Span } from './spans.ts';
import { findTokens, type TokenPlaces } from './token-places.ts';

/** Chunks looked at for the recall within a budget. */
const depth = 50;
/** Tokens that a language model is given: four chunks of 256 of the model's own tokens. */
export const budgetTokens = 800;

export const questionMetrics = [
  'recall@5',
  'precision@5',
  'iou@5',
  'recall@10',
  'precision@10',
  'iou@10',
  `recall@${budgetTokens}tokens`,
  'precisionOmega',
] as const;

export type QuestionMetric = (typeof questionMetrics)[number];

/** One value a question, in their order. */
export type QuestionValues = Readonly<Record<QuestionMetric, readonly number[]>>;

/** Which legs find the chunks: both by the API's defaults, or the vectors alone, as in the source of the metrics. */
export const retrievals = {
  hybrid: {},
  dense: { lexical: { weight: 0 } },
} as const satisfies Record<string, Omit<SearchRequest, 'query'>>;

/** Asks each question and holds the chunks that come back against what was marked. */
export async function measureQuestions(
  pipeline: Pick<Pipeline, 'search'>,
  scope: Scope,
  set: QuestionSet,
  /** All chunks of each text. */
  chunks: ReadonlyMap<string, readonly Chunk[]>,
  request: Omit<SearchRequest, 'query'>,
  onQuestion: (done: number) => void,
): Promise<QuestionValues> {
  const places = new Map(
    set.texts.map(({ textId, content }) => [textId, findTokens(parsePlainText(content).text)]),
  );
  const all = new Map(
    [...chunks].map(([textId, found]) => [
      textId,
      found.map(({ start, end }) => places.get(textId)!.spanOf(start, end)),
    ]),
  );
  const values = Object.fromEntries(questionMetrics.map((name) => [name, [] as number[]])) as Record<
    QuestionMetric,
    number[]
  >;
  for (const [at, { question, questionId, textId, excerpts }] of set.questions.entries()) {
    const response = await pipeline.search(scope, { ...request, query: question, topK: depth });
    const [degradation] = response.degraded;
    if (degradation !== undefined) {
      throw new ModelUnavailable(
        `Cannot measure question "${questionId}": ${degradation.stage} was done without, ${degradation.reason}`,
      );
    }
    const relevant = excerpts.map(({ start, end }) => places.get(textId)!.spanOf(start, end));
    const returned = response.results.map((hit) => returnedOf(hit, places));
    for (const k of [5, 10] as const) {
      const { retrieved, elsewhere } = split(distinct(returned.slice(0, k)), textId);
      values[`recall@${k}`].push(tokenRecall(relevant, retrieved));
      values[`precision@${k}`].push(tokenPrecision(relevant, retrieved, elsewhere));
      values[`iou@${k}`].push(tokenIoU(relevant, retrieved, elsewhere));
    }
    const { retrieved } = split(within(distinct(returned), budgetTokens), textId);
    values[`recall@${budgetTokens}tokens`].push(tokenRecall(relevant, retrieved));
    values.precisionOmega.push(precisionAtFullRecall(relevant, all.get(textId) ?? []));
    onQuestion(at + 1);
  }
  return values;
}

interface Returned {
  readonly textId: string;
  readonly span: Span;
}

function returnedOf({ documentId, chunk, parent }: Hit, places: ReadonlyMap<string, TokenPlaces>): Returned {
  const { start, end } = parent ?? chunk;
  return { textId: documentId, span: places.get(documentId)!.spanOf(start, end) };
}

/** Two children can have one parent, which is shown once. */
function distinct(returned: readonly Returned[]): Returned[] {
  const seen = new Set<string>();
  return returned.filter(({ textId, span }) => {
    const key = `${span.from} ${span.to} ${textId}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** As many as the budget holds, the last one cut. */
function within(returned: readonly Returned[], budget: number): Returned[] {
  const taken: Returned[] = [];
  let room = budget;
  for (const { textId, span } of returned) {
    if (room <= 0) break;
    const to = Math.min(span.to, span.from + room);
    taken.push({ textId, span: { from: span.from, to } });
    room -= to - span.from;
  }
  return taken;
}

function split(returned: readonly Returned[], textId: string) {
  const retrieved = returned.filter((one) => one.textId === textId).map(({ span }) => span);
  const others = returned.filter((one) => one.textId !== textId).map(({ span }) => span);
  return { retrieved, elsewhere: lengthOf(others) };
}
