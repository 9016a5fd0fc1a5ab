import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';

export interface Resumption {
  /** First byte of the whole object that is read, and the one before which reading ends. */
  readonly start: number;
  readonly end: number;
  readonly timeoutMs: number;
  /** Tries without one more byte. */
  readonly maxAttempts: number;
  /** Asks for the same state of the object from a byte on. */
  readonly resume: (at: number) => Promise<GetObjectCommandOutput>;
  readonly failure: (error: unknown) => Error;
  readonly signal?: AbortSignal;
}

const firstDelayMs = 100;

/**
 * The bytes of a reply and, where it breaks, falls silent or ends early, of the replies that go on where it stopped. A
 * whole reply was checked against its checksum by the SDK; later ones are bound to the first one's ETag, and the
 * length is checked in either case.
 */
export function readResumably(first: GetObjectCommandOutput, resumption: Resumption): Readable {
  return Readable.from(pieces(first, resumption), { objectMode: false, highWaterMark: 1 });
}

async function* pieces(first: GetObjectCommandOutput, resumption: Resumption): AsyncGenerator<Uint8Array> {
  const { start, end, timeoutMs, maxAttempts, resume, failure, signal } = resumption;
  let body = bodyOf(first);
  let at = start;
  let failures = 0;
  try {
    while (at < end || !body.readableEnded) {
      let piece: Uint8Array | undefined;
      try {
        piece = await nextPiece(body, timeoutMs, signal);
        if (piece === undefined && at < end) throw new Error(`the reply ended after ${at - start} bytes`);
      } catch (error) {
        signal?.throwIfAborted();
        failures += 1;
        const isFinal = failures >= maxAttempts || /checksum mismatch/i.test(String(error)) || at >= end;
        body.destroy();
        if (isFinal) throw failure(error);
        await wait(firstDelayMs * 2 ** (failures - 1), undefined, signal && { signal });
        body = bodyOf(await resume(at).catch((cause: unknown) => Promise.reject(failure(cause))));
        continue;
      }
      if (piece === undefined) return;
      at += piece.length;
      failures = 0;
      if (at > end) throw failure(new Error(`the reply has more than ${end - start} bytes`));
      yield piece;
    }
  } finally {
    body.destroy();
  }
}

/** The next bytes; undefined at the end. @throws when the stream fails or is silent for too long */
function nextPiece(
  body: Readable,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      settle();
      reject(new Error(`no byte came for ${timeoutMs} ms, timed out`));
    }, timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      for (const name of ['readable', 'end', 'close'] as const) body.off(name, look);
      body.off('error', fail);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (error: Error) => {
      settle();
      reject(error);
    };
    const abort = () => fail(signal!.reason);
    const look = () => {
      const piece: Uint8Array | null = body.read();
      if (piece !== null) {
        settle();
        resolve(piece);
      } else if (body.readableEnded) {
        settle();
        resolve(undefined);
      } else if (body.errored !== null || body.destroyed) {
        fail(body.errored ?? new Error('the connection was closed'));
      }
    };
    for (const name of ['readable', 'end', 'close'] as const) body.on(name, look);
    body.on('error', fail);
    signal?.addEventListener('abort', abort, { once: true });
    look();
  });
}

function bodyOf({ Body }: GetObjectCommandOutput): Readable {
  const body = Body instanceof Readable ? Body : Readable.from([]);
  // A connection may break before anybody reads; the next read tells then, an unheard event would end the process.
  return body.on('error', () => {});
}
