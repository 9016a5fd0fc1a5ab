const sectorBytes = 512;
const none = 0xffffffff;

/** An OLE compound file with empty streams of these names at its root: a header, a sector table and a directory. */
export function makeCompoundFile(names: readonly string[]): Buffer {
  const directorySectors = Math.ceil((names.length + 1) / 4);
  const header = Buffer.alloc(sectorBytes);
  Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).copy(header);
  header.writeUInt16LE(3, 26);
  header.writeUInt16LE(0xfffe, 28);
  header.writeUInt16LE(9, 30);
  header.writeUInt32LE(1, 44);
  header.writeUInt32LE(1, 48);
  header.fill(0xff, 76);
  header.writeUInt32LE(0, 76);
  const table = Buffer.alloc(sectorBytes, 0xff);
  table.writeUInt32LE(0xfffffffd, 0);
  for (let at = 0; at < directorySectors; at++) {
    table.writeUInt32LE(at === directorySectors - 1 ? 0xfffffffe : at + 2, 4 + at * 4);
  }
  const directory = Buffer.alloc(directorySectors * sectorBytes);
  ['Root Entry', ...names].forEach((name, at) => {
    const entry = directory.subarray(at * 128, at * 128 + 128);
    entry.write(name, 'utf16le');
    entry.writeUInt16LE((name.length + 1) * 2, 64);
    entry.writeUInt8(at === 0 ? 5 : 2, 66);
    // Each has the next as its right sibling.
    entry.writeUInt32LE(none, 68);
    entry.writeUInt32LE(at > 0 && at < names.length ? at + 1 : none, 72);
    entry.writeUInt32LE(at === 0 && names.length > 0 ? 1 : none, 76);
  });
  return Buffer.concat([header, table, directory]);
}
