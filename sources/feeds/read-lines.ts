import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InvalidInput } from '../../domain/errors.ts';
import type { RawEvent } from '../../domain/feed.ts';

/** A longer line is cut here, so that it is refused as malformed and memory stays bounded. */
const maxLineBytes = 128 * 1024 * 1024;
const lineFeed = 0x0a;

/**
 * Reads raw events from a file or, for `-`, from standard input: one a line, gzip told by the first bytes. A file that
 * opens with `{` or `[` alone on its first line is one event over many lines.
 *
 * @param standardInput what `-` stands for
 * @throws {InvalidInput} when the file cannot be read or its gzip stream is damaged
 */
export async function* readLines(
  path: string,
  standardInput: Readable = process.stdin,
  signal?: AbortSignal,
): AsyncGenerator<RawEvent> {
  const input = path === '-' ? standardInput : createReadStream(path, { highWaterMark: 256 * 1024 });
  // A pipe may be silent for as long as it likes: whoever waits for it is to hear of the end.
  if (signal !== undefined) addAbortSignal(signal, input);
  try {
    yield* linesOf(unzipped(input), signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof InvalidInput || !isFileError(error)) throw error;
    throw new InvalidInput(
      'file',
      `Cannot read ${path === '-' ? 'standard input' : path}: ${error.message}`,
      {
        cause: error,
      },
    );
  } finally {
    if (path !== '-') input.destroy();
  }
}

/** Cuts chunks of bytes into lines; blank ones are counted and passed over. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): AsyncGenerator<RawEvent> {
  let record = 0;
  let parts: Buffer[] = [];
  let bytes = 0;
  let isWhole = false;
  const take = (): RawEvent | undefined => {
    record += 1;
    const text = decode(Buffer.concat(parts), record);
    parts = [];
    bytes = 0;
    return text.trim() === '' ? undefined : { text, record };
  };
  const keep = (part: Buffer): void => {
    const room = maxLineBytes - bytes;
    if (room > 0) parts.push(part.length > room ? part.subarray(0, room) : part);
    bytes += part.length;
  };
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    let start = 0;
    for (let end = isWhole ? -1 : chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      keep(chunk.subarray(start, end));
      start = end + 1;
      if (record === 0 && /^\uFEFF?\s*[{[]\s*$/.test(Buffer.concat(parts).toString())) {
        isWhole = true;
        keep(chunk.subarray(end, start));
        break;
      }
      const event = take();
      if (event !== undefined) yield event;
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  }
  const last = bytes > 0 ? take() : undefined;
  if (last !== undefined) yield last;
}

async function* unzipped(input: Readable): AsyncGenerator<Buffer> {
  const iterator = input[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const step = await iterator.next();
    if (step.done === true) break;
    head = Buffer.concat([head, Buffer.from(step.value)]);
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
      yield typeof step.value === 'string' ? Buffer.from(step.value) : step.value;
    }
  };
  if (!(head[0] === 0x1f && head[1] === 0x8b)) {
    yield* all();
    return;
  }
  const gunzip = createGunzip();
  const { pipeline, Readable } = await import('node:stream');
  pipeline(Readable.from(all()), gunzip, () => {
    // The error is told by the loop that reads from `gunzip`.
  });
  yield* gunzip as AsyncIterable<Buffer>;
}

/** Bytes that are no UTF-8 would become U+FFFD in the text: the line says so instead and is refused as malformed. */
function decode(line: Buffer, record: number): string {
  const bytes = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  try {
    // A byte order mark is dropped by the decoder; it may stand before the first line only.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: record > 1 }).decode(bytes);
  } catch {
    return `not UTF-8: ${bytes.toString()}`;
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
