import { DocumentRefused } from '../../domain/errors.ts';
import { isCompoundFile, readRootNames } from './compound-file.ts';
import { decodeText } from './decode-text.ts';
import type { OdfMediaType } from './odf.ts';
import { looksLikeHtml, looksLikeJson, looksLikeMarkdown, looksLikeTable } from './text-looks.ts';
import { checkClaims, readZipDirectory, storedBytes } from './zip-directory.ts';

const office = 'application/vnd.openxmlformats-officedocument';
const docx = `${office}.wordprocessingml.document` as const;
const xlsx = `${office}.spreadsheetml.sheet` as const;
const pptx = `${office}.presentationml.presentation` as const;
const odf = 'application/vnd.oasis.opendocument';

type TextMediaType =
  | 'text/markdown'
  | 'text/html'
  | 'text/plain'
  | 'text/csv'
  | 'text/tab-separated-values'
  | 'application/json'
  | 'application/x-ndjson';

type BinaryMediaType =
  | 'application/pdf'
  | typeof docx
  | typeof xlsx
  | typeof pptx
  | OdfMediaType
  | 'application/epub+zip'
  | 'application/rtf'
  | 'message/rfc822'
  | 'application/vnd.ms-outlook';

/** The formats that Braid parses. */
export type MediaType = TextMediaType | BinaryMediaType;

/** What a document says of itself. */
export interface Claim {
  /** A file name or an address; its extension counts. */
  readonly name: string;
  /** As a Content-Type header has it, parameters included. */
  readonly mediaType?: string | undefined;
}

/** Text is decoded here once; the binary formats, and those with encodings inside, keep their bytes. */
export type Detected =
  | { readonly mediaType: TextMediaType; readonly text: string }
  | { readonly mediaType: BinaryMediaType; readonly bytes: Uint8Array };

const typeByExtension: Readonly<Record<string, MediaType>> = {
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
  dotx: docx,
  xlsx,
  xlsm: xlsx,
  xltx: xlsx,
  pptx,
  pptm: pptx,
  ppsx: pptx,
  potx: pptx,
  odt: `${odf}.text`,
  ott: `${odf}.text`,
  ods: `${odf}.spreadsheet`,
  ots: `${odf}.spreadsheet`,
  odp: `${odf}.presentation`,
  otp: `${odf}.presentation`,
  epub: 'application/epub+zip',
  rtf: 'application/rtf',
  eml: 'message/rfc822',
  msg: 'application/vnd.ms-outlook',
};

const typeByAlias: Readonly<Record<string, MediaType>> = {
  'text/x-markdown': 'text/markdown',
  'application/xhtml+xml': 'text/html',
  'application/csv': 'text/csv',
  'text/json': 'application/json',
  'application/ndjson': 'application/x-ndjson',
  'application/jsonl': 'application/x-ndjson',
  'application/jsonlines': 'application/x-ndjson',
  'text/rtf': 'application/rtf',
};

/** What is told by its signature alone; the rest of each name is in the refusal. */
const unsupportedSignatures: readonly (readonly [name: string, signature: string])[] = [
  ['PostScript', '%!PS'],
  ['a PNG image', '\x89PNG'],
  ['a JPEG image', '\xff\xd8\xff'],
  ['a GIF image', 'GIF8'],
  ['a TIFF image', 'II*\0'],
  ['a TIFF image', 'MM\0*'],
  ['a BMP image', 'BM'],
  ['an image, sound or film (RIFF)', 'RIFF'],
  ['a gzip archive', '\x1f\x8b'],
  ['a RAR archive', 'Rar!'],
  ['a 7z archive', '7z\xbc\xaf'],
  ['an mbox archive of mails, expected one file a mail', 'From '],
];

const pdfSearchBytes = 1_024;
const headBytes = 16_384;
const mailHeaders = [
  'from',
  'to',
  'date',
  'subject',
  'message-id',
  'mime-version',
  'received',
  'return-path',
  'delivered-to',
];

/**
 * Tells what a document is, by its content before its claims: a PDF named `.txt` is a PDF. Text has no signature, so
 * its kind is told by its look, then by the claimed media type and the extension, and is plain text without either.
 *
 * @throws {DocumentRefused} `empty`, `encrypted`, `unsupported_type`, `corrupt`
 */
export function detectMediaType(content: string | Uint8Array, claim: Claim): Detected {
  const claimed = claimedTypes(claim);
  if (content.length === 0) throw new DocumentRefused('empty', 'Cannot parse the document: it has 0 bytes');
  const head =
    typeof content === 'string' ? content.slice(0, headBytes) : latin1(content.subarray(0, headBytes));
  if (isMail(head, claimed)) return { mediaType: 'message/rfc822', bytes: asBytes(content) };
  if (head.startsWith('{\\rtf')) return { mediaType: 'application/rtf', bytes: asBytes(content) };
  if (typeof content === 'string') return detectText(content, claimed);

  // The standard asks readers to accept the header anywhere in the first 1,024 bytes.
  if (head.slice(0, pdfSearchBytes).includes('%PDF-'))
    return { mediaType: 'application/pdf', bytes: content };
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06')) return detectArchive(content);
  if (isCompoundFile(content)) return detectCompoundFile(content);
  const unsupported = unsupportedSignatures.find(([, signature]) => head.startsWith(signature));
  if (unsupported !== undefined && !isPlainText(unsupported[1], claimed)) throw refuseType(unsupported[0]);

  try {
    return detectText(decodeText(content, declaredCharset(head, claim.mediaType)), claimed);
  } catch (cause) {
    const binary = claimed.find(isBinary);
    if (binary !== undefined && cause instanceof DocumentRefused && cause.reason === 'unsupported_type') {
      throw new DocumentRefused(
        'corrupt',
        `Cannot parse the document as ${binary}: its signature is missing`,
        { cause },
      );
    }
    throw cause;
  }
}

function detectText(text: string, claimed: readonly MediaType[]): Detected {
  if (text.trim() === '')
    throw new DocumentRefused('empty', 'Cannot parse the document: it contains no text');
  return { mediaType: textType(text, new Set(claimed)), text };
}

/** Words that signatures are made of also start sentences: only what claims nothing or otherwise is refused by them. */
function isPlainText(signature: string, claimed: readonly MediaType[]): boolean {
  return /^[A-Za-z ]+$/.test(signature) && claimed.some((type) => !isBinary(type));
}

function isBinary(type: MediaType): type is BinaryMediaType {
  return !/^text\/|json/.test(type);
}

/** Mails start with header lines; two that only mails have, or one where the mail is claimed. */
function isMail(head: string, claimed: readonly MediaType[]): boolean {
  // A mail taken out of an mbox archive starts with the line that parted it from the one before.
  const start = claimed.includes('message/rfc822') ? head.replace(/^From .*\r?\n/, '') : head;
  const lines = /^(?:[!-9;-~]+:.*(?:\r?\n[ \t].*)*\r?\n)+/.exec(start)?.[0] ?? '';
  const names = new Set([...lines.matchAll(/^([!-9;-~]+):/gm)].map((match) => match[1]!.toLowerCase()));
  const known = mailHeaders.filter((name) => names.has(name)).length;
  return claimed.includes('message/rfc822') ? known >= 1 : known >= 3 && names.has('from');
}

function asBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
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
function claimedTypes(claim: Claim): MediaType[] {
  const essence = claim.mediaType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const path = claim.name.replace(/[?#].*$/s, '');
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const known = Object.values(typeByExtension).find((type) => type === essence);
  return [known ?? typeByAlias[essence], typeByExtension[extension]].filter((type) => type !== undefined);
}

/** An archive is what its directory says that it holds: Office by its folders, OpenDocument and e-books by a type. */
function detectArchive(bytes: Uint8Array): Detected {
  const entries = readZipDirectory(bytes);
  checkClaims(bytes, entries);
  const names = entries.map(({ name }) => name.toLowerCase().replaceAll('\\', '/'));
  const holds = (folder: string): boolean => names.some((name) => name.startsWith(folder));
  if (names.includes('[content_types].xml')) {
    if (holds('word/')) return { mediaType: docx, bytes };
    if (holds('xl/')) {
      if (names.includes('xl/workbook.bin')) throw refuseType('a binary Excel workbook (XLSB)', 'XLSX');
      return { mediaType: xlsx, bytes };
    }
    if (holds('ppt/')) return { mediaType: pptx, bytes };
  }
  const named = entries.find(({ name }) => name === 'mimetype');
  const type = named === undefined ? '' : latin1(storedBytes(bytes, named)).trim();
  if (type === 'application/epub+zip' || names.includes('meta-inf/container.xml')) {
    return { mediaType: 'application/epub+zip', bytes };
  }
  const openDocument = /^application\/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)/.exec(
    type,
  )?.[1];
  if (openDocument !== undefined) return { mediaType: `${odf}.${openDocument}` as OdfMediaType, bytes };
  if (names.some((name) => /\.(?:zip|7z|rar|gz|bz2|xz|jar)$/.test(name))) {
    throw new DocumentRefused('too_large', 'Cannot unpack the archive: expected no archives inside it');
  }
  throw refuseType('a ZIP archive', 'the documents in it');
}

const encryptedNames = ['EncryptedPackage', 'EncryptionInfo', '\x06DataSpaces'];
const legacyNames: readonly (readonly [stream: string, name: string, target: string])[] = [
  ['WordDocument', 'a Word document of the form before 2007 (DOC)', 'DOCX'],
  ['Workbook', 'an Excel workbook of the form before 2007 (XLS)', 'XLSX'],
  ['Book', 'an Excel workbook of the form before 1997 (XLS)', 'XLSX'],
  ['PowerPoint Document', 'a PowerPoint presentation of the form before 2007 (PPT)', 'PPTX'],
  ['VisioDocument', 'a Visio drawing', 'PDF'],
];

/** Office encrypts by putting the whole package into a stream of an OLE compound file, which older formats are too. */
function detectCompoundFile(bytes: Uint8Array): Detected {
  const names = readRootNames(bytes);
  if (names.some((name) => name.startsWith('__properties_version1.0'))) {
    return { mediaType: 'application/vnd.ms-outlook', bytes };
  }
  if (encryptedNames.some((name) => names.includes(name))) {
    throw new DocumentRefused('encrypted', 'Cannot parse the document: it is protected by a password');
  }
  const legacy = legacyNames.find(([stream]) => names.includes(stream));
  if (legacy !== undefined) throw refuseType(legacy[1], legacy[2]);
  throw refuseType('an OLE compound file of an unknown kind');
}

/** @param target what it should be saved as */
function refuseType(name: string, target?: string): DocumentRefused {
  return new DocumentRefused(
    'unsupported_type',
    `Cannot parse the document: it is ${name}, ${
      target === undefined ? 'which has no text that Braid reads' : `save it as ${target}`
    }`,
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
