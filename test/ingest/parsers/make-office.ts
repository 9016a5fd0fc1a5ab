import { makeZip, type ZipContent } from './make-zip.ts';

const address = 'http://schemas.openxmlformats.org';
const namespaces = `xmlns:a="${address}/drawingml/2006/main" xmlns:p="${address}/presentationml/2006/main" xmlns:r="${address}/officeDocument/2006/relationships"`;

/** Relations of a part, by id. */
export function makeRelations(
  part: string,
  targets: Readonly<Record<string, readonly [type: string, target: string]>>,
): ZipContent {
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  const relations = Object.entries(targets).map(
    ([id, [type, target]]) =>
      `<Relationship Id="${id}" Type="${address}/officeDocument/2006/relationships/${type}" Target="${target}"/>`,
  );
  return {
    name: `${folder}_rels/${part.slice(folder.length)}.rels`,
    content: `<?xml version="1.0"?><Relationships xmlns="${address}/package/2006/relationships">${relations.join('')}</Relationships>`,
  };
}

/** @param slides the XML below each slide's tree of shapes */
export function makePptx(slides: readonly string[], extra: readonly ZipContent[] = []): Buffer {
  const ids = slides.map((_, at) => `<p:sldId id="${256 + at}" r:id="s${at + 1}"/>`).join('');
  return makeZip([
    { name: '[Content_Types].xml', content: '<Types/>' },
    makeRelations('', { r1: ['officeDocument', 'ppt/presentation.xml'] }),
    {
      name: 'ppt/presentation.xml',
      content: `<p:presentation ${namespaces}><p:sldIdLst>${ids}</p:sldIdLst></p:presentation>`,
    },
    makeRelations('ppt/presentation.xml', {
      ...Object.fromEntries(
        slides.map((_, at) => [`s${at + 1}`, ['slide', `slides/slide${at + 1}.xml`] as const]),
      ),
      authors: ['commentAuthors', 'commentAuthors.xml'],
    }),
    ...slides.map((shapes, at) => ({
      name: `ppt/slides/slide${at + 1}.xml`,
      content: `<p:sld ${namespaces}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`,
    })),
    ...extra,
  ]);
}

/** A shape of text; `kind` is that of its placeholder. */
export function makeShape(paragraphs: readonly string[], kind?: string): string {
  const placeholder = kind === undefined ? '' : `<p:ph type="${kind}"/>`;
  const body = paragraphs.map((text) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`).join('');
  return `<p:sp><p:nvSpPr><p:nvPr>${placeholder}</p:nvPr></p:nvSpPr><p:txBody>${body}</p:txBody></p:sp>`;
}

export interface MadeSheet {
  readonly name: string;
  /** The XML below `sheetData`. */
  readonly rows: string;
  readonly merged?: string;
  readonly isHidden?: boolean;
}

export interface WorkbookParts {
  readonly strings?: readonly string[];
  /** Number format ids of the cell styles, by style. */
  readonly formats?: readonly number[];
  readonly startsIn1904?: boolean;
}

export function makeXlsx(
  sheets: readonly MadeSheet[],
  parts: WorkbookParts = {},
  extra: readonly ZipContent[] = [],
): Buffer {
  const { strings = [], formats = [0], startsIn1904 = false } = parts;
  const list = sheets.map(
    ({ name, isHidden }, at) =>
      `<sheet name="${name}" sheetId="${at + 1}" ${isHidden ? 'state="hidden"' : ''} r:id="s${at + 1}"/>`,
  );
  return makeZip([
    { name: '[Content_Types].xml', content: '<Types/>' },
    makeRelations('', { r1: ['officeDocument', 'xl/workbook.xml'] }),
    {
      name: 'xl/workbook.xml',
      content: `<workbook ${namespaces}><workbookPr date1904="${startsIn1904 ? 1 : 0}"/><sheets>${list.join('')}</sheets></workbook>`,
    },
    makeRelations('xl/workbook.xml', {
      ...Object.fromEntries(
        sheets.map((_, at) => [`s${at + 1}`, ['worksheet', `worksheets/sheet${at + 1}.xml`] as const]),
      ),
      strings: ['sharedStrings', 'sharedStrings.xml'],
      styles: ['styles', '/xl/styles.xml'],
    }),
    {
      name: 'xl/sharedStrings.xml',
      content: `<sst>${strings.map((text) => `<si><t>${text}</t></si>`).join('')}</sst>`,
    },
    {
      name: 'xl/styles.xml',
      content: `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="0.0 &quot;years&quot;"/></numFmts><cellXfs>${formats.map((id) => `<xf numFmtId="${id}"/>`).join('')}</cellXfs></styleSheet>`,
    },
    ...sheets.map(({ rows, merged = '' }, at) => ({
      name: `xl/worksheets/sheet${at + 1}.xml`,
      content: `<worksheet><sheetData>${rows}</sheetData><mergeCells>${merged}</mergeCells></worksheet>`,
    })),
    ...extra,
  ]);
}

/** A row of cells: texts as they stand, numbers with a style as `[value, style]`. */
export function makeRow(
  number: number,
  cells: readonly (string | number | readonly [value: number, style: number])[],
): string {
  const made = cells.map((cell, at) => {
    const reference = `r="${String.fromCharCode(65 + at)}${number}"`;
    if (typeof cell === 'string')
      return cell === '' ? '' : `<c ${reference} t="inlineStr"><is><t>${cell}</t></is></c>`;
    const [value, style] = typeof cell === 'number' ? [cell, 0] : cell;
    return `<c ${reference} s="${style}"><v>${value}</v></c>`;
  });
  return `<row r="${number}">${made.join('')}</row>`;
}

/**
 * @param body the XML below `office:body`
 * @param styles the document's own styles, below `office:automatic-styles`
 */
export function makeOdf(
  kind: 'text' | 'spreadsheet' | 'presentation',
  body: string,
  extra: readonly ZipContent[] = [],
  styles = '',
): Buffer {
  return makeZip([
    { name: 'mimetype', content: `application/vnd.oasis.opendocument.${kind}`, stored: true },
    {
      name: 'content.xml',
      content: `<office:document-content><office:automatic-styles>${styles}</office:automatic-styles><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`,
    },
    {
      name: 'meta.xml',
      content:
        '<office:document-meta><office:meta><dc:title>The title</dc:title></office:meta></office:document-meta>',
    },
    ...extra,
  ]);
}

/** @param chapters the XHTML of each, by file name */
export function makeEpub(
  chapters: Readonly<Record<string, string>>,
  extra: readonly ZipContent[] = [],
): Buffer {
  const names = Object.keys(chapters);
  const items = names.map(
    (name) =>
      `<item id="${name}" href="text/${encodeURIComponent(name)}" media-type="application/xhtml+xml"/>`,
  );
  return makeZip([
    { name: 'mimetype', content: 'application/epub+zip', stored: true },
    {
      name: 'META-INF/container.xml',
      content: '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
    },
    {
      name: 'OEBPS/book.opf',
      content: `<package><metadata><dc:title>A Book</dc:title></metadata><manifest><item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>${items.join('')}</manifest><spine><itemref idref="nav"/>${names.map((name) => `<itemref idref="${name}"/>`).join('')}</spine></package>`,
    },
    { name: 'OEBPS/nav.xhtml', content: '<html><body><nav>Contents</nav></body></html>' },
    ...Object.entries(chapters).map(([name, content]) => ({ name: `OEBPS/text/${name}`, content })),
    ...extra,
  ]);
}
