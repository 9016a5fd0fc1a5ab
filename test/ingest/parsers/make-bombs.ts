import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { makeMail } from './make-mail.ts';
import { makeEpub, makeOdf, makePptx, makeRow, makeXlsx } from './make-office.ts';
import { makeDocx, makeZip } from './make-zip.ts';

export interface Bomb {
  readonly name: string;
  /** Made on use: some take a second. */
  make(): string | Uint8Array;
}

const entities = `<!DOCTYPE x [<!ENTITY a "${'ha'.repeat(100)}">${'abcdefghi'
  .split('')
  .map((name, at) => (at === 0 ? '' : `<!ENTITY ${name} "${`&${'abcdefghi'[at - 1]};`.repeat(10)}">`))
  .join('')}]>`;

/** Files that are small or well formed and would take a careless reader minutes or gigabytes. */
export const bombs: readonly Bomb[] = [
  {
    name: 'paragraphs.docx',
    make: () => makeDocx('<w:p><w:r><w:t>some words</w:t></w:r></w:p>'.repeat(1_500_000)),
  },
  {
    name: 'within-limits.docx',
    make: () => makeDocx('<w:p><w:r><w:t>some words</w:t></w:r></w:p>'.repeat(1_500_000), [noise]),
  },
  {
    name: 'lying-sizes.docx',
    make: () => makeDocx('', [lyingPart('word/footnotes.xml')]),
  },
  { name: 'lying-sizes.pptx', make: () => makePptx([], [lyingPart('ppt/presentation.xml')]) },
  {
    name: 'entities.docx',
    make: () => makeDocx('', [{ name: 'word/footnotes.xml', content: `${entities}<x>&i;</x>` }]),
  },
  {
    name: 'entities.pptx',
    make: () => makePptx([], [{ name: 'ppt/presentation.xml', content: `${entities}<x>&i;</x>` }]),
  },
  {
    name: 'entities.xlsx',
    make: () => makeXlsx([], {}, [{ name: 'xl/sharedStrings.xml', content: `${entities}<sst>&i;</sst>` }]),
  },
  {
    name: 'entities.odt',
    make: () => makeOdf('text', '', [{ name: 'content.xml', content: `${entities}<x>&i;</x>` }]),
  },
  {
    name: 'entities.epub',
    make: () => makeEpub({}, [{ name: 'OEBPS/book.opf', content: `${entities}<x>&i;</x>` }]),
  },
  { name: 'million-rows.xlsx', make: () => makeXlsx([{ name: 'S', rows: manyRows(1_000_000) }]) },
  {
    name: 'shared-text.xlsx',
    make: () =>
      makeXlsx(
        [{ name: 'S', rows: '<row><c t="s"><v>0</v></c></row>'.repeat(100_000) }],
        { strings: ['x y '.repeat(8_000)] },
        [noise],
      ),
  },
  {
    name: 'repeated-cells.ods',
    make: () =>
      makeOdf(
        'spreadsheet',
        `<table:table>${'<table:table-row table:number-rows-repeated="9999"><table:table-cell table:number-columns-repeated="1000"><text:p>x</text:p></table:table-cell></table:table-row>'.repeat(50)}</table:table>`,
      ),
  },
  { name: 'deep.pptx', make: () => makePptx(['<p:grpSp>'.repeat(50_000)]) },
  {
    name: 'same-chapter.epub',
    make: () =>
      makeEpub({ 'a.xhtml': `<html><body>${'<p>words</p>'.repeat(20_000)}</body></html>` }, [
        sameChapter,
        noise,
      ]),
  },
  { name: 'nested-42.zip', make: nestedArchives },
  { name: 'nested-42.docx', make: nestedArchives },
  { name: 'looped-pages.pdf', make: () => makeTree(['/Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000']) },
  {
    name: 'looped-pair.pdf',
    make: () => makeTree(['/Type /Pages /Kids [3 0 R] /Count 1', '/Type /Pages /Kids [2 0 R] /Count 1']),
  },
  { name: 'pages-100000.pdf', make: () => makeTree(manyPages(100_000)) },
  {
    name: 'inflating.pdf',
    make: () => makeStreamPdf(deflateSync(Buffer.alloc(1_000_000_000, 'BT (a) Tj ET '), { level: 1 })),
  },
  { name: 'deep.json', make: () => '['.repeat(50_000) + ']'.repeat(50_000) },
  { name: 'deep.html', make: () => `<html>${'<div>'.repeat(50_000)}x` },
  {
    name: 'spans.html',
    make: () =>
      `<table>${`<tr>${'<td rowspan=1000 colspan=1000>some words'.repeat(20)}</tr>`.repeat(2_000)}</table>`,
  },
  { name: 'deep-parts.eml', make: () => deepParts(5_000) },
  {
    name: 'headers.eml',
    make: () => Buffer.from(`From: a@example.com\r\n${'X-A: b\r\n'.repeat(500_000)}\r\nx`),
  },
  {
    name: 'attachments.eml',
    make: () =>
      makeMail({
        subject: 'x',
        text: 'y',
        attachments: Array.from({ length: 5_000 }, () => ({ name: 'a', content: 'x' })),
      }),
  },
  {
    name: 'base64.eml',
    make: () =>
      makeMail({
        subject: 'x',
        text: 'y',
        attachments: [
          { name: 'a.bin', content: Buffer.alloc(36_000_000, 'a') },
          { name: 'b.txt', type: 'text/html', content: '<div>'.repeat(50_000) },
        ],
      }),
  },
  { name: 'quoted-printable.eml', make: () => quotedPrintable(45_000_000) },
];

/** Cannot be packed: with it the archive unpacks to few times its size. */
const noise = { name: 'noise.bin', content: randomBytes(2_000_000) };

const sameChapter = {
  name: 'OEBPS/book.opf',
  content: `<package><manifest><item id="a" href="text/a.xhtml" media-type="application/xhtml+xml"/></manifest><spine>${'<itemref idref="a"/>'.repeat(10_000)}</spine></package>`,
};

function lyingPart(name: string) {
  return { name, content: Buffer.alloc(120_000_000, '<a/>'), claimedBytes: 1_000 };
}

function manyRows(count: number): string {
  let rows = '';
  for (let at = 1; at <= count; at++) rows += makeRow(at, [at, at * 3]);
  return rows;
}

/** Six floors of ten archives each, as the well-known 42.zip has. */
function nestedArchives(): Buffer {
  let archive = makeZip([{ name: '0.dll', content: Buffer.alloc(20_000_000) }]);
  for (let floor = 0; floor < 5; floor++) {
    archive = makeZip(Array.from({ length: 10 }, (_, at) => ({ name: `lib ${at}.zip`, content: archive })));
  }
  return archive;
}

/** @param nodes the dictionaries of objects 2 and on, the first of which is the root of the page tree */
function makeTree(nodes: readonly string[]): Buffer {
  const objects = ['/Type /Catalog /Pages 2 0 R', ...nodes].map(
    (object, at) => `${at + 1} 0 obj\n<< ${object} >>\nendobj\n`,
  );
  return finish(Buffer.from(`%PDF-1.4\n${objects.join('')}`));
}

function manyPages(count: number): string[] {
  const kids = Array.from({ length: count }, (_, at) => `${at + 4} 0 R`).join(' ');
  const page =
    '/Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> /Contents 3 0 R';
  return [
    `/Type /Pages /Count ${count} /Kids [${kids}]`,
    '/Length 0 >>\nstream\n\nendstream\nendobj\n0 0 obj\n<<',
    ...Array.from({ length: count }, () => page),
  ];
}

function makeStreamPdf(stream: Uint8Array): Buffer {
  const start = `%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>\nendobj\n4 0 obj\n<< /Filter /FlateDecode /Length ${stream.length} >>\nstream\n`;
  return finish(Buffer.concat([Buffer.from(start), stream, Buffer.from('\nendstream\nendobj\n')]));
}

/** Without a table of objects: readers then look for them. */
function finish(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.from('trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF')]);
}

function deepParts(depth: number): Buffer {
  let mail = 'From: a@example.com\r\nSubject: x\r\nDate: x\r\n';
  for (let at = 0; at < depth; at++)
    mail += `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`;
  return Buffer.from(`${mail}\r\nx`);
}

function quotedPrintable(bytes: number): Buffer {
  const head =
    'From: a@example.com\r\nSubject: x\r\nDate: x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n';
  return Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, '<p>=C3=A4=\r\n')]);
}
