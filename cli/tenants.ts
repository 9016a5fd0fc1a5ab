import type { Command } from 'commander';
import { InvalidInput } from '../domain/errors.ts';
import { checkTenantId } from '../domain/tenant.ts';
import type { CommandRunner } from './command-context.ts';
import { withBraid } from './open-braid.ts';

/** Adds `tenants delete`: everything of a tenant, counted. */
export function addTenantsCommand(program: Command, runner: CommandRunner): void {
  const tenants = program
    .command('tenants')
    .description('delete tenants')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- tenants delete docs --yes');
  tenants
    .command('delete')
    .description(
      'delete everything of a tenant: documents, chunks, vectors, state, keys, audited reads, logged model calls',
    )
    .argument('<tenant>', 'id of the tenant')
    .option('--yes', 'say that it is meant: nothing brings the tenant back')
    .addHelpText(
      'after',
      '\nInterrupted, it goes on where it was when it is run again.\n\nExample:\n  $ npm run -s braid -- tenants delete docs --yes --json',
    )
    .action(
      runner(async (context, options: { readonly yes?: boolean }, [given]) => {
        const tenantId = checkTenantId(given!);
        if (options.yes !== true) {
          throw new InvalidInput(
            '--yes',
            `Expected --yes to delete everything of tenant ${tenantId}, got none`,
          );
        }
        const deletion = await withBraid(context, ({ tenantDeletions }) => tenantDeletions.delete(tenantId));
        const { documents, chunks, vectors, keys, state, auditedReads, invocationLogs, foreignLetters } =
          deletion.removed;
        const entries = Object.values(state).reduce((total, count) => total + count, 0);
        context.terminal.result(deletion, [
          `Deleted tenant ${tenantId}: ${documents} documents, ${chunks} chunks, ${vectors} vectors, ` +
            `${entries} entries of state, ${keys} keys, ${auditedReads} audited reads, ${invocationLogs} invocation logs, ${foreignLetters} dead letters of feeds of every tenant; nothing is left`,
        ]);
      }),
    );
}
