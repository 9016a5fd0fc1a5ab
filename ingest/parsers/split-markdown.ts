const maxWholeCharacters = 500_000;
const minSectionCharacters = 100_000;

/**
 * Cuts long Markdown into sections that can be parsed apart, since the parser's memory grows with the text it is
 * given: before a line at the margin that follows a blank one and starts no list, table, quote or code. References
 * are resolved to their text alone, so definitions in another section are not missed but for the brackets.
 */
export function splitMarkdown(text: string): string[] {
  if (text.length <= maxWholeCharacters) return [text];
  const sections: string[] = [];
  let sectionStart = 0;
  let fence: string | undefined;
  let followsBlank = false;
  for (const match of text.matchAll(/.*(?:\n|$)/g)) {
    const line = match[0];
    const marker = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined && followsBlank && match.index - sectionStart >= minSectionCharacters) {
      if (/^[^\s\-*+>|`~<\d]/.test(line)) {
        sections.push(text.slice(sectionStart, match.index));
        sectionStart = match.index;
      }
    }
    if (marker !== undefined) {
      if (fence === undefined) fence = marker;
      else if (marker.startsWith(fence)) fence = undefined;
    }
    followsBlank = line.trim() === '';
  }
  sections.push(text.slice(sectionStart));
  return sections;
}
