import { BraidError } from '../domain/errors.ts';
import type { RawEvent } from '../domain/feed.ts';

const lineFeed = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Cuts a body into lines as it arrives, and reads no further than lines are asked for: a sender that is faster than the
 * index is held up by its own connection. Blank lines are passed over and counted.
 * @throws {BraidError} `body_too_large` for a line of more than `maxLineBytes`, `request_timeout` where the sender says
 * nothing for `maxSilenceMs` while it is listened to, `client_closed`
 */
export async function* ndjsonLines(
  body: ReadableStream<Uint8Array> | null,
  { maxLineBytes, maxSilenceMs }: { readonly maxLineBytes: number; readonly maxSilenceMs: number },
): AsyncGenerator<RawEvent> {
  let record = 0;
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const keep = (part: Uint8Array) => {
    bytes += part.byteLength;
    if (bytes > maxLineBytes) {
      throw new BraidError(
        'body_too_large',
        `Expected line ${record + 1} to be at most ${maxLineBytes} bytes, got more`,
      );
    }
    parts.push(part);
  };
  const take = (): RawEvent | undefined => {
    const line = Buffer.concat(parts);
    parts = [];
    bytes = 0;
    record += 1;
    const text = decode(line);
    return text.trim() === '' ? undefined : { text, record };
  };
  for await (const chunk of chunksOf(body, maxSilenceMs)) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      keep(chunk.subarray(start, end));
      start = end + 1;
      const event = take();
      if (event !== undefined) yield event;
    }
    if (start < chunk.byteLength) keep(chunk.subarray(start));
  }
  const last = take();
  if (last !== undefined) yield last;
}

async function* chunksOf(
  body: ReadableStream<Uint8Array> | null,
  maxSilenceMs: number,
): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await withinSilence(reader.read(), maxSilenceMs);
    if (done) return;
    yield value;
  }
}

async function withinSilence<T>(reading: Promise<T>, maxSilenceMs: number): Promise<T> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    silence.reject(
      new BraidError('request_timeout', `Expected the next event within ${maxSilenceMs} ms, got nothing`),
    );
  }, maxSilenceMs);
  const read = reading.catch((error: unknown) => {
    throw new BraidError('client_closed', 'Cannot read the body: the client left', { cause: error });
  });
  try {
    return await Promise.race([read, silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is no UTF-8 is marked, so that no format reads it and it becomes a dead letter, like every malformed line. */
function decode(line: Uint8Array): string {
  try {
    return utf8.decode(line);
  } catch {
    return `not UTF-8: ${Buffer.from(line).toString('latin1')}`;
  }
}
