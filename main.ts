#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

// From Node 22.18 on, TypeScript runs as it is; an older one gets here only in the built form, or with a flag of its own.
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `error: Cannot run on Node ${process.versions.node}: Braid needs 22.18 or newer. ` +
      'On Linux and Windows "npm ci" brings Node 24 and every npm script uses it (npm start, npm run -s braid -- help); ' +
      'elsewhere install Node 24 from nodejs.org\n',
  );
  process.exitCode = 1;
} else {
  // Node reads TypeScript by WebAssembly, in each thread anew. Where V8 swaps that code for faster code it may free what
  // it no longer knows and end the process ("Check failed: jit_page.has_value()", nodejs/node#64500): it is not swapped.
  setFlagsFromString('--wasm-tiering-budget=2000000000');
  setFlagsFromString('--wasm-wrapper-tiering-budget=1000000000');
  // Imported only now: on an older Node the modules behind it would fail first, less kindly.
  const { runCommandLine } = await import('./cli/run-command-line.ts');
  process.exitCode = await runCommandLine(process.argv.slice(2));
}
