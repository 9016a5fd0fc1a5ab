import { sniffDelimiter } from './sniff-delimiter.ts';

const sampleCharacters = 20_000;
const tableSampleLines = 20;
const minTableLines = 3;
/** Cells of data are short; a paragraph with a comma in each line is not a table. */
const maxMeanCellCharacters = 60;

/**
 * Whether text is an HTML document, or a fragment of one where it is claimed to be.
 * @param claimed whether its media type or extension says HTML
 */
export function looksLikeHtml(text: string, claimed: boolean): boolean {
  const start = text
    .slice(0, sampleCharacters)
    .replace(/^\ufeff/, '')
    .replace(/^(?:\s|<\?xml[^>]*>|<!--[\s\S]*?-->)+/, '');
  if (/^<(?:!doctype\s+html|html|head|body|title|meta)\b/i.test(start)) return true;
  return claimed && /<\/?[a-z][a-z0-9-]*(?:\s[^<>]*)?\/?>/i.test(text.slice(0, sampleCharacters));
}

/** Whether text is one JSON object or array, or one JSON object or array a line. */
export function looksLikeJson(text: string): 'value' | 'lines' | undefined {
  const start = text.trimStart();
  // A list of links in Markdown, `[a](b)`, and braces in code end here without the cost of a parse.
  if (!/^(?:\{\s*(?:"|\})|\[\s*(?:["[{\]\d]|-\d|true\b|false\b|null\b))/.test(start)) return undefined;
  const firstBreak = start.indexOf('\n');
  const firstLine = firstBreak === -1 ? start : start.slice(0, firstBreak);
  if (isJson(firstLine)) {
    const rest = firstBreak === -1 ? '' : start.slice(firstBreak).trimStart();
    if (rest === '') return 'value';
    return /^[[{]/.test(rest) ? 'lines' : undefined;
  }
  return isJson(start) ? 'value' : undefined;
}

/** Whether text carries at least two different signs of Markdown; one alone also stands in plain text and in code. */
export function looksLikeMarkdown(text: string): boolean {
  const sample = text.slice(0, sampleCharacters);
  const signs = [
    /^#{1,6} \S/m,
    /^(?:```|~~~)/m,
    /\[[^\]\n]+\]\((?:https?:|\.{0,2}\/|#)[^)\s]*\)/,
    /^\|?[ :]*-{3,}[ :]*(?:\|[ :]*-{3,}[ :]*)+\|?[ ]*$/m,
    /(?:^|\s)\*\*[^*\s][^*\n]*\*\*/,
    /^[^\n]+\n(?:={3,}|-{3,})[ ]*$/m,
  ];
  return signs.filter((sign) => sign.test(sample)).length >= 2;
}

/** Whether each of the first lines has the same number of short cells. */
export function looksLikeTable(text: string): boolean {
  const delimiter = sniffDelimiter(text);
  if (delimiter === undefined) return false;
  const lines = text.slice(0, sampleCharacters).split(/\r?\n/).slice(0, tableSampleLines);
  if (text.length > sampleCharacters) lines.pop();
  const rows = lines.filter((line) => line.trim() !== '').map((line) => line.split(delimiter));
  if (rows.length < minTableLines) return false;
  const columns = rows[0]!.length;
  const minColumns = delimiter === ',' ? 3 : 2;
  if (columns < minColumns || rows.some((row) => row.length !== columns)) return false;
  const cells = rows.flat();
  // Prose has a space after its comma.
  if (delimiter === ',' && cells.filter((cell) => cell.startsWith(' ')).length > cells.length / 4)
    return false;
  return cells.reduce((total, cell) => total + cell.length, 0) / cells.length <= maxMeanCellCharacters;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Not being JSON is the answer.
    return false;
  }
}
