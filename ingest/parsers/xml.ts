import { Parser } from 'htmlparser2';
import { DocumentRefused } from '../../domain/errors.ts';

/** An element of a small XML document. Names are without their namespace's prefix. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
}

/** Names are without their namespace's prefix, unless asked for with it. */
export interface XmlHandler {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  text?(text: string): void;
  close?(name: string): void;
}

export interface XmlOptions {
  /** Gives names of elements and attributes as they are written. @default false */
  readonly keepsPrefixes?: boolean;
  /** Throws where an element does not end. @default false */
  readonly isWhole?: boolean;
}

/** The walks are recursive, and no office writes nearly as deep. */
const maxDepth = 1_000;
const maxNodes = 1_000_000;

/**
 * Reads a small XML document into a tree.
 * @throws {DocumentRefused} `too_large` when nested more than 1,000 deep, of more than a million nodes, or with
 * declarations of entities
 */
export function parseXml(text: string): XmlElement {
  const root: MutableElement = { name: '', attributes: {}, children: [] };
  const open = [root];
  let nodes = 0;
  const scanner = createXmlScanner({
    open(name, attributes) {
      if (++nodes > maxNodes) throw tooMuch(`expected at most ${maxNodes} elements in a part`);
      const element: MutableElement = { name, attributes, children: [] };
      open.at(-1)!.children.push(element);
      open.push(element);
    },
    text(part) {
      const { children } = open.at(-1)!;
      if (typeof children.at(-1) === 'string') children[children.length - 1] += part;
      else children.push(part);
    },
    close() {
      open.pop();
    },
  });
  scanner.write(text);
  scanner.end();
  return root.children.find((child) => typeof child !== 'string') ?? root;
}

/**
 * Reads a large XML document as it comes, without keeping it.
 * @throws {DocumentRefused} as `parseXml`
 */
export async function scanXml(
  chunks: AsyncIterable<Uint8Array>,
  handler: XmlHandler,
  options: XmlOptions = {},
): Promise<void> {
  const scanner = createXmlScanner(handler, options);
  const decoder = new TextDecoder();
  for await (const chunk of chunks) scanner.write(decoder.decode(chunk, { stream: true }));
  scanner.write(decoder.decode());
  scanner.end();
}

interface MutableElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (MutableElement | string)[];
}

interface XmlScanner {
  write(text: string): void;
  end(): void;
}

/** The library knows XML's own five entities and numbers only; what a document declares is refused, not expanded. */
function createXmlScanner(
  handler: XmlHandler,
  { keepsPrefixes = false, isWhole = false }: XmlOptions = {},
): XmlScanner {
  let depth = 0;
  /** Depth of the element that was opened last and holds nothing yet. */
  let emptyAt: number | undefined;
  const nameOf = keepsPrefixes ? (name: string) => name : localName;
  const attributesOf = keepsPrefixes
    ? (attributes: Readonly<Record<string, string>>) => attributes
    : withLocalNames;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (++depth > maxDepth) throw tooMuch(`expected XML nested at most ${maxDepth} deep`);
        emptyAt = depth;
        handler.open?.(nameOf(name), attributesOf(attributes));
      },
      ontext(text) {
        emptyAt = undefined;
        handler.text?.(text);
      },
      onclosetag(name, isImplied) {
        // An element that closes itself ends by implication too.
        if (isWhole && isImplied && emptyAt !== depth) throw new Error(`the element ${name} does not end`);
        emptyAt = undefined;
        depth--;
        handler.close?.(nameOf(name));
      },
      onprocessinginstruction(_, data) {
        if (/<!ENTITY/i.test(data)) throw tooMuch('its XML declares entities, which expand without bounds');
      },
      onerror(error) {
        throw error;
      },
    },
    { xmlMode: true },
  );
  return { write: (text) => parser.write(text), end: () => parser.end() };
}

/** `r:id` stands beside `id` in some elements, so relations keep their prefix. */
function withLocalNames(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    named[name.startsWith('r:') ? name : localName(name)] = value;
  }
  return named;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function tooMuch(what: string): DocumentRefused {
  return new DocumentRefused('too_large', `Cannot parse the document: ${what}`);
}
