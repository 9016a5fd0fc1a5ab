import { extname } from 'node:path';
import { DocumentRefused } from '../domain/errors.ts';
import type { ParsedDocument } from '../domain/parsed-document.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createChildPool } from './parsers/child-pool.ts';

/** A document to be parsed. `name` is for its extension, `mediaType` as claimed; the content decides. */
export interface ParserInput {
  readonly name: string;
  readonly mediaType?: string;
  readonly content: string | Uint8Array;
}

export interface Parser {
  /**
   * Parses one document in a process of its own; as many run at once as there are processes, the others wait.
   * @throws {DocumentRefused} `empty`, `encrypted`, `too_large`, `corrupt`, `unsupported_type`, `timed_out`, `needs_ocr`
   */
  parse(document: ParserInput, signal?: AbortSignal): Promise<ParsedDocument>;
  /** Changes when the parsers make something else of the same content. */
  readonly recipe: string;
  /** Finishes what was asked for and ends the processes. */
  close(): Promise<void>;
}

export interface ParserSettings {
  /** How many documents are parsed at once. */
  readonly processes: number;
  /** What a process may take in all, resident. */
  readonly maxMemoryBytes: number;
  /** Wall-clock time for one document. */
  readonly timeoutMs: number;
  /** Larger documents are refused unread. */
  readonly maxDocumentBytes: number;
}

const recipe = 'parsers-4';

/** The processes are started when the first documents come, and reused. */
export function createParser(settings: ParserSettings, telemetry: Telemetry): Parser {
  // The same file is TypeScript in the sources and JavaScript in a build.
  const entry = new URL(`./parsers/parse-child${extname(import.meta.filename)}`, import.meta.url);
  const pool = createChildPool(entry, settings, telemetry.log);
  return {
    recipe,
    async parse(document, signal) {
      const bytes = Buffer.byteLength(document.content);
      if (bytes > settings.maxDocumentBytes) {
        throw new DocumentRefused(
          'too_large',
          `Cannot parse the document: it has ${bytes} bytes, expected at most ${settings.maxDocumentBytes}`,
        );
      }
      const { name, mediaType, content } = document;
      return await pool.run({ name, content, ...(mediaType !== undefined && { mediaType }) }, signal);
    },
    close: () => pool.close(),
  };
}
