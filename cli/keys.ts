import type { Command } from 'commander';
import type { ApiKey } from '../identity/api-keys.ts';
import type { CommandRunner } from './command-context.ts';
import { withBraid } from './open-braid.ts';

interface CreateOptions {
  readonly role: readonly string[];
  readonly principal?: readonly string[];
  readonly expires?: string;
}

/** Adds `keys create|list|revoke`: the API keys of `serve`. */
export function addKeysCommand(program: Command, runner: CommandRunner): void {
  const keys = program
    .command('keys')
    .description('create, list and revoke API keys')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- keys create --role search --tenant docs');
  addCreate(keys, runner);
  addList(keys, runner);
  addRevoke(keys, runner);
}

function addCreate(keys: Command, runner: CommandRunner): void {
  keys
    .command('create')
    .description('create a key of the tenant; it is shown this once')
    .requiredOption('--role <role...>', 'search, answer, ingest or admin; none implies another')
    .option('--principal <principal...>', 'user:… or group:… that the key reads as')
    .option('--expires <time>', 'date and time at which it ends (ISO 8601)')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- keys create --tenant docs --role search answer --principal group:staff',
    )
    .action(
      runner(async (context, options: CreateOptions) => {
        const { key, stored } = await withBraid(context, async ({ apiKeys, audit }) => {
          const created = await apiKeys.create({
            tenantId: context.tenantId,
            roles: options.role,
            ...(options.principal !== undefined && { principals: options.principal }),
            ...(options.expires !== undefined && { expiresAt: options.expires }),
          });
          const { keyId, tenantId, roles } = created.stored;
          audit.act({ actor: 'operator', action: 'key created', tenantId, detail: { keyId, roles } });
          return created;
        });
        context.terminal.result({ key, ...stored }, [key]);
        context.terminal.note(`Created key ${stored.keyId}; it is not shown again`);
      }),
    );
}

function addList(keys: Command, runner: CommandRunner): void {
  keys
    .command('list')
    .description('list the keys of the tenant, or of all tenants')
    .option('--all', 'those of all tenants')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- keys list --all --json')
    .action(
      runner(async (context, options: { readonly all?: boolean }) => {
        const listed = await withBraid(context, ({ apiKeys }) =>
          apiKeys.list(options.all === true ? undefined : context.tenantId),
        );
        context.terminal.result({ keys: listed }, listed.length > 0 ? listed.map(lineOf) : ['No keys']);
      }),
    );
}

function addRevoke(keys: Command, runner: CommandRunner): void {
  keys
    .command('revoke')
    .description('end a key; a running server refuses it within a second')
    .argument('<keyId>', 'id of the key, as `keys list` shows it')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- keys revoke 0123456789abcdef')
    .action(
      runner(async (context, _options: object, [keyId]) => {
        const revoked = await withBraid(context, async ({ apiKeys, audit }) => {
          const key = await apiKeys.revoke(keyId!);
          const { tenantId } = key;
          audit.act({ actor: 'operator', action: 'key revoked', tenantId, detail: { keyId } });
          return key;
        });
        context.terminal.result(revoked, [`Revoked key ${revoked.keyId}`]);
      }),
    );
}

function lineOf({ keyId, tenantId, roles, principals, expiresAt, revokedAt }: ApiKey): string {
  const state = revokedAt !== undefined ? `revoked ${revokedAt}` : `ends ${expiresAt ?? 'never'}`;
  return `${keyId}  ${tenantId}  ${roles.join(',')}  ${principals.join(',') || '-'}  ${state}`;
}
