import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseTrecRun } from '../../../benchmarks/formats/parse-trec-run.ts';
import { formatTrecQrels } from '../../../benchmarks/formats/trec-qrels.ts';
import { formatTrecRun, type RankedDocument } from '../../../benchmarks/formats/trec-run.ts';
import { measureRanking } from '../../../benchmarks/relevance/measure-ranking.ts';
import { createRandom } from '../../../benchmarks/statistics/seeded-random.ts';
import { makeDatasetFolder } from './dataset-folder.ts';
import { findIrMeasures, irMeasuresVersion, measureWithIrMeasures } from './ir-measures.ts';

const python = findIrMeasures();
const skipped = python === undefined && process.env.CI !== 'true';
if (skipped) process.stderr.write(`Skipped: ir-measures ${irMeasuresVersion} is not in the cache folder\n`);

/** Our name of each metric, and theirs. */
const names: Readonly<Record<string, string>> = {
  'ndcg@5': 'nDCG@5',
  'ndcg@10': 'nDCG@10',
  'recall@10': 'R@10',
  'recall@100': 'R@100',
  mrr: 'RR',
  map: 'AP',
  'precision@10': 'P@10',
  'judged@10': 'Judged@10',
};

/** Graded judgements, some of 0 and below, and a run of judged and unjudged documents, many of them tied. */
function makeFiles(seed: number): { qrels: Map<string, Map<string, number>>; run: string } {
  const random = createRandom(seed);
  const whole = (most: number) => Math.floor(random() * most);
  const qrels = new Map<string, Map<string, number>>();
  const lines: string[] = [];
  for (let query = 0; query < 60; query += 1) {
    const grades = new Map<string, number>();
    for (let count = 1 + whole(20); count > 0; count -= 1) grades.set(`d${whole(200)}`, whole(6) - 1);
    // ir_measures measures a query without a relevant document as 0, Braid leaves it out.
    grades.set(`d${whole(200)}`, 1 + whole(4));
    qrels.set(`q${query}`, grades);
    const documents = new Set(Array.from({ length: 1 + whole(150) }, () => `d${whole(300)}`));
    let rank = 0;
    for (const documentId of documents) {
      rank += 1;
      lines.push(`q${query} Q0 ${documentId} ${rank} ${whole(20) / 4} random`);
    }
  }
  return { qrels, run: `${lines.join('\n')}\n` };
}

test.skipIf(skipped)(
  'measureRanking agrees with ir_measures to 1e-6, ties and unjudged included',
  async () => {
    expect(python, `ir-measures ${irMeasuresVersion} must be in the cache folder`).toBeDefined();
    const folder = await makeDatasetFolder({});
    for (const seed of [1, 2, 3]) {
      const { qrels, run } = makeFiles(seed);
      const strict = [...parseTrecRun(run, 'run')].map(([queryId, ranking]) => {
        return formatTrecRun(queryId, ranking, 'strict');
      });
      // Once as a foreign run with ties, once as Braid writes it.
      for (const text of [run, strict.join('')]) {
        const files = { qrels: join(folder, 'qrels'), run: join(folder, 'run') };
        await writeFile(files.qrels, formatTrecQrels(qrels));
        await writeFile(files.run, text);
        const theirs = await measureWithIrMeasures(python!, files.qrels, files.run, Object.values(names));
        const rankings = parseTrecRun(text, 'run');
        expect(theirs).toHaveLength(60 * Object.keys(names).length);
        for (const [queryId, measure, value] of theirs) {
          const name = Object.keys(names).find((known) => names[known] === measure)!;
          const ranking = rankings.get(queryId)!;
          // Its Judged alone orders equal scores by document id rising; trec_eval, and so Braid, by id falling.
          const ordered = measure === 'Judged@10' ? ranking.toSorted(byScoreThenId) : ranking;
          const ids = ordered.map(({ documentId }) => documentId);
          const ours = measureRanking(ids, qrels.get(queryId)!, [name]);
          expect(ours[name], `${measure} of ${queryId}, seed ${seed}`).toBeCloseTo(value, 6);
        }
      }
    }
  },
);

function byScoreThenId(left: RankedDocument, right: RankedDocument): number {
  return right.score - left.score || (left.documentId < right.documentId ? -1 : 1);
}
