import { DocumentRefused } from '../../domain/errors.ts';
import { decodeText } from './decode-text.ts';
import {
  checkClaims,
  createBudget,
  inflateEntry,
  readZipDirectory,
  type UnpackBudget,
  type ZipEntry,
} from './zip-directory.ts';

/** An archive that is read part by part; all that is unpacked of it counts against one budget. */
export interface ZipReader {
  /** Of all entries, as written. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Piece by piece; nothing where there is no such entry. */
  stream(name: string): AsyncIterable<Uint8Array>;
  bytes(name: string): Promise<Uint8Array>;
  /** Empty where there is no such entry. */
  text(name: string): Promise<string>;
}

/**
 * Opens an archive by its directory; nothing is unpacked before it is asked for, and archives inside never are.
 * Names are compared without case, as Office does.
 * @throws {DocumentRefused} `too_large` above 10,000 entries, 100 MB or 100 times the archive's size, `encrypted`, `corrupt`
 */
export function openZip(bytes: Uint8Array): ZipReader {
  const entries = readZipDirectory(bytes);
  checkClaims(bytes, entries);
  const budget = createBudget(bytes);
  const byName = new Map(entries.map((entry) => [entry.name.toLowerCase(), entry]));
  const find = (name: string): ZipEntry | undefined => byName.get(name.toLowerCase());

  async function* stream(name: string): AsyncIterable<Uint8Array> {
    const entry = find(name);
    if (entry !== undefined) yield* inflateEntry(bytes, entry, budget);
  }
  async function read(name: string): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of stream(name)) parts.push(part);
    return Buffer.concat(parts);
  }
  return {
    names: entries.map((entry) => entry.name),
    has: (name) => find(name) !== undefined,
    stream,
    bytes: read,
    async text(name) {
      const content = await read(name);
      const declared = /^<\?xml[^>]{0,200}encoding\s*=\s*["']([\w-]+)/.exec(
        content.toString('latin1', 0, 300),
      );
      return content.length === 0 ? '' : decodeText(content, declared?.[1]).replace(/^\ufeff/, '');
    },
  };
}

/**
 * Unpacks all of an archive without keeping it, for a library that opens it by itself: sizes are counted, and parts
 * that declare entities are refused.
 * @throws {DocumentRefused} `too_large`, `encrypted`, `corrupt`
 */
export async function checkZip(bytes: Uint8Array): Promise<void> {
  const entries = readZipDirectory(bytes);
  checkClaims(bytes, entries);
  const budget = createBudget(bytes);
  for (const entry of entries) await checkEntry(bytes, entry, budget);
}

async function checkEntry(bytes: Uint8Array, entry: ZipEntry, budget: UnpackBudget): Promise<void> {
  let isStart = true;
  for await (const chunk of inflateEntry(bytes, entry, budget)) {
    // Declarations stand before the root element.
    if (isStart && Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).includes('<!ENTITY')) {
      throw new DocumentRefused(
        'too_large',
        `Cannot parse the document: "${entry.name}" declares entities, which expand without bounds`,
      );
    }
    isStart = false;
  }
}
