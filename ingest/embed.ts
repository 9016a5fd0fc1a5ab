import type { EmbeddingModel } from '../models/embedding-model.ts';

export interface Embedded {
  /** By fingerprint. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
  /** Texts that the model was called for on behalf of this call. */
  readonly embedded: number;
  readonly truncated: number;
}

/** Embeds the texts of one document; `texts` by fingerprint. An abort drops what has not been given to the model. */
export type Embed = (
  tenantId: string,
  texts: ReadonlyMap<string, string>,
  signal?: AbortSignal,
) => Promise<Embedded>;

/** Part of a document's texts, small enough that another tenant's wait for it is short. */
interface Piece {
  readonly tenantId: string;
  readonly texts: readonly string[];
  readonly signal: AbortSignal | undefined;
  resolve(passages: { readonly vectors: readonly Float32Array[]; readonly truncated: number }): void;
  reject(error: unknown): void;
}

const maxTextsOfPiece = 64;
/** Texts of one call to the model, over all documents that wait. */
const maxTextsAtOnce = 256;

/**
 * Joins what documents in work at the same time want embedded into large calls: while one call runs, the texts that come
 * gather for the next. Small documents then embed at the speed of large ones, and tenants take turns, so that a long
 * document holds no other tenant up for longer than a call. Where a call fails, each document is tried alone, so that
 * none fails for another's text.
 *
 * A text that another document of the same tenant is having embedded just now is waited for, not embedded again.
 */
export function createEmbed(model: EmbeddingModel): Embed {
  const lanes = new Map<string, Piece[]>();
  const inFlight = new Map<string, Promise<Float32Array>>();
  let isRunning = false;

  const run = async () => {
    isRunning = true;
    // One turn for what was started together to arrive.
    await new Promise((resolve) => setImmediate(resolve));
    while (lanes.size > 0) await embedGroup(model, takeGroup(lanes));
    isRunning = false;
  };

  const enqueue = (tenantId: string, texts: readonly string[], signal: AbortSignal | undefined) =>
    new Promise<{ readonly vectors: readonly Float32Array[]; readonly truncated: number }>(
      (resolve, reject) => {
        const piece: Piece = { tenantId, texts, signal, resolve, reject };
        const lane = lanes.get(tenantId);
        if (lane === undefined) lanes.set(tenantId, [piece]);
        else lane.push(piece);
        if (!isRunning) void run();
      },
    );

  return async (tenantId, texts, signal) => {
    const keyOf = (fingerprint: string) => `${tenantId}\0${fingerprint}`;
    const own = [...texts].filter(([fingerprint]) => !inFlight.has(keyOf(fingerprint)));
    const others = [...texts.keys()].filter((fingerprint) => inFlight.has(keyOf(fingerprint)));
    const waitedFor = others.map((fingerprint) => inFlight.get(keyOf(fingerprint))!);
    const vectors = new Map<string, Float32Array>();
    let truncated = 0;
    const pieces: Promise<void>[] = [];
    for (let start = 0; start < own.length; start += maxTextsOfPiece) {
      const part = own.slice(start, start + maxTextsOfPiece);
      const call = enqueue(
        tenantId,
        part.map(([, text]) => text),
        signal,
      );
      part.forEach(([fingerprint], at) => {
        const vector = call.then((passages) => passages.vectors[at]!);
        // The failure is reported by `call` below; this copy of it only serves those who wait.
        vector.catch(() => {});
        inFlight.set(keyOf(fingerprint), vector);
      });
      pieces.push(
        call.then((passages) => {
          part.forEach(([fingerprint], at) => {
            vectors.set(fingerprint, passages.vectors[at]!);
          });
          truncated += passages.truncated;
        }),
      );
    }
    try {
      await Promise.all(pieces);
      const borrowed = await Promise.all(waitedFor);
      others.forEach((fingerprint, at) => {
        vectors.set(fingerprint, borrowed[at]!);
      });
      return { vectors, embedded: own.length, truncated };
    } finally {
      for (const [fingerprint] of own) inFlight.delete(keyOf(fingerprint));
    }
  };
}

/** One piece of each tenant in turn, as many as fit and at least one. */
function takeGroup(lanes: Map<string, Piece[]>): Piece[] {
  const group: Piece[] = [];
  let texts = 0;
  while (lanes.size > 0) {
    const [tenantId, lane] = lanes.entries().next().value!;
    const piece = lane[0]!;
    if (group.length > 0 && texts + piece.texts.length > maxTextsAtOnce) break;
    lane.shift();
    // Behind the others, which come first next time.
    lanes.delete(tenantId);
    if (lane.length > 0) lanes.set(tenantId, lane);
    if (piece.signal?.aborted) {
      piece.reject(piece.signal.reason);
      continue;
    }
    group.push(piece);
    texts += piece.texts.length;
  }
  return group;
}

async function embedGroup(model: EmbeddingModel, group: readonly Piece[]): Promise<void> {
  if (group.length === 0) return;
  try {
    const { vectors, truncated } = await model.embedPassages(group.flatMap((piece) => piece.texts));
    let start = 0;
    group.forEach((piece, at) => {
      const end = start + piece.texts.length;
      // The model counts truncated texts over the whole call; where there are any, the first document reports them.
      piece.resolve({ vectors: vectors.slice(start, end), truncated: at === 0 ? truncated : 0 });
      start = end;
    });
  } catch (error) {
    if (group.length === 1) group[0]!.reject(error);
    else for (const piece of group) await embedGroup(model, [piece]);
  }
}
