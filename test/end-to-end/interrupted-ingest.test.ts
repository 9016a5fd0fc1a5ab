import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IngestReport } from '../../domain/ingest.ts';
import { killAfterTest, temporaryFolder } from './clean-up.ts';
import { writeManyDocuments } from './corpus.ts';
import { firstDocument, ingestKilled, ingestUndisturbed } from './interrupted-ingest.ts';
import { runJson, startProgram } from './program.ts';

const rounds = 3;
const documents = 30;

describe('an ingest that is interrupted', () => {
  it('ends in the same index as an undisturbed one after kill -9 and another run', async () => {
    const folder = temporaryFolder();
    const corpus = writeManyDocuments(folder, documents);
    const inData = (name: string) => ({ environment: { BRAID_DATA: join(folder, name) } });
    const undisturbed = await ingestUndisturbed(corpus, inData('undisturbed'));
    expect(undisturbed.listing.documents).toHaveLength(documents);
    for (let at = 0; at < rounds; at += 1) {
      const { listing, round } = await ingestKilled(corpus, inData(`killed-${at}`), undisturbed);
      expect(listing, JSON.stringify(round)).toEqual(undisturbed.listing);
    }
  });

  it('stops cleanly at Ctrl-C and goes on where it stopped', async () => {
    const folder = temporaryFolder();
    const corpus = writeManyDocuments(folder, documents);
    const options = { environment: { BRAID_DATA: join(folder, 'data') } };
    const program = killAfterTest(startProgram(['ingest', corpus, '--verbose'], options));
    await firstDocument(program);
    program.child.kill('SIGINT');
    const { status, stdout, stderr } = await program.ended;
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    const [, done] = /^error: Interrupted after (\d+) documents/m.exec(stderr)!;
    const { documents: counts } = await runJson<IngestReport>(['ingest', corpus], options);
    // One in work at the signal may have been stored after it was counted.
    expect(counts.unchanged).toBeGreaterThanOrEqual(Number(done));
    expect(counts.indexed).toBeGreaterThan(0);
    expect(counts.unchanged + counts.indexed).toBe(documents);
  });
});
