import { defineConfig } from 'vitest/config';

/** As main.ts has it, which says why: the tests start thousands of threads. */
const execArgv = ['--wasm-tiering-budget=2000000000', '--wasm-wrapper-tiering-budget=1000000000'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          execArgv,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.integration.test.ts', 'test/end-to-end/**'],
          // Milliseconds each, but for those that are the first to compile a large library on a busy machine.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          execArgv,
          include: ['test/**/*.integration.test.ts'],
          globalSetup: ['test/servers/opensearch-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'end-to-end',
          execArgv,
          include: ['test/end-to-end/**/*.test.ts'],
          globalSetup: ['test/servers/opensearch-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
