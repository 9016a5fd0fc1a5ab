/**
 * Makes text fit to be stored and cut: line breaks become `\n`, other control characters but the tab are removed,
 * lone surrogates become U+FFFD. Nothing is normalised, so that a quote stands in the text as the author wrote it.
 */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n')
    .replace(/[\p{Cc}--[\t\n]]/gv, '')
    .toWellFormed();
}

/** One line: runs of white space become one space, none at the ends. */
export function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim();
}
