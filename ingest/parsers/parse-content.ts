import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { detectMediaType } from './detect-media-type.ts';

/** A document as the parsing process receives it. */
export interface ParseRequest {
  readonly name: string;
  readonly mediaType?: string;
  readonly content: string | Uint8Array;
}

/**
 * Parses a document by what its content is. The parsers are loaded on first use: most ingests need few of them.
 * @throws {DocumentRefused} whatever the content
 */
export async function parseContent(request: ParseRequest): Promise<ParsedDocument> {
  const detected = detectMediaType(request.content, request);
  try {
    const parsed = await parseDetected(detected);
    // Nothing may be left once control characters are taken out.
    if (parsed.blocks.length === 0) {
      throw new DocumentRefused('empty', 'Cannot parse the document: it has no text');
    }
    return parsed;
  } catch (cause) {
    if (cause instanceof DocumentRefused) throw cause;
    if (cause instanceof RangeError) {
      // The stack or a string's length ran out: the document is nested too deep or expands too far.
      throw new DocumentRefused('too_large', `Cannot parse the document: ${cause.message}`, { cause });
    }
    throw new DocumentRefused(
      'corrupt',
      `Cannot parse the document as ${detected.mediaType}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

async function parseDetected(detected: ReturnType<typeof detectMediaType>): Promise<ParsedDocument> {
  switch (detected.mediaType) {
    case 'text/markdown':
      return (await import('./markdown.ts')).parseMarkdown(detected.text);
    case 'text/html':
      return (await import('./html.ts')).parseHtml(detected.text);
    case 'text/plain':
      return (await import('./text.ts')).parseText(detected.text);
    case 'text/csv':
    case 'text/tab-separated-values':
      return (await import('./csv.ts')).parseCsv(detected.text, detected.mediaType);
    case 'application/json':
    case 'application/x-ndjson':
      return (await import('./json.ts')).parseJson(detected.text, detected.mediaType);
    case 'application/pdf':
      return (await import('./pdf.ts')).parsePdf(detected.bytes);
    case 'application/vnd.openxmlformats-officedocument.wordprocessingml.document':
      return (await import('./docx.ts')).parseDocx(detected.bytes);
    case 'application/vnd.openxmlformats-officedocument.presentationml.presentation':
      return (await import('./pptx.ts')).parsePptx(detected.bytes);
    case 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet':
      return (await import('./xlsx.ts')).parseXlsx(detected.bytes);
    case 'application/epub+zip':
      return (await import('./epub.ts')).parseEpub(detected.bytes);
    case 'application/rtf':
      return (await import('./rtf.ts')).parseRtf(Buffer.from(detected.bytes).toString('latin1'));
    case 'message/rfc822':
      return (await import('./eml.ts')).parseEml(detected.bytes);
    case 'application/vnd.ms-outlook':
      return (await import('./msg.ts')).parseMsg(detected.bytes);
    default:
      return (await import('./odf.ts')).parseOdf(detected.bytes, detected.mediaType);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
