const signature = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
const entryBytes = 128;
const headerSectors = 109;
const maxSectors = 100_000;
const none = 0xffffffff;

export function isCompoundFile(bytes: Uint8Array): boolean {
  return bytes.length >= 512 && signature.equals(bytes.subarray(0, 8));
}

/**
 * The names of what stands at the root of an OLE compound file, by which its formats are told apart; empty where the
 * file is broken. Format: MS-CFB 2.2, 2.3 and 2.6.
 */
export function readRootNames(bytes: Uint8Array): string[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sectorBytes = view.readUInt16LE(30) === 12 ? 4_096 : 512;
  const sectorAt = (sector: number): number => (sector + 1) * sectorBytes;
  const perSector = sectorBytes / 4;

  const next = (sector: number): number => {
    const table = Math.floor(sector / perSector);
    // Files above 7 MB list further tables elsewhere; the directory of those stands at their start or is not read.
    if (table >= headerSectors) return none;
    const at = sectorAt(view.readUInt32LE(76 + table * 4)) + (sector % perSector) * 4;
    return at + 4 <= view.length ? view.readUInt32LE(at) : none;
  };

  const entries: { name: string; type: number; left: number; right: number; child: number }[] = [];
  let sector = view.readUInt32LE(48);
  for (let read = 0; read < maxSectors && sectorAt(sector) + sectorBytes <= view.length; read++) {
    for (let at = sectorAt(sector); at < sectorAt(sector) + sectorBytes; at += entryBytes) {
      const nameBytes = Math.min(Math.max(view.readUInt16LE(at + 64) - 2, 0), 62);
      entries.push({
        name: view.toString('utf16le', at, at + nameBytes),
        type: view.readUInt8(at + 66),
        left: view.readUInt32LE(at + 68),
        right: view.readUInt32LE(at + 72),
        child: view.readUInt32LE(at + 76),
      });
    }
    sector = next(sector);
  }

  const names: string[] = [];
  const seen = new Set<number>();
  const waiting = [entries[0]?.child ?? none];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const entry = entries[at];
    if (entry === undefined || seen.has(at)) continue;
    seen.add(at);
    names.push(entry.name);
    waiting.push(entry.left, entry.right);
  }
  return names;
}
