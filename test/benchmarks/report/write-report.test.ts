import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readReports } from '../../../benchmarks/report/read-reports.ts';
import { toMarkdown } from '../../../benchmarks/report/to-markdown.ts';
import { writeReport } from '../../../benchmarks/report/write-report.ts';
import { makeDatasetFolder } from '../relevance/dataset-folder.ts';
import { makeReport } from './detailed-report.ts';

const hostile = '<script>alert(1)</script> [x](javascript:1) | `code`';

function hostileReport() {
  const comparison = {
    name: 'other',
    baseline: 'hybrid',
    metric: 'ndcg@10',
    difference: -0.2,
    interval: [-0.3, -0.1] as const,
    pValue: 0.01,
    adjustedPValue: 0.01,
    wins: 0,
    ties: 1,
    losses: 1,
    perQuery: [0, -0.4],
    worst: [
      {
        queryId: 'q1',
        text: hostile,
        value: 0.1,
        baselineValue: 0.5,
        hits: [{ documentId: 'd1', title: hostile, score: 0.5, grade: 2 }],
        baselineHits: [{ documentId: 'd2', score: 0.4 }],
      },
    ],
  };
  return makeReport(
    { hybrid: [0.5, 0.5], other: [0.5, 0.1] },
    { comparisons: [comparison], notes: [hostile] },
  );
}

test('toMarkdown keeps what would be a link, a list, a line or a formula without any brackets', () => {
  const texts = [
    'see https://evil.example',
    'see WWW.evil.example',
    'a@evil.example',
    '1. one',
    '- one',
    '---',
    '~~a~~ $b$ &lt;',
  ];
  const markdown = toMarkdown(
    'title',
    'verdict',
    texts.map((text) => ({ kind: 'text', text })),
  );
  expect(markdown.split('\n\n').slice(2).join('\n').trim().split('\n')).toEqual([
    'see https\\://evil.example',
    'see WWW\\.evil.example',
    'a\\@evil.example',
    '1\\. one',
    '\\- one',
    '\\---',
    '\\~\\~a\\~\\~ \\$b\\$ \\&lt;',
  ]);
});

test('writeReport writes one page that loads nothing, with charts, both lists of the worst and the raw values', async () => {
  const folder = await makeDatasetFolder({});
  const written = await writeReport(folder, [hostileReport()]);
  const html = await readFile(written.html, 'utf8');
  expect(html).not.toMatch(/(src|href)\s*=\s*["']?(https?:)?\/\//);
  expect(html.match(/<svg/g)).toHaveLength(2);
  expect(html).toContain('The 1 worst queries of other against hybrid');
  expect(html).toContain('not judged');
  const raw = /<script type="application\/json" id="raw">(.*?)<\/script>/s.exec(html)![1]!;
  expect(JSON.parse(raw).reports[0].comparisons[0].worst[0].text).toBe(hostile);
  expect(written.verdict).toContain('worse: other');
  expect(await readReports(written.json)).toEqual([JSON.parse(JSON.stringify(hostileReport()))]);
});

test('writeReport keeps text of queries and documents text, in HTML and in Markdown', async () => {
  const folder = await makeDatasetFolder({});
  const written = await writeReport(folder, [hostileReport()], hostile);
  const html = await readFile(written.html, 'utf8');
  expect(html).not.toContain('<script>alert');
  const markdown = await readFile(written.markdown, 'utf8');
  expect(markdown).not.toMatch(/(?<!\\)<script>/);
  expect(markdown).toContain('\\[x\\](javascript:1) \\| \\`code\\`');
});
