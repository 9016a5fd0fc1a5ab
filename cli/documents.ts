import type { Command } from 'commander';
import type { Braid } from '../braid.ts';
import { type DocumentRecord, isLive, recordVersion } from '../domain/document-record.ts';
import type { Scope } from '../domain/scope.ts';
import { audited } from './audited.ts';
import { type CommandRunner, wholeNumber } from './command-context.ts';
import { catchInterrupts } from './interrupt.ts';
import { withBraid } from './open-braid.ts';
import { withProgress } from './progress.ts';

const pageSize = 1_000;

interface PruneOptions {
  readonly source: string;
  readonly olderThan?: number;
  readonly dryRun?: boolean;
}

/** Adds `documents list|show|delete|prune`: what the index holds. */
export function addDocumentsCommand(program: Command, runner: CommandRunner): void {
  const documents = program
    .command('documents')
    .description('list, show and delete what the index holds, and prune what it remembers of deletions')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- documents list --json');
  addList(documents, runner);
  addShow(documents, runner);
  addDelete(documents, runner);
  addPrune(documents, runner);
}

function addList(documents: Command, runner: CommandRunner): void {
  documents
    .command('list')
    .description('list every document, by id')
    .option('--deleted', 'with the tombstones of deleted documents')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- documents list --deleted --json')
    .action(
      runner(async (context, options: { readonly deleted?: boolean }) => {
        const records = await withBraid(context, ({ pipeline, scopes }) =>
          listAll(pipeline, scopes.operator(context.tenantId), options.deleted === true),
        );
        const listed = records.map(summarize);
        const lines = listed.map(
          ({ documentId, version, chunks, deleted }) =>
            `${documentId}  version ${version}, ${deleted ? 'deleted' : `${chunks} chunks`}`,
        );
        context.terminal.result(
          { documents: listed },
          lines.length > 0 ? lines : [`No documents in tenant ${context.tenantId}`],
        );
      }),
    );
}

function addShow(documents: Command, runner: CommandRunner): void {
  documents
    .command('show')
    .description('show one document and its chunks')
    .argument('<id>', 'document id')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- documents show docs/getting-started.md')
    .action(
      runner(async (context, _options: object, [documentId]) => {
        const { record, chunks } = await withBraid(context, ({ pipeline, scopes }) =>
          pipeline.document(scopes.operator(context.tenantId), documentId!),
        );
        const shown = {
          ...summarize(record),
          ...(record.content?.uri !== undefined && { uri: record.content.uri }),
          bytes: record.content?.bytes ?? 0,
          metadata: record.metadata?.value ?? {},
          ...(record.content?.links !== undefined && { links: record.content.links }),
          ...(record.content?.flags !== undefined && { flags: record.content.flags }),
          ...(record.access?.value !== undefined && { access: record.access.value }),
          ...(record.expiry?.value !== undefined && { expiresAt: record.expiry.value }),
          updatedAt: record.updatedAt,
        };
        const fields = Object.entries(shown).map(
          ([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`,
        );
        const texts = chunks.flatMap((chunk) => [
          '',
          `#${chunk.ordinal} (${chunk.tokens} tokens)`,
          chunk.text,
        ]);
        context.terminal.result({ ...shown, passages: chunks }, [...fields, ...texts]);
      }),
    );
}

function addPrune(documents: Command, runner: CommandRunner): void {
  documents
    .command('prune')
    .description('forget deletions that no late event can undo; see replay --ordered')
    .requiredOption('--source <name>', 'source whose tombstones are pruned')
    .option(
      '--older-than <seconds>',
      'only of deletions that old (default: 3600)',
      wholeNumber(60, 315_360_000),
    )
    .option('--dry-run', 'change nothing and tell how many would go')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- documents prune --source shop.public.articles')
    .action(
      runner(async (context, options: PruneOptions) => {
        const interrupt = catchInterrupts();
        const report = await withBraid(context, ({ pipeline, scopes, audit }) => {
          const prune = () =>
            withProgress(context.terminal, `Pruning source ${options.source}`, (say) =>
              pipeline.prune(scopes.operator(context.tenantId), {
                source: options.source,
                dryRun: options.dryRun === true,
                signal: interrupt.signal,
                onProgress: say,
                ...(options.olderThan !== undefined && { olderThanSeconds: options.olderThan }),
              }),
            );
          return options.dryRun === true
            ? prune()
            : audited(audit, 'pruning of deletions', context.tenantId, prune, ({ pruned }) => ({
                source: options.source,
                pruned,
              }));
        }).finally(interrupt.release);
        const { tombstones, pruned, lowWater, heldBy } = report;
        context.terminal.result(report, [
          `${pruned} of ${tombstones} tombstones ${options.dryRun === true ? 'can be pruned' : 'pruned'}${lowWater === null ? '; no feed proves that it has seen everything: see replay --ordered' : `, up to version ${lowWater}${heldBy === undefined ? '' : ` of feed ${heldBy}`}`}`,
        ]);
      }),
    );
}

function addDelete(documents: Command, runner: CommandRunner): void {
  documents
    .command('delete')
    .description('delete documents; nothing is deleted where one of them does not exist')
    .argument('<id...>', 'document ids')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- documents delete docs/getting-started.md')
    .action(
      runner(async (context, _options: object, documentIds) => {
        const results = await withBraid(context, async ({ pipeline, scopes, audit }) => {
          const scope = scopes.operator(context.tenantId);
          for (const documentId of documentIds) await pipeline.document(scope, documentId);
          const removeAll = async () => {
            const written = [];
            for (const documentId of new Set(documentIds)) {
              written.push(
                await pipeline.write(scope, { operation: 'delete', documentId }, { searchable: true }),
              );
            }
            return written;
          };
          return audited(audit, 'deletion of documents', context.tenantId, removeAll, ({ length }) => ({
            documents: length,
          }));
        });
        context.terminal.result(
          { documents: results },
          results.map(({ documentId, version }) => `Deleted ${documentId} as version ${version}`),
        );
      }),
    );
}

async function listAll(
  pipeline: Braid['pipeline'],
  scope: Scope,
  deleted: boolean,
): Promise<DocumentRecord[]> {
  const records: DocumentRecord[] = [];
  let after: string | undefined;
  do {
    const page = await pipeline.documents(scope, {
      limit: pageSize,
      deleted,
      ...(after !== undefined && { after }),
    });
    records.push(...page.records);
    after = page.next;
  } while (after !== undefined);
  return records;
}

/** Nothing here depends on when or how often a document was written, so that two indexes can be compared. */
function summarize(record: DocumentRecord) {
  const { content } = record;
  return {
    documentId: record.documentId,
    version: recordVersion(record).toString(),
    contentHash: content?.contentHash ?? '',
    chunks: record.chunks,
    deleted: !isLive(record),
    source: record.source,
    mediaType: content?.mediaType ?? '',
    ...(content?.title !== undefined && { title: content.title }),
  };
}
