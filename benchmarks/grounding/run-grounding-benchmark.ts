import { join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import { createGroundingScorer } from '../../models/local/guardrail/grounding-score.ts';
import { readJsonLines } from '../relevance/read-json-lines.ts';
import { areaUnderCurve } from './area-under-curve.ts';

export interface GroundingReport {
  readonly dataset: string;
  readonly model: string;
  /** Claims by what the judges said of their abstract; `unrelated`: supported claims beside another claim's abstract. */
  readonly claims: Readonly<Record<Label, number>>;
  readonly meanScore: Readonly<Record<Label, number>>;
  /** Of supported claims over those of each other kind. */
  readonly areaUnderCurve: Readonly<Record<Exclude<Label, 'supported'>, number>>;
  readonly thresholds: readonly {
    readonly threshold: number;
    /** Shares that are at the threshold or above. */
    readonly grounded: Readonly<Record<Label, number>>;
  }[];
}

export type Label = 'supported' | 'contradicted' | 'notEnoughInformation' | 'unrelated';

export interface GroundingOptions {
  /** A folder with corpus.jsonl and evidence.jsonl, as SciFact has them. */
  readonly dataset: string;
  readonly model: EmbeddingModel;
  /** Claims of each label at most, in the order of the file. @default all */
  readonly limit?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

interface Evidence {
  readonly claim: string;
  readonly evidence_doc_id: string | null;
  readonly label: 'SUPPORT' | 'CONTRADICT' | 'NOT_ENOUGH_INFO';
  readonly cited_doc_ids: readonly string[];
}

const labels = {
  SUPPORT: 'supported',
  CONTRADICT: 'contradicted',
  NOT_ENOUGH_INFO: 'notEnoughInformation',
} as const;
const thresholds = [0.4, 0.5, 0.6, 0.7];

/** Scores each claim against the abstract that judges held it against, as the local guardrail scores a cited sentence. */
export async function runGroundingBenchmark(options: GroundingOptions): Promise<GroundingReport> {
  const { dataset, model, limit = Number.POSITIVE_INFINITY, onProgress } = options;
  const texts = new Map<string, string>();
  for await (const { value } of readJsonLines(join(dataset, 'corpus.jsonl'))) {
    texts.set(String(value._id), String(value.text));
  }
  const judged: { label: Label; claim: string; documentId: string }[] = [];
  const taken = new Map<string, number>();
  for await (const { value, place } of readJsonLines(join(dataset, 'evidence.jsonl'))) {
    const row = readEvidence(value, place);
    const documentId = row.evidence_doc_id ?? row.cited_doc_ids[0];
    const count = taken.get(row.label) ?? 0;
    if (documentId === undefined || !texts.has(documentId) || count >= limit) continue;
    taken.set(row.label, count + 1);
    judged.push({ label: labels[row.label], claim: row.claim, documentId });
  }
  const supported = judged.filter(({ label }) => label === 'supported');
  const shift = Math.floor(supported.length / 2);
  judged.push(
    ...supported.map(({ claim }, at) => ({
      label: 'unrelated' as const,
      claim,
      documentId: supported[(at + shift) % supported.length]!.documentId,
    })),
  );

  const score = createGroundingScorer(model);
  const scores: Record<Label, number[]> = {
    supported: [],
    contradicted: [],
    notEnoughInformation: [],
    unrelated: [],
  };
  for (const [at, { label, claim, documentId }] of judged.entries()) {
    const cited = [{ start: 0, end: claim.length, passage: 0 }];
    const sentences = await score(claim, { question: '', passages: [texts.get(documentId)!], cited });
    scores[label].push(Math.min(...sentences));
    onProgress?.(at + 1, judged.length);
  }
  return {
    dataset,
    model: model.id,
    claims: byLabel(scores, (values) => values.length),
    meanScore: byLabel(scores, (values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    areaUnderCurve: {
      contradicted: areaUnderCurve(scores.supported, scores.contradicted),
      notEnoughInformation: areaUnderCurve(scores.supported, scores.notEnoughInformation),
      unrelated: areaUnderCurve(scores.supported, scores.unrelated),
    },
    thresholds: thresholds.map((threshold) => ({
      threshold,
      grounded: byLabel(
        scores,
        (values) => values.filter((value) => value >= threshold).length / values.length,
      ),
    })),
  };
}

function byLabel<T>(
  scores: Record<Label, number[]>,
  value: (scores: readonly number[]) => T,
): Record<Label, T> {
  return Object.fromEntries(Object.entries(scores).map(([label, held]) => [label, value(held)])) as Record<
    Label,
    T
  >;
}

function readEvidence(value: Readonly<Record<string, unknown>>, place: string): Evidence {
  const { claim, evidence_doc_id: document, label, cited_doc_ids: cited } = value;
  const isKnown = label === 'SUPPORT' || label === 'CONTRADICT' || label === 'NOT_ENOUGH_INFO';
  if (typeof claim !== 'string' || !isKnown || !Array.isArray(cited)) {
    throw new InvalidInput('dataset', `Expected ${place} to have claim, label and cited_doc_ids`);
  }
  return {
    claim,
    label,
    evidence_doc_id: typeof document === 'string' ? document : null,
    cited_doc_ids: cited.map(String),
  };
}
