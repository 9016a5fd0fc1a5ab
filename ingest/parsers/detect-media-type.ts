import { DocumentRefused } from '../../domain/errors.ts';
import { decodeText } from './decode-text.ts';
import { looksLikeHtml, looksLikeJson, looksLikeMarkdown, looksLikeTable } from './text-looks.ts';
import { readZipDirectory } from './zip-directory.ts';

/** The formats that Braid parses. */
export type MediaType =
  | 'text/markdown'
  | 'text/html'
  | 'text/plain'
  | 'text/csv'
  | 'text/tab-separated-values'
  | 'application/json'
  | 'application/x-ndjson'
  | 'application/pdf'
  | 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

/** What a document says of itself. */
export interface Claim {
  /** A file name or an address; its extension counts. */
  readonly name: string;
  /** As a Content-Type header has it, parameters included. */
  readonly mediaType?: string | undefined;
}

/** Text is decoded here once; the binary formats keep their bytes. */
export type Detected =
  | { readonly mediaType: TextMediaType; readonly text: string }
  | { readonly mediaType: Exclude<MediaType, TextMediaType>; readonly bytes: Uint8Array };

type TextMediaType = Exclude<
  MediaType,
  'application/pdf' | 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
>;

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

const typeByExtension: Readonly<Record<string, MediaType | 'message/rfc822'>> = {
  md: 'text/markdown',
  markdown: 'text/markdown',
  mdx: 'text/markdown',
  html: 'text/html',
  htm: 'text/html',
  xhtml: 'text/html',
  txt: 'text/plain',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  tab: 'text/tab-separated-values',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  ndjson: 'application/x-ndjson',
  pdf: 'application/pdf',
  docx,
  docm: docx,
  eml: 'message/rfc822',
  mbox: 'message/rfc822',
};

const typeByAlias: Readonly<Record<string, MediaType>> = {
  'text/x-markdown': 'text/markdown',
  'application/xhtml+xml': 'text/html',
  'application/csv': 'text/csv',
  'text/json': 'application/json',
  'application/ndjson': 'application/x-ndjson',
  'application/jsonl': 'application/x-ndjson',
  'application/jsonlines': 'application/x-ndjson',
};

/** Signatures of formats that are named in the refusal; anything else that is no text is refused without a name. */
const unsupportedSignatures: readonly (readonly [name: string, signature: string])[] = [
  ['RTF', '{\\rtf'],
  ['PostScript', '%!PS'],
  ['a PNG image', '\x89PNG'],
  ['a JPEG image', '\xff\xd8\xff'],
  ['a GIF image', 'GIF8'],
  ['a TIFF image', 'II*\0'],
  ['a gzip archive', '\x1f\x8b'],
  ['a RAR archive', 'Rar!'],
  ['a 7z archive', '7z\xbc\xaf'],
];

const pdfSearchBytes = 1_024;

/**
 * Tells what a document is, by its content before its claims: a PDF named `.txt` is a PDF. Text has no signature, so
 * its kind is told by its look, then by the claimed media type and the extension, and is plain text without either.
 *
 * @throws {DocumentRefused} `empty`, `encrypted`, `unsupported_type`, `corrupt`
 */
export function detectMediaType(content: string | Uint8Array, claim: Claim): Detected {
  const claimed = claimedTypes(claim);
  if (typeof content === 'string') return detectText(content, claimed);
  if (content.length === 0) throw new DocumentRefused('empty', 'Cannot parse the document: it has 0 bytes');

  const head = latin1(content.subarray(0, pdfSearchBytes));
  // The standard asks readers to accept the header anywhere in the first 1,024 bytes.
  if (head.includes('%PDF-')) return { mediaType: 'application/pdf', bytes: content };
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06')) return detectArchive(content);
  if (head.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) throw refuseCompoundFile(content);
  const unsupported = unsupportedSignatures.find(([, signature]) => head.startsWith(signature));
  if (unsupported !== undefined) throw refuseType(unsupported[0]);

  try {
    return detectText(decodeText(content, declaredCharset(head, claim.mediaType)), claimed);
  } catch (cause) {
    const binary = claimed.find((type) => type === 'application/pdf' || type === docx);
    if (binary !== undefined && cause instanceof DocumentRefused && cause.reason === 'unsupported_type') {
      throw new DocumentRefused(
        'corrupt',
        `Cannot parse the document as ${binary}: its signature is missing`,
        {
          cause,
        },
      );
    }
    throw cause;
  }
}

function detectText(text: string, claimed: readonly (MediaType | 'message/rfc822')[]): Detected {
  if (text.trim() === '')
    throw new DocumentRefused('empty', 'Cannot parse the document: it contains no text');
  if (claimed.includes('message/rfc822')) throw refuseType('a mail message');
  return { mediaType: textType(text, new Set(claimed)), text };
}

function textType(text: string, claimed: ReadonlySet<string>): TextMediaType {
  if (looksLikeHtml(text, claimed.has('text/html'))) return 'text/html';
  const json = looksLikeJson(text);
  if (claimed.has('application/x-ndjson')) return 'application/x-ndjson';
  if (json === 'lines') return 'application/x-ndjson';
  if (json === 'value' || claimed.has('application/json')) return 'application/json';
  if (claimed.has('text/tab-separated-values')) return 'text/tab-separated-values';
  if (claimed.has('text/csv')) return 'text/csv';
  if (claimed.has('text/markdown')) return 'text/markdown';
  if (looksLikeMarkdown(text)) return 'text/markdown';
  if (looksLikeTable(text)) return text.includes('\t') ? 'text/tab-separated-values' : 'text/csv';
  return 'text/plain';
}

/** From the media type and from the extension; both count, since servers send Markdown and CSV as `text/plain`. */
function claimedTypes(claim: Claim): (MediaType | 'message/rfc822')[] {
  const essence = claim.mediaType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const path = claim.name.replace(/[?#].*$/s, '');
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const known = new Set<string>(Object.values(typeByExtension));
  const types: (MediaType | 'message/rfc822' | undefined)[] = [
    known.has(essence) ? (essence as MediaType) : typeByAlias[essence],
    typeByExtension[extension],
  ];
  return types.filter((type) => type !== undefined);
}

function detectArchive(bytes: Uint8Array): Detected {
  const names = readZipDirectory(bytes).map((entry) => entry.name);
  const holds = (folder: string): boolean => names.some((name) => name.startsWith(folder));
  if (names.includes('[Content_Types].xml')) {
    if (holds('word/')) return { mediaType: docx, bytes };
    if (holds('xl/')) throw refuseType('an Excel workbook');
    if (holds('ppt/')) throw refuseType('a PowerPoint presentation');
  }
  if (holds('META-INF/') && names.includes('mimetype')) throw refuseType('an OpenDocument file or an e-book');
  throw refuseType('a ZIP archive');
}

/** Office encrypts by putting the whole package into one stream of an OLE compound file. */
function refuseCompoundFile(bytes: Uint8Array): DocumentRefused {
  const encryptedPackage = Buffer.from('EncryptedPackage', 'utf16le');
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(encryptedPackage)) {
    return new DocumentRefused('encrypted', 'Cannot parse the document: it is protected by a password');
  }
  return refuseType('a legacy Office or Outlook file');
}

function refuseType(name: string): DocumentRefused {
  return new DocumentRefused(
    'unsupported_type',
    `Cannot parse the document: it is ${name}, expected Markdown, HTML, text, PDF, DOCX, CSV, TSV or JSON`,
  );
}

/** The charset of a Content-Type header, else of a `<meta>` or an XML declaration at the start. */
function declaredCharset(head: string, mediaType: string | undefined): string | undefined {
  return (
    /;\s*charset\s*=\s*"?([\w-]+)/i.exec(mediaType ?? '')?.[1] ??
    /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1] ??
    /^<\?xml[^>]{0,200}encoding\s*=\s*["']([\w-]+)/i.exec(head)?.[1]
  );
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
