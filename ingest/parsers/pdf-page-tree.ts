/**
 * Whether a PDF's tree of pages leads back into itself, so that it has pages without end: the library gives such a
 * document no page or an empty one. Trees in packed objects are not looked into.
 */
export function hasLoopedPages(bytes: Uint8Array): boolean {
  const kids = readKids(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
  const done = new Set<string>();
  for (const root of kids.keys()) {
    const path = new Set<string>();
    const open: { readonly id: string; readonly isLeft: boolean }[] = [{ id: root, isLeft: false }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { id, isLeft } = next;
      if (isLeft) {
        path.delete(id);
        done.add(id);
      } else if (path.has(id)) return true;
      else if (!done.has(id)) {
        path.add(id);
        open.push({ id, isLeft: true });
        for (const kid of kids.get(id) ?? []) open.push({ id: kid, isLeft: false });
      }
    }
  }
  return false;
}

/** The nodes below each node of the tree, by number and generation of the objects. */
function readKids(text: string): Map<string, string[]> {
  const kids = new Map<string, string[]>();
  const starts = [...text.matchAll(/(\d{1,10}) (\d{1,5}) obj\b/g)];
  for (const [at, start] of starts.entries()) {
    // Not to the end that an object should have: where none has, each would be read to the end of the file.
    const object = text.slice(start.index, starts[at + 1]?.index);
    const list = /\/Kids\s*\[([\d\sR]*)\]/.exec(object)?.[1];
    if (list === undefined) continue;
    const ids = [...list.matchAll(/(\d{1,10})\s+(\d{1,5})\s+R/g)].map(
      ([, number, generation]) => `${number} ${generation}`,
    );
    kids.set(`${start[1]} ${start[2]}`, ids);
  }
  return kids;
}
