import { promisify } from 'node:util';
import { createInflateRaw, inflateRaw } from 'node:zlib';
import { DocumentRefused } from '../../domain/errors.ts';

/** One entry as the archive's central directory tells it; sizes may lie. */
export interface ZipEntry {
  readonly name: string;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  readonly encrypted: boolean;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly headerOffset: number;
}

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const localHeader = 0x04034b50;
const maxCommentBytes = 65_535;
const maxEntries = 10_000;
const maxUncompressedBytes = 100_000_000;
const maxRatio = 100;
/** Small archives of repetitive XML reach high ratios and harm no one. */
const ratioAppliesFromBytes = 1_000_000;

/**
 * Reads the central directory of a ZIP archive without unpacking anything.
 * Format: PKWARE APPNOTE 6.3.10, sections 4.3.12 and 4.3.16.
 * @throws {DocumentRefused} `corrupt` where there is none, `too_large` above 10,000 entries or in the ZIP64 form
 */
export function readZipDirectory(bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  const directoryOffset = view.getUint32(end + 16, true);
  if (count === 0xffff || count > maxEntries || directoryOffset === 0xffffffff) {
    throw new DocumentRefused(
      'too_large',
      `Cannot unpack the archive: expected at most ${maxEntries} entries`,
    );
  }
  const entries: ZipEntry[] = [];
  let at = directoryOffset;
  for (let entry = 0; entry < count; entry++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== directoryEntry) throw corruptArchive();
    const nameLength = view.getUint16(at + 28, true);
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      compressedBytes: view.getUint32(at + 20, true),
      uncompressedBytes: view.getUint32(at + 24, true),
      headerOffset: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/**
 * Checks that an archive unpacks to at most 100 MB and at most 100 times its size: first what its directory claims,
 * then what really comes out, counted without being kept.
 * @throws {DocumentRefused} `too_large`, `encrypted` or `corrupt`
 */
export async function checkZip(bytes: Uint8Array, entries: readonly ZipEntry[]): Promise<void> {
  if (entries.some((entry) => entry.encrypted)) {
    throw new DocumentRefused('encrypted', 'Cannot unpack the archive: its entries are encrypted');
  }
  checkSizes(sum(entries, 'uncompressedBytes'), sum(entries, 'compressedBytes'));
  let compressed = 0;
  let uncompressed = 0;
  for (const entry of entries) {
    const data = entryData(bytes, entry);
    compressed += data.length;
    uncompressed +=
      entry.method === 0 ? data.length : await countInflated(data, maxUncompressedBytes - uncompressed);
    checkSizes(uncompressed, compressed);
  }
}

/** Unpacks one entry. @throws {DocumentRefused} `too_large` above `maxBytes` */
export async function readZipEntry(
  bytes: Uint8Array,
  entry: ZipEntry,
  maxBytes: number,
): Promise<Uint8Array> {
  const data = entryData(bytes, entry);
  if (entry.method === 0) return data;
  try {
    return await promisify(inflateRaw)(data, { maxOutputLength: maxBytes });
  } catch (cause) {
    throw new DocumentRefused('corrupt', `Cannot unpack "${entry.name}" to at most ${maxBytes} bytes`, {
      cause,
    });
  }
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - 22 - maxCommentBytes);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) === endOfDirectory) return at;
  }
  throw corruptArchive();
}

function entryData(bytes: Uint8Array, entry: ZipEntry): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = entry.headerOffset;
  if (at + 30 > view.byteLength || view.getUint32(at, true) !== localHeader) throw corruptArchive();
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + entry.compressedBytes > view.byteLength) throw corruptArchive();
  return bytes.subarray(start, start + entry.compressedBytes);
}

function countInflated(data: Uint8Array, maxBytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0;
    const inflate = createInflateRaw();
    inflate.on('data', (chunk: Uint8Array) => {
      count += chunk.length;
      if (count > maxBytes) inflate.destroy(tooLarge());
    });
    inflate.on('error', (cause: Error) =>
      reject(cause instanceof DocumentRefused ? cause : corruptArchive(cause)),
    );
    inflate.on('end', () => resolve(count));
    inflate.end(data);
  });
}

function checkSizes(uncompressedBytes: number, compressedBytes: number): void {
  if (uncompressedBytes > maxUncompressedBytes) throw tooLarge();
  if (uncompressedBytes > ratioAppliesFromBytes && uncompressedBytes > compressedBytes * maxRatio)
    throw tooLarge();
}

function sum(entries: readonly ZipEntry[], field: 'compressedBytes' | 'uncompressedBytes'): number {
  return entries.reduce((total, entry) => total + entry[field], 0);
}

function tooLarge(): DocumentRefused {
  return new DocumentRefused(
    'too_large',
    `Cannot unpack the archive: expected at most ${maxUncompressedBytes} bytes and ${maxRatio} times its packed size`,
  );
}

function corruptArchive(cause?: Error): DocumentRefused {
  return new DocumentRefused(
    'corrupt',
    'Cannot unpack the archive: its directory or an entry is broken',
    cause && { cause },
  );
}
