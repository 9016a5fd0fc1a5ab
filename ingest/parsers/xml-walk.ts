import type { XmlElement } from './xml.ts';

/** The child elements of this name; all without one. */
export function childElements(element: XmlElement | undefined, name?: string): XmlElement[] {
  const found: XmlElement[] = [];
  for (const child of element?.children ?? []) {
    if (typeof child !== 'string' && (name === undefined || child.name === name)) found.push(child);
  }
  return found;
}

/** The element that a path of names leads to, the first of each. */
export function elementAt(
  element: XmlElement | undefined,
  ...path: readonly string[]
): XmlElement | undefined {
  let current = element;
  for (const name of path) current = childElements(current, name)[0];
  return current;
}

/** All elements of this name below, in document order; those inside a found one are not looked for. */
export function descendants(element: XmlElement | undefined, ...names: readonly string[]): XmlElement[] {
  const found: XmlElement[] = [];
  const walk = (parent: XmlElement | undefined): void => {
    for (const child of childElements(parent)) {
      if (names.includes(child.name)) found.push(child);
      else walk(child);
    }
  };
  walk(element);
  return found;
}

/** The text below an element as it stands. */
export function textOf(element: XmlElement | undefined): string {
  if (element === undefined) return '';
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}
