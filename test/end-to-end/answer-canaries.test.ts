import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningProgram, startProgram } from './program.ts';

/** What is said in questions and documents stands in no log line, metric or problem, at debug, guardrails included. */

const canaries = [
  'zanzibar-kestrel',
  'kestrel.anna@example.com',
  '4111 1111 1111 1111',
  'quokkaword',
] as const;
const [secret, email, card, denied] = canaries;
const guardrails = {
  input: { sensitiveInformation: { card: 'block', email: 'mask' }, words: [denied] },
  output: { sensitiveInformation: { email: 'mask', card: 'mask' } },
};

describe('canaries', () => {
  let folder: string;
  let program: RunningProgram;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'braid-canaries-'));
    program = startProgram(['serve', '--data', folder], {
      cwd: folder,
      environment: {
        BRAID_LOG_LEVEL: 'debug',
        BRAID_SERVER_PORT: '0',
        BRAID_GUARDRAILS: JSON.stringify(guardrails),
      },
    });
    url = (await program.printed(/http:\/\/[\d.:]+/))[0];
    const content = `The launch code of the ${secret} project is kept by ${email} and paid by card ${card} every month.`;
    await fetch(`${url}/v1/documents/launch?wait=searchable`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ content, mediaType: 'text/plain' }),
    });
  }, 90_000);

  afterAll(async () => {
    program.child.kill('SIGTERM');
    await program.ended;
    await rm(folder, { recursive: true, force: true });
  }, 30_000);

  const ask = async (body: object, accept = 'application/json') => {
    const response = await fetch(`${url}/v1/answer`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: accept },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };

  it('are in the answer only as far as they may be', async () => {
    const question = `Who keeps the launch code of the ${secret} project?`;
    const { status, text } = await ask({ question, sessionId: 'new' });
    expect(status).toBe(200);
    const reply = JSON.parse(text);
    expect(reply.answer.text).toContain('{EMAIL}');
    expect(JSON.stringify([reply.answer, reply.citations, reply.guardrails])).not.toMatch(
      /kestrel\.anna|4111/,
    );
    const stream = await ask({ question }, 'text/event-stream');
    const said = [...stream.text.matchAll(/^event: text\ndata: (.*)$/gm)].map(
      (event) => JSON.parse(event[1]!).text,
    );
    expect(said.join('')).toBe(reply.answer.text);
  });

  it('stop a question before anything is searched for', async () => {
    for (const question of [`Charge ${card} now`, `What is ${denied}?`]) {
      const { text } = await ask({ question, sessionId: 'new' });
      const reply = JSON.parse(text);
      expect(reply).toMatchObject({ endReason: 'guardrail_intervened', passages: [], usage: [] });
      expect(reply.guardrails).toMatchObject([{ side: 'input', action: 'blocked' }]);
      expect(text).not.toContain(card);
      expect(text).not.toContain(denied);
    }
  });

  it('are in no log line, metric or problem', async () => {
    const problems = await Promise.all([
      ask({ question: secret, passages: 0 }),
      ask({ question: secret, search: { filter: { equals: { key: 1, value: email } } } }),
      ask({ question: `${secret} ${email}`, sessionId: 'unknown' }),
      ask({ question: `${secret} ${card} `.repeat(400) }),
    ]);
    expect(problems.map(({ status }) => status)).toEqual([400, 400, 404, 400]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const told = [program.stdout(), program.stderr(), metrics, ...problems.map(({ text }) => text)].join(
      '\n',
    );
    for (const canary of canaries) expect(told).not.toContain(canary);
    expect(program.stderr()).toContain('Served a request');
  });
});
