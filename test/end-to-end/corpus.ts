import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a small corpus of several formats, one file of them broken; the folder's name starts its document ids. */
export function writeCorpus(parent: string): string {
  const folder = join(parent, 'handbook');
  mkdirSync(join(folder, 'machines'), { recursive: true });
  const files: Record<string, string> = {
    'harbour.md':
      '# Harbour\n\nThe harbour of Lindau has two basins.\n\n## Pilots\n\nA pilot boards every ship above 80 metres before it enters the inner basin.\n',
    'machines/crane.md':
      '# Cranes\n\nThe blue crane lifts 40 tonnes. It is inspected on the first Monday of each month.\n',
    'machines/tides.csv': 'day,high water,low water\nMonday,06:10,12:25\nTuesday,06:58,13:12\n',
    'notice.html':
      '<html><head><title>Night notice</title></head><body><h1>Night notice</h1><p>Between ten at night and five in the morning the bridge stays closed to lorries.</p></body></html>',
    'weather.txt':
      'Wind above eight Beaufort closes the outer basin until the harbour master opens it again.\n',
    'broken.pdf': '%PDF-1.7\nthis is not a PDF file\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Writes `count` Markdown files of about 200 words each, the same for the same count. */
export function writeManyDocuments(parent: string, count: number): string {
  const folder = join(parent, 'many');
  mkdirSync(folder, { recursive: true });
  const words = [
    'basin',
    'pilot',
    'crane',
    'tide',
    'bridge',
    'lorry',
    'rope',
    'wind',
    'chart',
    'lamp',
    'ferry',
  ];
  for (let at = 0; at < count; at += 1) {
    const sentences = Array.from({ length: 25 }, (_, sentence) =>
      Array.from(
        { length: 9 },
        (__, word) => words[(at * 7 + sentence * 5 + word * (sentence + 3)) % words.length],
      )
        .join(' ')
        .concat('.'),
    );
    const name = `document-${String(at).padStart(3, '0')}.md`;
    writeFileSync(join(folder, name), `# Document ${at}\n\n${sentences.join(' ')}\n`);
  }
  return folder;
}
