import type { DetailedReport } from '../../../benchmarks/relevance/relevance-report.ts';

/** A relevance report of two configurations on some queries, by their values of nDCG. */
export function makeReport(
  values: Readonly<Record<string, readonly number[]>>,
  overrides: Partial<DetailedReport> & { readonly cpuMs?: number } = {},
): DetailedReport {
  const { cpuMs = 10, ...rest } = overrides;
  const report = {
    benchmark: 'relevance',
    dataset: 'small',
    engine: 'sqlite',
    queries: Object.values(values)[0]!.length,
    configurations: Object.entries(values).map(([name, given]) => ({
      name,
      metrics: { 'ndcg@10': given.reduce((sum, value) => sum + value, 0) / given.length },
      intervals: { 'ndcg@10': [0.1, 0.9] },
      cost: { p50: 5, p95: name.length, cpuMsPerQuery: cpuMs },
      run: 'run',
      seconds: 1,
      meanDepth: 1,
      unanswered: [],
    })),
    comparisons: [],
    corpus: { documents: 3, hash: 'hash' },
    leftOut: {},
    notes: [],
    perQuery: Object.entries(values).map(([name, given]) => ({
      name,
      queries: given.map((value, at) => ({ queryId: `q${at}`, metrics: { 'ndcg@10': value } })),
    })),
    ...rest,
  };
  return report as object as DetailedReport;
}
