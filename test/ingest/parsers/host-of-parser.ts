import { readFileSync } from 'node:fs';
import { createParser } from '../../../ingest/parse.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';

/** Parses a document that takes a minute, tells the id of the process that does, and waits to be killed. */
const parser = createParser(
  { processes: 1, maxMemoryBytes: 1_000_000_000, timeoutMs: 60_000, maxDocumentBytes: 10_000_000 },
  silentTelemetry,
);
parser.parse({ name: 'a.md', content: '*a '.repeat(1_000_000) }).catch(() => process.exit(1));
setTimeout(() => {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  process.send?.(Number.parseInt(children, 10));
}, 1_500);
