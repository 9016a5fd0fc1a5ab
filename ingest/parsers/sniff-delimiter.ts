export type Delimiter = ',' | ';' | '\t' | '|';

const delimiters: readonly Delimiter[] = ['\t', ',', ';', '|'];
const sampleCharacters = 65_536;
const sampleLines = 50;

/**
 * Finds what separates the cells: the delimiter that stands equally often in the most lines, outside quotes; the one
 * that stands more often where several do. Undefined where none stands in at least half of the lines.
 */
export function sniffDelimiter(text: string): Delimiter | undefined {
  const counts = countPerLine(text.slice(0, sampleCharacters));
  let best:
    | { readonly delimiter: Delimiter; readonly agreement: number; readonly columns: number }
    | undefined;
  for (const delimiter of delimiters) {
    const { count, lines } = mostFrequent(counts.map((line) => line[delimiter]).filter((value) => value > 0));
    const agreement = lines / counts.length;
    if (agreement < 0.5) continue;
    if (
      best === undefined ||
      agreement > best.agreement ||
      (agreement === best.agreement && count > best.columns)
    ) {
      best = { delimiter, agreement, columns: count };
    }
  }
  return best?.delimiter;
}

/** How often each delimiter stands in each record; a line break inside quotes does not end a record. */
function countPerLine(sample: string): Record<Delimiter, number>[] {
  const lines: Record<Delimiter, number>[] = [];
  let current = { ',': 0, ';': 0, '\t': 0, '|': 0 };
  let isQuoted = false;
  let isEmpty = true;
  for (const character of sample) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '\n' && !isQuoted) {
      if (!isEmpty) lines.push(current);
      if (lines.length === sampleLines) return lines;
      current = { ',': 0, ';': 0, '\t': 0, '|': 0 };
      isEmpty = true;
      continue;
    } else if (!isQuoted && isDelimiter(character)) current[character]++;
    if (character.trim() !== '') isEmpty = false;
  }
  if (!isEmpty) lines.push(current);
  return lines;
}

function isDelimiter(character: string): character is Delimiter {
  return character === ',' || character === ';' || character === '\t' || character === '|';
}

function mostFrequent(values: readonly number[]): { count: number; lines: number } {
  const lines = new Map<number, number>();
  for (const value of values) lines.set(value, (lines.get(value) ?? 0) + 1);
  const [count, frequency] = [...lines].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [0, 0];
  return { count, lines: frequency };
}
