import { spawn } from 'node:child_process';
import { startBedrock } from './bedrock.ts';

/**
 * Runs a command beside a stand-in for Bedrock, with the stand-in's address and credentials in its environment:
 * `node test/servers/bedrock/with-bedrock.ts node main.ts bench relevance …`
 */
const [command, ...given] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write('Expected a command to run beside the stand-in for Bedrock\n');
  process.exit(2);
}
const bedrock = await startBedrock();
process.stderr.write(`stand-in for Bedrock on ${bedrock.url}\n`);
const child = spawn(command, given, { stdio: 'inherit', env: { ...process.env, ...bedrock.environment } });
child.on('exit', async (code) => {
  await bedrock.close();
  process.exit(code ?? 1);
});
