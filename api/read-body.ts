import type { Context } from 'hono';
import { BraidError, InvalidInput } from '../domain/errors.ts';
import type { Environment } from './environment.ts';

const jsonMediaType = /^application\/(?:[\w.-]+\+)?json\s*(?:;.*)?$/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Far above what any valid request has; bounds the work of checking one. */
const maxValues = 50_000;
const maxDepth = 64;

/**
 * Reads a JSON body, bounded in bytes, values and depth, before anything is done with it.
 * @throws {BraidError} `unsupported_media_type`, `body_too_large`
 * @throws {InvalidInput} for what is not JSON, not UTF-8, or names `__proto__`
 */
export async function readBody(context: Context<Environment>, maxBytes: number): Promise<unknown> {
  const mediaType = context.req.header('content-type');
  if (mediaType === undefined || !jsonMediaType.test(mediaType)) {
    throw new BraidError(
      'unsupported_media_type',
      `Expected Content-Type to be application/json, got ${mediaType === undefined ? 'none' : JSON.stringify(mediaType.slice(0, 100))}`,
    );
  }
  const encoding = context.req.header('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new BraidError(
      'unsupported_media_type',
      `Expected no Content-Encoding, got ${JSON.stringify(encoding.slice(0, 100))}`,
    );
  }
  const body = parseJson(await readBytes(context, maxBytes));
  checkTree(body);
  return body;
}

/**
 * Makes sure that a request without a body has none, so that nothing of what a caller asks for is ignored.
 * @throws {InvalidInput} where there is one
 */
export function refuseBody(context: Context<Environment>): void {
  const length = context.req.header('content-length');
  if ((length !== undefined && length !== '0') || context.req.header('transfer-encoding') !== undefined) {
    throw new InvalidInput('body', `Expected no body with ${context.req.method}`);
  }
}

async function readBytes(context: Context<Environment>, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new BraidError('body_too_large', `Expected a body of at most ${maxBytes} bytes, got more`);
  const length = context.req.header('content-length');
  if (length !== undefined && Number(length) > maxBytes) throw tooLarge();
  const isBounded = length !== undefined && context.req.header('transfer-encoding') === undefined;
  try {
    // HTTP's framing holds a body to its Content-Length.
    if (isBounded) return new Uint8Array(await context.req.arrayBuffer());
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of context.req.raw.body ?? []) {
      bytes += part.byteLength;
      if (bytes > maxBytes) throw tooLarge();
      parts.push(part);
    }
    return Buffer.concat(parts);
  } catch (error) {
    if (error instanceof BraidError) throw error;
    throw new BraidError('client_closed', 'Cannot read the body: the client left', { cause: error });
  }
}

function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (error) {
    throw new InvalidInput('body', 'Expected the body to be valid UTF-8', { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the body; its position would be all that is of use, and is not always there.
    throw new InvalidInput('body', 'Expected the body to be valid JSON', { cause: error });
  }
}

/** Walks without recursion, so that depth is found before anything that recurses meets it. */
function checkTree(root: unknown): void {
  const open: { readonly value: unknown; readonly path: string; readonly depth: number }[] = [
    { value: root, path: '', depth: 0 },
  ];
  let values = 0;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    values += 1;
    const { value, path, depth } = node;
    if (values > maxValues) {
      throw new InvalidInput('body', `Expected the body to have at most ${maxValues} values, got more`);
    }
    if (typeof value === 'string') checkText(value, path);
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= maxDepth) {
      throw new InvalidInput('body', `Expected the body to be at most ${maxDepth} deep, got more`);
    }
    if (Array.isArray(value)) {
      if (value.length > maxValues) {
        throw new InvalidInput('body', `Expected the body to have at most ${maxValues} values, got more`);
      }
      value.forEach((item, at) => {
        open.push({ value: item, path: `${path}[${at}]`, depth: depth + 1 });
      });
      continue;
    }
    for (const [name, field] of Object.entries(value)) {
      checkText(name, path);
      const fieldPath = path === '' ? name : `${path}.${name}`;
      if (name === '__proto__') throw new InvalidInput(fieldPath, `Unknown field ${fieldPath}`);
      open.push({ value: field, path: fieldPath, depth: depth + 1 });
    }
  }
}

function checkText(text: string, path: string): void {
  if (text.isWellFormed()) return;
  const field = path === '' ? 'body' : path;
  throw new InvalidInput(field, `Expected ${field} to be well-formed Unicode`);
}
