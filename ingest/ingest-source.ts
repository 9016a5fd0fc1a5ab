import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import PQueue from 'p-queue';
import {
  DocumentRefused,
  EngineUnavailable,
  ModelUnavailable,
  type RefusalReason,
} from '../domain/errors.ts';
import type { IngestProgress, IngestReport, Refusal, WriteResult } from '../domain/ingest.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { Source, SourceItem } from '../sources/source.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { RecipeOf } from './choose-chunker.ts';
import { createDryIngest } from './feed-dry-run.ts';
import type { Ingest } from './ingest.ts';
import { type KnownCollection, readKnown } from './known-documents.ts';
import { asRefusal } from './refusal.ts';
import { type Removal, removeMissing } from './remove-missing.ts';

export interface IngestSourcePorts {
  readonly ingest: Ingest;
  readonly documents: DocumentStore;
  /** Of the chunks that `ingest` makes. */
  readonly recipeOf: RecipeOf;
  readonly telemetry: Telemetry;
}

export interface IngestSourceSettings {
  /** Documents in work at once. */
  readonly concurrency: number;
  /** Of what was known of a collection; where more is missing, nothing is deleted. */
  readonly maxMissingPercentage: number;
}

export interface IngestSourceOptions {
  /** Leaves documents that the source has no more. @default false */
  readonly keepMissing?: boolean;
  /** @default the setting */
  readonly maxMissingPercentage?: number;
  /** Change nothing, tell what would happen; what is new or changed is read and not parsed. @default false */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: IngestProgress) => void;
  readonly signal?: AbortSignal;
}

export type IngestSource = (
  scope: Scope,
  source: Source,
  options?: IngestSourceOptions,
) => Promise<IngestReport>;

/** Retries of one document while the engine or a model is away: 0.1 s doubling to 10 s, about a minute in all. */
const maxAttempts = 12;

/**
 * Takes in everything that a source lists, `concurrency` documents at a time: reads only what is not stored in the state
 * that the source holds, and deletes what was stored of its collections and is not there any more. What is refused is
 * reported and the rest goes on; an engine or a model that stays away ends the run with its error, and what was stored
 * until then stays. Nothing is deleted by a run that did not come to its end.
 */
export function createIngestSource(
  { ingest, documents, recipeOf, telemetry }: IngestSourcePorts,
  settings: IngestSourceSettings,
): IngestSource {
  const { concurrency } = settings;
  const patience = retry(
    handleWhen((error) => error instanceof EngineUnavailable || error instanceof ModelUnavailable),
    { maxAttempts, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 10_000 }) },
  );
  patience.onRetry(({ attempt, delay }) => {
    telemetry.log.warn({ attempt, delayMs: Math.round(delay) }, 'engine or model is away, waiting');
  });

  return async (scope, source, options = {}) => {
    const { onProgress, signal, keepMissing = false, dryRun = false } = options;
    const write = dryRun ? createDryIngest(documents) : ingest;
    const { maxMissingPercentage = settings.maxMissingPercentage } = options;
    const known: KnownCollection[] = [];
    for (const collection of source.collections ?? []) {
      known.push(await patience.execute(() => readKnown(documents, scope, collection, recipeOf), signal));
    }
    const isCurrent = ({ documentId, tag }: SourceItem) =>
      documentId !== undefined &&
      tag !== undefined &&
      known.some((collection) => collection.documents.get(documentId)?.tag === tag);
    const listed = new Set<string>();
    const hidden: string[] = [];
    const account = new Account();
    const queue = new PQueue({ concurrency });
    const ended = new AbortController();
    const stop = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
    const claimed = new Set<string>();
    let failure: { readonly error: unknown } | undefined;

    const take = async (item: SourceItem) => {
      if (stop.aborted) return;
      if (isCurrent(item) && !claimed.has(item.documentId!)) {
        claimed.add(item.documentId!);
        account.keep();
        return;
      }
      try {
        const document = await item.load(stop);
        if (claimed.has(document.documentId)) {
          throw new DocumentRefused(
            'invalid_document',
            `Cannot index ${JSON.stringify(item.name)}: document id ${JSON.stringify(document.documentId)} came twice in one ingest`,
          );
        }
        claimed.add(document.documentId);
        const result = await patience.execute(
          () => write(scope, { operation: 'upsert', document }, undefined, stop),
          stop,
        );
        account.add(item.name, result);
        for (const { outcome, reason } of result.attachments ?? []) {
          if (outcome === 'refused') telemetry.count('refusals', 1, { reason: reason ?? 'corrupt' });
        }
      } catch (error) {
        if (stop.aborted) return;
        const refusal = asRefusal(item.name, error);
        if (refusal === undefined) throw error;
        account.refuse(refusal);
        telemetry.count('refusals', 1, { reason: refusal.reason });
      }
    };
    const end = (error: unknown) => {
      failure ??= { error };
      ended.abort(error);
    };
    const takeAndTell = async (item: SourceItem) => {
      try {
        await take(item);
        onProgress?.({ seen: account.seen, done: account.done, chunks: account.chunks, name: item.name });
      } catch (error) {
        end(error);
      }
    };

    try {
      for await (const item of source.items(stop)) {
        if (stop.aborted) break;
        account.seen += 1;
        if (item.documentId !== undefined) listed.add(item.documentId);
        if (item.unlisted !== undefined) hidden.push(item.unlisted);
        // A bounded queue: a source of millions is listed no faster than it is taken in.
        await queue.onSizeLessThan(concurrency * 2);
        void queue.add(() => takeAndTell(item));
      }
    } catch (error) {
      end(error);
    }
    // What runs is finished before the caller hears of a failure, and may let go of the engine.
    await queue.onIdle();
    if (failure !== undefined) throw failure.error;
    signal?.throwIfAborted();
    if (keepMissing) return account.report();
    const isHidden = (documentId: string) => hidden.some((prefix) => documentId.startsWith(prefix));
    const removal = await patience.execute(
      () =>
        removeMissing(
          write,
          scope,
          known,
          { has: (id) => listed.has(id) || claimed.has(id), isHidden },
          maxMissingPercentage,
          signal,
        ),
      signal,
    );
    return account.report(removal);
  };
}

class Account {
  readonly #startedAt = performance.now();
  readonly #refusals: Refusal[] = [];
  readonly #omissions: Refusal[] = [];
  #indexed = 0;
  #unchanged = 0;
  #stale = 0;
  #embedded = 0;
  #truncated = 0;
  #breakpointTexts = 0;
  seen = 0;
  chunks = 0;

  get done(): number {
    return this.#indexed + this.#unchanged + this.#stale + this.#refusals.length;
  }

  add(name: string, result: WriteResult): void {
    this.#count(result);
    for (const { reason, message } of result.omissions ?? []) this.#omissions.push({ name, reason, message });
    for (const attachment of result.attachments ?? []) {
      this.seen += 1;
      if (attachment.outcome !== 'refused') this.#count(attachment);
      else {
        const { reason = 'corrupt', message = '' } = attachment;
        this.#refusals.push({ name: attachment.documentId, reason, message });
      }
    }
  }

  #count(
    result: Pick<WriteResult, 'chunks' | 'embedded' | 'truncated' | 'breakpointTexts'> & {
      readonly outcome: string;
    },
  ): void {
    if (result.outcome === 'unchanged') this.#unchanged += 1;
    else if (result.outcome === 'stale') this.#stale += 1;
    else this.#indexed += 1;
    this.chunks += result.chunks;
    this.#embedded += result.embedded;
    this.#truncated += result.truncated;
    this.#breakpointTexts += result.breakpointTexts;
  }

  /** One that is stored in the state that its source holds. */
  keep(): void {
    this.#unchanged += 1;
  }

  refuse(refusal: Refusal): void {
    this.#refusals.push(refusal);
  }

  report({ removed, withheld }: Removal = { removed: 0, withheld: [] }): IngestReport {
    const refused: Partial<Record<RefusalReason, number>> = {};
    for (const { reason } of this.#refusals) refused[reason] = (refused[reason] ?? 0) + 1;
    return {
      documents: {
        seen: this.seen,
        indexed: this.#indexed,
        unchanged: this.#unchanged,
        stale: this.#stale,
        removed,
        refused,
      },
      refusals: this.#refusals,
      omissions: this.#omissions,
      withheld,
      chunks: this.chunks,
      embedded: this.#embedded,
      truncated: this.#truncated,
      breakpointTexts: this.#breakpointTexts,
      seconds: (performance.now() - this.#startedAt) / 1000,
    };
  }
}
