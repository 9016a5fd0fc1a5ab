import { formOfBuiltIn, formOfCode, type NumberForm } from './spreadsheet-values.ts';
import type { XmlElement } from './xml.ts';
import { childElements, elementAt } from './xml-walk.ts';

/** How the numbers of each cell style are shown, by the style's number. */
export function readNumberForms(styles: XmlElement | undefined): NumberForm[] {
  const codes = new Map(
    childElements(elementAt(styles, 'numFmts'), 'numFmt').map(({ attributes }) => [
      Number(attributes.numFmtId),
      attributes.formatCode ?? '',
    ]),
  );
  return childElements(elementAt(styles, 'cellXfs'), 'xf').map(({ attributes }) => {
    const id = Number(attributes.numFmtId ?? 0);
    const code = codes.get(id);
    return code === undefined ? formOfBuiltIn(id) : formOfCode(code);
  });
}
