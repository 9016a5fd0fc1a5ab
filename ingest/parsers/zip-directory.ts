import { crc32, createInflateRaw } from 'node:zlib';
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
  /** CRC-32 of the content. */
  readonly checksum: number;
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
      checksum: view.getUint32(at + 16, true),
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/**
 * Checks an archive by what its directory claims.
 * @throws {DocumentRefused} `encrypted`, or `too_large` above 100 MB or 100 times its size
 */
export function checkClaims(bytes: Uint8Array, entries: readonly ZipEntry[]): void {
  if (entries.some((entry) => entry.encrypted)) {
    throw new DocumentRefused('encrypted', 'Cannot unpack the archive: its entries are encrypted');
  }
  const claimed = entries.reduce((total, entry) => total + entry.uncompressedBytes, 0);
  if (claimed > createBudget(bytes).left) throw tooLarge();
}

/** What may still be unpacked of an archive, whatever its directory claims. */
export interface UnpackBudget {
  left: number;
}

export function createBudget(bytes: Uint8Array): UnpackBudget {
  return { left: Math.min(maxUncompressedBytes, Math.max(ratioAppliesFromBytes, bytes.length * maxRatio)) };
}

/**
 * Unpacks one entry piece by piece and counts what comes out.
 * @throws {DocumentRefused} `too_large` when the budget is used up, `corrupt`
 */
export async function* inflateEntry(
  bytes: Uint8Array,
  entry: ZipEntry,
  budget: UnpackBudget,
): AsyncIterable<Uint8Array> {
  const data = entryData(bytes, entry);
  if (entry.method !== 0 && entry.method !== 8) {
    throw new DocumentRefused('corrupt', `Cannot unpack "${entry.name}": its compression is not deflate`);
  }
  let checksum = 0;
  try {
    for await (const chunk of entry.method === 0 ? [data] : inflated(data)) {
      budget.left -= chunk.length;
      if (budget.left < 0) throw tooLarge();
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (cause) {
    throw cause instanceof DocumentRefused ? cause : corruptArchive(cause as Error);
  }
  if (checksum !== entry.checksum) throw corruptArchive();
}

/** The bytes of an entry as they stand in the archive, packed or not. */
export function storedBytes(bytes: Uint8Array, entry: ZipEntry): Uint8Array {
  return entryData(bytes, entry);
}

function inflated(data: Uint8Array): AsyncIterable<Uint8Array> {
  const inflate = createInflateRaw();
  inflate.end(data);
  return inflate;
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
