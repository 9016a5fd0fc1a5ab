import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { startOpenSearch } from '../servers/opensearch.ts';
import { writeManyDocuments } from './corpus.ts';
import { ingestKilled, ingestUndisturbed } from './interrupted-ingest.ts';
import type { ProgramOptions } from './program.ts';
import { removeIndices } from './remove-indices.ts';

/**
 * Kills an ingest at random moments (kill -9), twenty times on each engine, runs it again, and compares
 * `documents list --json` with that of an undisturbed run:
 * `node test/end-to-end/kill.ts [--rounds 20] [--engine sqlite] [--documents 60]`. Ends with status 1 where one differs.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    documents: { type: 'string', default: '60' },
    engine: { type: 'string', multiple: true, default: ['sqlite', 'opensearch'] },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'braid-kill-'));
let differing = 0;
try {
  const corpus = writeManyDocuments(folder, Number(values.documents));
  if (values.engine.includes('sqlite')) {
    await killRounds('sqlite', corpus, (name) => ({ environment: { BRAID_DATA: join(folder, name) } }));
  }
  if (values.engine.includes('opensearch')) {
    const server = await startOpenSearch({ onProgress: (line) => console.error(line) });
    if (server.how === 'none') throw new Error(`There is ${server.advice}`);
    const prefix = `braid-kill-${process.pid}`;
    try {
      await killRounds('opensearch', corpus, (name) => ({
        environment: {
          BRAID_ENGINE: 'opensearch',
          OPENSEARCH_URL: server.url,
          BRAID_OPENSEARCH_INDEX_PREFIX: `${prefix}-${name}`,
        },
      }));
    } finally {
      await removeIndices(server.url, prefix);
      await server.stop();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = differing > 0 ? 1 : 0;

async function killRounds(
  engine: string,
  corpus: string,
  optionsOf: (name: string) => ProgramOptions,
): Promise<void> {
  const undisturbed = await ingestUndisturbed(corpus, optionsOf('undisturbed'));
  console.log(
    `${engine}: undisturbed, ${undisturbed.listing.documents.length} documents in ${Math.round(undisturbed.untilFirstMs + undisturbed.workMs)} ms`,
  );
  for (let at = 1; at <= Number(values.rounds); at += 1) {
    const { listing, round } = await ingestKilled(corpus, optionsOf(`killed-${at}`), undisturbed);
    const isEqual = isDeepStrictEqual(listing, undisturbed.listing);
    if (!isEqual) differing += 1;
    console.log(
      `${engine} ${at}: ${round.wasKilled ? 'killed' : 'done'} after ${round.killedAfterMs} ms with ${round.storedBefore} documents stored; ${isEqual ? 'equal' : 'DIFFERENT'}`,
    );
  }
}
