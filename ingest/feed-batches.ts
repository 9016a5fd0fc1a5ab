import type { RawEvent } from '../domain/feed.ts';

export interface BatchLimits {
  readonly maxEvents: number;
  /** UTF-16 code units; a larger event goes alone. */
  readonly maxCharacters: number;
  /** A batch that has begun is closed when nothing more comes for this long. */
  readonly lingerMs: number;
}

/**
 * Gathers raw events into batches. Nothing is read ahead of the batch that is handed out, but for one event, so that a
 * fast source waits for a slow index. What came before a source fails is handed out before the failure is told: it is
 * whole, and where the source fails at the same place each time, it would never be applied.
 */
export async function* batchesOf<T extends RawEvent>(
  events: AsyncIterable<T>,
  limits: BatchLimits,
): AsyncGenerator<T[]> {
  const iterator = events[Symbol.asyncIterator]();
  try {
    let pending = iterator.next();
    for (let isOver = false; !isOver; ) {
      const batch: T[] = [];
      let characters = 0;
      let failure: { readonly error: unknown } | undefined;
      while (batch.length < limits.maxEvents && characters < limits.maxCharacters) {
        let step: IteratorResult<T> | undefined;
        try {
          step = batch.length === 0 ? await pending : await within(pending, limits.lingerMs);
        } catch (error) {
          failure = { error };
        }
        if (step === undefined) break;
        if (step.done === true) {
          isOver = true;
          break;
        }
        if (batch.length > 0 && characters + step.value.text.length > limits.maxCharacters) break;
        batch.push(step.value);
        characters += step.value.text.length;
        pending = iterator.next();
        // Told when it is awaited.
        pending.catch(() => {});
      }
      if (batch.length > 0) yield batch;
      if (failure !== undefined) throw failure.error;
    }
  } finally {
    // Not awaited: a source that is silent would hold up the end.
    iterator.return?.()?.catch(() => {});
  }
}

async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
