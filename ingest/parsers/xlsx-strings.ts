import { DocumentRefused } from '../../domain/errors.ts';
import { scanXml } from './xml.ts';
import type { ZipReader } from './zip-reader.ts';

const maxCharacters = 50_000_000;

/** The texts that cells refer to by number; readings of East Asian names are left out. */
export async function readSharedStrings(zip: ZipReader, part: string | undefined): Promise<string[]> {
  const strings: string[] = [];
  if (part === undefined) return strings;
  let text = '';
  let isText = false;
  let inReading = false;
  let characters = 0;
  await scanXml(zip.stream(part), {
    open(name) {
      if (name === 'si') text = '';
      else if (name === 'rPh') inReading = true;
      else if (name === 't') isText = !inReading;
    },
    text(part) {
      if (isText) text += part;
    },
    close(name) {
      if (name === 't') isText = false;
      else if (name === 'rPh') inReading = false;
      else if (name === 'si') {
        strings.push(text);
        characters += text.length;
        if (characters > maxCharacters) {
          throw new DocumentRefused(
            'too_large',
            `Cannot parse the document: expected at most ${maxCharacters} characters of text`,
          );
        }
      }
    },
  });
  return strings;
}
