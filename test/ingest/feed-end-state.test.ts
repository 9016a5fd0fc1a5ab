import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { describeFeedEndState } from './feed-suite.ts';
import { standInModel } from './feed-under-test.ts';

/** A larger number makes the measurement of the documentation. */
const models = Number(process.env.BRAID_FEED_RUNS ?? 50);

describeFeedEndState(
  'sqlite',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'braid-feed-'));
    const adapter = await createSqliteEngine({
      folder,
      embedding: { modelId: standInModel.id, dimensions: standInModel.dimensions },
      telemetry: silentTelemetry,
    });
    return {
      documents: adapter.documents,
      state: adapter.state,
      async close() {
        await adapter.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
  { models, faults: 200, letters: 50, crashEvery: models > 50 ? 1 : 2 },
);
