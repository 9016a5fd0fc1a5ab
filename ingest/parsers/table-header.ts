/** Whether the first row names the columns: it must not look like the data below it. Years are numbers that head columns. */
export function isHeaderRow(first: readonly string[], second: readonly string[]): boolean {
  const looksLikeData = first.every((cell, at) => isNumeric(cell) === isNumeric(second[at] ?? ''));
  return !(looksLikeData && first.some((cell) => isNumeric(cell) && !/^(?:19|20)\d\d$/.test(cell.trim())));
}

function isNumeric(cell: string): boolean {
  return /^[-+]?[\d.,]*\d%?$/.test(cell.trim());
}
