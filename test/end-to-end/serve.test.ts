import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killAfterTest, temporaryFolder } from './clean-up.ts';
import { writeCorpus } from './corpus.ts';
import { type RunningProgram, runJson, runProgram, startProgram } from './program.ts';

/** Starts `serve` on a free port and returns its address once it answers. */
async function startServing(
  data: string,
  ...more: string[]
): Promise<{ url: string; program: RunningProgram }> {
  const program = killAfterTest(startProgram(['serve', '--port', '0', '--data', data, '--json', ...more]));
  const [, url] = await program.printed(/"url": "([^"]+)"/);
  return { url: url!, program };
}

async function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function documentIds(url: string): Promise<string[]> {
  const response = await post(`${url}/v1/search`, { query: 'basin', collapse: 'document' });
  const { results } = (await response.json()) as { results: { documentId: string }[] };
  return results.map(({ documentId }) => documentId).toSorted();
}

describe('serve', () => {
  it('answers what the command line took in, and ends within 10 s of SIGTERM', async () => {
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    await runJson(['ingest', writeCorpus(folder), '--data', data]);
    const { url, program } = await startServing(data);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await documentIds(url)).toContain('handbook/harbour.md');
    const answer = await post(`${url}/v1/answer`, { question: 'What closes the outer basin?' });
    expect(await answer.json()).toMatchObject({ abstained: false });

    const stoppedAt = performance.now();
    program.child.kill('SIGTERM');
    const { status, stdout } = await program.ended;
    expect(status).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    expect(JSON.parse(stdout)).toEqual({ url });
  });

  it('has every acknowledged document after kill -9 and a restart', async () => {
    const data = join(temporaryFolder(), 'data');
    const first = await startServing(data);
    const ids = ['a', 'b/c', 'd e'];
    for (const id of ids) {
      const response = await fetch(`${first.url}/v1/documents/${encodeURIComponent(id)}?wait=stored`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: `The basin of ${id} is deep.` }),
      });
      expect(response.status).toBeLessThan(300);
    }
    first.program.child.kill('SIGKILL');
    await first.program.ended;
    const second = await startServing(data);
    expect(await documentIds(second.url)).toEqual(ids);
  });

  it('does later what it accepted before kill -9', async () => {
    const data = join(temporaryFolder(), 'data');
    const first = await startServing(data);
    const accepted = await fetch(`${first.url}/v1/documents/later`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: 'The basin is deep.' }),
    });
    expect(accepted.status).toBe(202);
    first.program.child.kill('SIGKILL');
    await first.program.ended;
    const second = await startServing(data);
    await expect.poll(() => documentIds(second.url), { timeout: 20_000 }).toEqual(['later']);
  });

  it('accounts on /metrics for each change event that it took', async () => {
    const { url } = await startServing(join(temporaryFolder(), 'data'));
    const change = (documentId: string, version: string) =>
      JSON.stringify({ operation: 'upsert', source: 's', documentId, version, content: 'A deep basin.' });
    const lines = [change('a', '2'), change('a', '1'), change('b', '1'), '{"operation":"upsert",'];
    for (let time = 0; time < 2; time += 1) {
      const taken = await fetch(`${url}/v1/changes`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: lines.join('\n'),
      });
      expect((await taken.text()).trim().split('\n')).toHaveLength(lines.length);
    }
    const counters = (await (await fetch(`${url}/metrics`)).text())
      .split('\n')
      .filter((line) => /^braid_feed_(accepted|events)_total/.test(line));
    expect(counters.toSorted()).toEqual([
      'braid_feed_accepted_total 8',
      'braid_feed_events_total{outcome="dead_lettered",reason="malformed"} 2',
      'braid_feed_events_total{outcome="indexed"} 2',
      'braid_feed_events_total{outcome="stale"} 4',
    ]);
  });

  it('says in one line that its port is in use', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const data = join(temporaryFolder(), 'data');
    const { status, stdout, stderr } = await runProgram(['serve', '--port', `${port}`, '--data', data]);
    holder.close();
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      `error: Cannot listen on 127.0.0.1:${port}: the port is in use; choose another with --port, or 0 for any that is free\n`,
    );
  });

  it('refuses an address that others could reach', async () => {
    const data = join(temporaryFolder(), 'data');
    const { status, stderr } = await runProgram([
      'serve',
      '--host',
      '0.0.0.0',
      '--port',
      '0',
      '--data',
      data,
    ]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: Cannot listen on "0\.0\.0\.0" without authentication.*\n$/);
  });
});
