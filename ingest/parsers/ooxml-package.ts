import { posix } from 'node:path';
import { oneLine } from './clean-text.ts';
import { parseXml, type XmlElement } from './xml.ts';
import { childElements, elementAt, textOf } from './xml-walk.ts';
import type { ZipReader } from './zip-reader.ts';

/** What one part of an Office document says of another. */
export interface Relation {
  readonly id: string;
  /** The last word of its type's address: `slide`, `notesSlide`, `comments`. */
  readonly type: string;
  /** The name of the other part in the archive. */
  readonly target: string;
}

/** The relations of a part to parts of the same archive, by ECMA-376 part 2; addresses outside are left out. */
export async function readRelations(zip: ZipReader, part: string): Promise<Relation[]> {
  const folder = posix.dirname(part);
  const text = await zip.text(posix.join(folder, '_rels', `${posix.basename(part)}.rels`));
  if (text === '') return [];
  return childElements(parseXml(text), 'Relationship')
    .filter(({ attributes }) => attributes.TargetMode !== 'External' && attributes.Target !== undefined)
    .map(({ attributes }) => ({
      id: attributes.Id ?? '',
      type: attributes.Type?.split('/').at(-1) ?? '',
      target: posix.join('/', folder, resolveTarget(attributes.Target!, folder)).slice(1),
    }));
}

/** Part names may start at the root of the archive. */
function resolveTarget(target: string, folder: string): string {
  return target.startsWith('/') ? posix.relative(`/${folder}`, target) : target;
}

/** A part as a tree; undefined where there is none. */
export async function readPart(zip: ZipReader, part: string | undefined): Promise<XmlElement | undefined> {
  const text = part === undefined ? '' : await zip.text(part);
  return text === '' ? undefined : parseXml(text);
}

/** The main part: what the package itself calls its document. */
export async function findMainPart(zip: ZipReader, fallback: string): Promise<string> {
  const relation = (await readRelations(zip, '')).find(({ type }) => type === 'officeDocument');
  return relation !== undefined && zip.has(relation.target) ? relation.target : fallback;
}

/** The title in the properties; writers leave a template's name there, but no better one is at hand. */
export async function readPackageTitle(zip: ZipReader): Promise<string | undefined> {
  const properties = await readPart(zip, 'docProps/core.xml');
  const title = oneLine(textOf(elementAt(properties, 'title')));
  return title === '' ||
    /^(?:powerpoint presentation|untitled|presentation|slide 1|pptx?|workbook)$/i.test(title)
    ? undefined
    : title;
}
