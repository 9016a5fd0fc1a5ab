// A process of its own that writes to an index until it is told to stop, or killed. Arguments: folder, name of the
// writer, number of writes (0: no end). Prints `ready`, then a line for each write: `stored <documentId> <version>`,
// `error <class> <message>` where one fails.
import { createSqliteEngine } from '../../../search-engine/sqlite/create-sqlite-engine.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import { buildWrite } from '../document-builder.ts';
import { scopes } from '../scopes.ts';

const [folder = '', name = '', count = '0'] = process.argv.slice(2);
const dimensions = 8;
const distinctDocuments = 7;
const scope = scopes.operator('shared');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(error: unknown): void {
  const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
  say(`error ${kind} ${message.replaceAll('\n', ' ')}`);
}

try {
  const engine = await createSqliteEngine({
    folder,
    embedding: { modelId: 'test/model', dimensions },
    readers: 1,
    telemetry: silentTelemetry,
  });
  say('ready');
  for (let at = 1; count === '0' || at <= Number(count); at += 1) {
    const documentId = `${name}-${at % distinctDocuments}`;
    const stored = await engine.documents.record(scope, documentId);
    // Chunks come and go, some stay the same, all of one version carry its word.
    const chunks = Array.from({ length: 1 + (at % 5) }, (_, ordinal) => ({
      text: ordinal % 2 === 0 ? `chunk ${ordinal} of version${at}` : `chunk ${ordinal} of every version`,
      context: `version${at}`,
    }));
    const sketch = { documentId, version: BigInt(at), chunks, title: `title${at}`, metadata: { at } };
    try {
      await engine.documents.replace(scope, buildWrite('shared', sketch, dimensions, stored?.revision));
      say(`stored ${documentId} ${at}`);
    } catch (error) {
      complain(error);
    }
  }
  await engine.close();
} catch (error) {
  complain(error);
}
