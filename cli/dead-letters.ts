import type { Command } from 'commander';
import type { Braid } from '../braid.ts';
import { InvalidInput, NotFound } from '../domain/errors.ts';
import type { DeadLetter, ListedDeadLetter, RecordResult } from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import { audited } from './audited.ts';
import type { CommandRunner } from './command-context.ts';
import { withBraid } from './open-braid.ts';
import { readMapping } from './read-mapping.ts';

const pageSize = 200;
const shownCharacters = 4_000;

/** Adds `dead-letters list|show|replay|drop`: the change events that could not be applied. */
export function addDeadLettersCommand(program: Command, runner: CommandRunner): void {
  const letters = program
    .command('dead-letters')
    .description('list, show, replay and drop the change events that could not be applied')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- dead-letters list --json');
  addList(letters, runner);
  addShow(letters, runner);
  addReplay(letters, runner);
  addDrop(letters, runner);
}

function addList(letters: Command, runner: CommandRunner): void {
  letters
    .command('list')
    .description('list every dead letter of the tenant, by feed and place in it')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- dead-letters list')
    .action(
      runner(async (context) => {
        const found: ListedDeadLetter[] = [];
        await withBraid(context, async ({ pipeline, scopes }) => {
          for await (const letter of all(pipeline, scopes.operator(context.tenantId))) found.push(letter);
        });
        const lines = found.map(
          ({ letterId, reason, message, position }) =>
            `${letterId}  position ${position}, ${reason}: ${message}`,
        );
        context.terminal.result(
          { deadLetters: found },
          lines.length > 0 ? lines : [`No dead letters in tenant ${context.tenantId}`],
        );
      }),
    );
}

function addShow(letters: Command, runner: CommandRunner): void {
  letters
    .command('show')
    .description('show one dead letter with its event as it came')
    .argument('<id>', 'id of the letter')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- dead-letters show 1f3a90c2-000000000017-9b1c-0',
    )
    .action(
      runner(async (context, _options: object, [letterId]) => {
        const letter = await withBraid(context, ({ pipeline, scopes }) =>
          letterOf(pipeline, scopes.operator(context.tenantId), letterId!),
        );
        const { raw, ...fields } = letter;
        const isLong = raw.length > shownCharacters;
        const shown = isLong
          ? `${raw.slice(0, shownCharacters)} … (${raw.length} characters; --json has all)`
          : raw;
        context.terminal.result(letter, [
          ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
          '',
          shown,
        ]);
      }),
    );
}

function addReplay(letters: Command, runner: CommandRunner): void {
  letters
    .command('replay')
    .description('try dead letters again; those that can be applied now are dropped')
    .argument('[id...]', 'ids of letters')
    .option('--all', 'every letter of the tenant')
    .option('--mapping <file>', 'the mapping to read them with')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- dead-letters replay --all --mapping mended.json',
    )
    .action(
      runner(async (context, options: { readonly all?: boolean; readonly mapping?: string }, letterIds) => {
        checkChoice(letterIds, options.all);
        const mapping = options.mapping === undefined ? undefined : await readMapping(options.mapping);
        const account = { replayed: 0, indexed: 0, stale: 0, ignored: 0, deadLettered: 0 };
        await withBraid(context, ({ pipeline, scopes, audit }) => {
          const scope = scopes.operator(context.tenantId);
          const replay = async () => {
            for await (const letterId of chosen(pipeline, scope, letterIds)) {
              const letter = await letterOf(pipeline, scope, letterId);
              const reader = pipeline.feedReader(letter.format, mapping);
              const result = await pipeline.retryDeadLetter(scope, letter, reader);
              account.replayed += 1;
              account[outcomeOf(result)] += 1;
            }
          };
          return audited(audit, 'replay of dead letters', context.tenantId, replay, () => account);
        });
        context.terminal.result(account, [
          `${account.replayed} dead letters replayed: ${account.indexed} indexed, ${account.stale} stale, ${account.deadLettered} still dead`,
        ]);
        return account.deadLettered > 0 ? 1 : 0;
      }),
    );
}

function addDrop(letters: Command, runner: CommandRunner): void {
  letters
    .command('drop')
    .description('forget dead letters, whose events are then lost')
    .argument('[id...]', 'ids of letters')
    .option('--all', 'every letter of the tenant')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- dead-letters drop 1f3a90c2-000000000017-9b1c-0',
    )
    .action(
      runner(async (context, options: { readonly all?: boolean }, letterIds) => {
        checkChoice(letterIds, options.all);
        let dropped = 0;
        await withBraid(context, ({ pipeline, scopes, audit }) => {
          const scope = scopes.operator(context.tenantId);
          const drop = async () => {
            for await (const letterId of chosen(pipeline, scope, letterIds)) {
              if (letterIds.length > 0) await letterOf(pipeline, scope, letterId);
              await pipeline.dropDeadLetter(scope, letterId);
              dropped += 1;
            }
          };
          return audited(audit, 'dropping of dead letters', context.tenantId, drop, () => ({ dropped }));
        });
        context.terminal.result({ dropped }, [`${dropped} dead letters dropped`]);
      }),
    );
}

function checkChoice(letterIds: readonly string[], isAll: boolean | undefined): void {
  if (letterIds.length > 0 === (isAll === true)) {
    throw new InvalidInput('id', 'Expected either ids of dead letters or --all');
  }
}

async function* chosen(
  pipeline: Braid['pipeline'],
  scope: Scope,
  letterIds: readonly string[],
): AsyncGenerator<string> {
  if (letterIds.length === 0) for await (const { letterId } of all(pipeline, scope)) yield letterId;
  yield* new Set(letterIds);
}

async function* all(pipeline: Braid['pipeline'], scope: Scope): AsyncGenerator<ListedDeadLetter> {
  let after: string | undefined;
  do {
    const page = await pipeline.deadLetters(scope, {
      limit: pageSize,
      ...(after !== undefined && { after }),
    });
    yield* page.letters;
    after = page.next;
  } while (after !== undefined);
}

async function letterOf(pipeline: Braid['pipeline'], scope: Scope, letterId: string): Promise<DeadLetter> {
  const letter = await pipeline.deadLetter(scope, letterId);
  if (letter === undefined) throw new NotFound(`There is no dead letter ${JSON.stringify(letterId)}`);
  return letter;
}

/** A raw event of several is as bad as its worst. */
function outcomeOf({ events }: RecordResult): 'indexed' | 'stale' | 'ignored' | 'deadLettered' {
  const outcomes = events.map(({ outcome }) => outcome);
  if (outcomes.includes('dead_lettered')) return 'deadLettered';
  if (outcomes.includes('indexed')) return 'indexed';
  return outcomes.includes('stale') ? 'stale' : 'ignored';
}
