import type { EmbeddedPassages, EmbeddingModel } from '../models/embedding-model.ts';

export interface Embedded {
  /** By fingerprint. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
  /** Texts that the model was called for on behalf of this call. */
  readonly embedded: number;
  readonly truncated: number;
}

/** Embeds the texts of one document; `texts` by fingerprint. */
export type Embed = (tenantId: string, texts: ReadonlyMap<string, string>) => Promise<Embedded>;

interface Waiting {
  readonly texts: readonly string[];
  resolve(passages: EmbeddedPassages): void;
  reject(error: unknown): void;
}

/** Texts of one call to the model, over all documents that wait. */
const maxTextsAtOnce = 256;

/**
 * Joins what documents in work at the same time want embedded into large calls: while one call runs, the texts that come
 * gather for the next. Small documents then embed at the speed of large ones.
 *
 * A text that another document of the same tenant is having embedded just now is waited for, not embedded again.
 */
export function createEmbed(model: EmbeddingModel): Embed {
  const waiting: Waiting[] = [];
  const inFlight = new Map<string, Promise<Float32Array>>();
  let isRunning = false;

  const run = async () => {
    isRunning = true;
    // One turn for what was started together to arrive.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const group = takeGroup(waiting);
      try {
        distribute(group, await model.embedPassages(group.flatMap((call) => call.texts)));
      } catch (error) {
        for (const call of group) call.reject(error);
      }
    }
    isRunning = false;
  };

  const enqueue = (texts: readonly string[]): Promise<EmbeddedPassages> =>
    new Promise((resolve, reject) => {
      waiting.push({ texts, resolve, reject });
      if (!isRunning) void run();
    });

  return async (tenantId, texts) => {
    const keyOf = (fingerprint: string) => `${tenantId}\0${fingerprint}`;
    const own = [...texts].filter(([fingerprint]) => !inFlight.has(keyOf(fingerprint)));
    const others = [...texts.keys()].filter((fingerprint) => inFlight.has(keyOf(fingerprint)));
    const waitedFor = others.map((fingerprint) => inFlight.get(keyOf(fingerprint))!);
    const call = own.length === 0 ? undefined : enqueue(own.map(([, text]) => text));
    own.forEach(([fingerprint], at) => {
      const vector = call!.then((passages) => passages.vectors[at]!);
      // The failure is reported by `call` below; this copy of it only serves those who wait.
      vector.catch(() => {});
      inFlight.set(keyOf(fingerprint), vector);
    });
    try {
      const passages = await call;
      const vectors = new Map(own.map(([fingerprint], at) => [fingerprint, passages!.vectors[at]!]));
      const borrowed = await Promise.all(waitedFor);
      others.forEach((fingerprint, at) => {
        vectors.set(fingerprint, borrowed[at]!);
      });
      return { vectors, embedded: own.length, truncated: passages?.truncated ?? 0 };
    } finally {
      for (const [fingerprint] of own) inFlight.delete(keyOf(fingerprint));
    }
  };
}

/** At least one call, and as many more as fit. */
function takeGroup(waiting: Waiting[]): Waiting[] {
  let texts = 0;
  let calls = 0;
  while (calls < waiting.length && (calls === 0 || texts + waiting[calls]!.texts.length <= maxTextsAtOnce)) {
    texts += waiting[calls]!.texts.length;
    calls += 1;
  }
  return waiting.splice(0, calls);
}

function distribute(group: readonly Waiting[], passages: EmbeddedPassages): void {
  let start = 0;
  // The model counts truncated texts over the whole call; where there are any, the first document reports them.
  let truncated = passages.truncated;
  for (const call of group) {
    const vectors = passages.vectors.slice(start, start + call.texts.length);
    start += call.texts.length;
    call.resolve({ vectors, truncated, tokens: 0 });
    truncated = 0;
  }
}
