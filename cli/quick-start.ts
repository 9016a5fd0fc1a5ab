import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Braid } from '../braid.ts';
import { BraidError } from '../domain/errors.ts';
import { describeAnswer } from './answer.ts';
import { collectAnswer } from './collect-answer.ts';
import type { CommandContext } from './command-context.ts';
import { describeReport, describeWithheld, ingestWithProgress } from './ingest.ts';

const question = 'Which fusion is the default?';

/** Takes the project's own docs into the tenant; those that are there already cost nothing but reading them. */
export async function ingestProjectDocs(
  context: CommandContext,
  braid: Braid,
  signal: AbortSignal,
): Promise<void> {
  const source = await braid.openSources([findDocs()]);
  const title = `Taking Braid's own docs into tenant ${context.tenantId}`;
  const report = await ingestWithProgress(context.terminal, title, signal, (options) =>
    braid.pipeline.ingest(braid.scopes.operator(context.tenantId), source, options),
  );
  for (const withheld of report.withheld) context.terminal.note(describeWithheld(withheld));
  context.terminal.note(`${title}: ${describeReport(report)}`);
}

/** What the quick start prints once the API answers: its address, one answered question, and a request to try. */
export async function introduce(context: CommandContext, braid: Braid, url: string): Promise<string[]> {
  const scope = braid.scopes.reader(context.tenantId);
  const response = await collectAnswer(braid.pipeline.answer(scope, { question }));
  const tenant = context.tenantId === 'default' ? '' : ` -H 'X-Braid-Tenant: ${context.tenantId}'`;
  const key = braid.authenticator === undefined ? '' : ` -H "X-API-Key: $KEY"`;
  return [
    '',
    `Braid serves on ${url}, its documentation on ${url}/docs; Ctrl-C ends it`,
    '',
    question,
    ...describeAnswer(response).map((line) => `  ${line}`),
    '',
    braid.authenticator === undefined
      ? 'Try it:'
      : `Try it, with a key of "npm run -s braid -- keys create --tenant ${context.tenantId} --role search" as KEY:`,
    `  curl -s ${url}/v1/search${tenant}${key} -H 'Content-Type: application/json' -d '{"query":"How are tenants kept apart?","topK":3}'`,
    '',
  ];
}

/** Beside the sources, or beside the folder that they were built into. */
function findDocs(): string {
  const places = ['../docs', '../../docs'].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    throw new BraidError(
      'docs_missing',
      `Cannot find Braid's own docs for --quick-start: no folder ${places[0]}`,
    );
  }
  return found;
}
