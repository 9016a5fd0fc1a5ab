import { ModelRefused, ModelUnavailable } from '../domain/errors.ts';
import type { EmbeddingModel } from '../models/embedding-model.ts';
import { silentTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { createUsageAccount } from '../telemetry/usage-account.ts';

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
  readonly texts: readonly string[];
  readonly signal: AbortSignal | undefined;
  resolve(passages: { readonly vectors: readonly Float32Array[]; readonly truncated: number }): void;
  reject(error: unknown): void;
}

/** What one tenant waits for. */
interface Lane {
  readonly pieces: Piece[];
  /** Calls of this tenant that run. */
  running: number;
}

/** Two of them fill a call of 96 texts. */
const maxTextsOfPiece = 48;
/** Texts given to the model as one call, where the model itself takes any number. */
const maxTextsOfCall = 240;

/**
 * Joins what documents of a tenant in work at the same time want embedded into large calls: while one call runs, the
 * texts that come gather for the next, unless they already fill what the model takes at once. Tenants take turns and
 * never share a call, so that each call is one tenant's to pay. As many calls run as keep the model busy. Where a call
 * fails for a text, each document is tried alone, so that none fails for another's.
 *
 * A text that another document of the same tenant is having embedded just now is waited for, not embedded again.
 */
export function createEmbed(model: EmbeddingModel, telemetry: Telemetry = silentTelemetry): Embed {
  const lanes = new Map<string, Lane>();
  const inFlight = new Map<string, Promise<Float32Array>>();
  const perCall = Math.min(model.maxTextsPerCall, maxTextsOfCall);
  const textsOfCall = Math.floor(maxTextsOfCall / perCall) * perCall;
  let textsAtModel = 0;
  let isScheduled = false;

  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    // One turn for what was started together to arrive.
    setImmediate(() => {
      isScheduled = false;
      for (let next = nextLane(); next !== undefined; next = nextLane()) void run(...next);
    });
  };

  /** The first tenant whose turn it is; it then stands behind the others. */
  const nextLane = (): [string, Lane] | undefined => {
    for (const [tenantId, lane] of lanes) {
      const waiting = lane.pieces.reduce((sum, { texts }) => sum + texts.length, 0);
      const isReady = lane.running === 0 || waiting >= perCall;
      if (waiting === 0 || !isReady) continue;
      const texts = Math.min(waiting, textsOfCall);
      if (textsAtModel > 0 && textsAtModel + texts > model.maxTextsAtOnce) return undefined;
      lanes.delete(tenantId);
      lanes.set(tenantId, lane);
      return [tenantId, lane];
    }
    return undefined;
  };

  const run = async (tenantId: string, lane: Lane): Promise<void> => {
    const group = takeGroup(lane.pieces, textsOfCall);
    const texts = group.reduce((sum, piece) => sum + piece.texts.length, 0);
    const { add: onUsage } = createUsageAccount(telemetry, { tenantId, feature: 'ingest' });
    lane.running += 1;
    textsAtModel += texts;
    await embedGroup(group, (given) => model.embedPassages(given, { tenantId, feature: 'ingest', onUsage }));
    lane.running -= 1;
    textsAtModel -= texts;
    if (lane.running === 0 && lane.pieces.length === 0) lanes.delete(tenantId);
    schedule();
  };

  const enqueue = (tenantId: string, texts: readonly string[], signal: AbortSignal | undefined) =>
    new Promise<{ readonly vectors: readonly Float32Array[]; readonly truncated: number }>(
      (resolve, reject) => {
        let lane = lanes.get(tenantId);
        if (lane === undefined) {
          lane = { pieces: [], running: 0 };
          lanes.set(tenantId, lane);
        }
        lane.pieces.push({ texts, signal, resolve, reject });
        schedule();
      },
    );

  const embed: Embed = async (tenantId, texts, signal) => {
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
      const borrowed = await Promise.allSettled(waitedFor);
      const failed = new Map<string, string>();
      others.forEach((fingerprint, at) => {
        const vector = borrowed[at]!;
        if (vector.status === 'fulfilled') vectors.set(fingerprint, vector.value);
        else failed.set(fingerprint, texts.get(fingerprint)!);
      });
      if (failed.size === 0) return { vectors, embedded: own.length, truncated };
      // The other document was given up, or failed for another of its texts: that is no reason for this one to fail.
      const rest = await embed(tenantId, failed, signal);
      for (const [fingerprint, vector] of rest.vectors) vectors.set(fingerprint, vector);
      return { vectors, embedded: own.length + rest.embedded, truncated: truncated + rest.truncated };
    } finally {
      for (const [fingerprint] of own) inFlight.delete(keyOf(fingerprint));
    }
  };
  return embed;
}

/** What waits longest, as much as a call holds and at least one piece; what was aborted is left out. */
function takeGroup(pieces: Piece[], maxTexts: number): Piece[] {
  const group: Piece[] = [];
  let texts = 0;
  for (let piece = pieces[0]; piece !== undefined; piece = pieces[0]) {
    if (piece.signal?.aborted) {
      piece.reject(piece.signal.reason);
    } else {
      if (group.length > 0 && texts + piece.texts.length > maxTexts) break;
      group.push(piece);
      texts += piece.texts.length;
    }
    pieces.shift();
  }
  return group;
}

type EmbedTexts = (
  texts: readonly string[],
) => Promise<{ readonly vectors: readonly Float32Array[]; readonly truncated: number }>;

async function embedGroup(group: readonly Piece[], embed: EmbedTexts): Promise<void> {
  if (group.length === 0) return;
  try {
    const { vectors, truncated } = await embed(group.flatMap((piece) => piece.texts));
    let start = 0;
    group.forEach((piece, at) => {
      const end = start + piece.texts.length;
      // The model counts truncated texts over the whole call; where there are any, the first document reports them.
      piece.resolve({ vectors: vectors.slice(start, end), truncated: at === 0 ? truncated : 0 });
      start = end;
    });
  } catch (error) {
    if (group.length === 1 || isForAll(error)) {
      for (const piece of group) piece.reject(error);
    } else {
      for (const piece of group) await embedGroup([piece], embed);
    }
  }
}

/** True for what each of the texts would meet: a model that is away, or refuses whoever asks. */
function isForAll(error: unknown): boolean {
  return error instanceof ModelUnavailable || (error instanceof ModelRefused && !error.concernsTextOnly);
}
