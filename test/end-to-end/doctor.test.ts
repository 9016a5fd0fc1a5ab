import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../cli/doctor-check.ts';
import { standInGuardrail } from '../servers/bedrock/apply-guardrail.ts';
import { type BedrockStandIn, standInKeys, startBedrock } from '../servers/bedrock/bedrock.ts';
import { freePort } from '../servers/free-port.ts';
import { describeWithS3, s3Credentials, startS3 } from '../servers/s3.ts';
import { type StsStandIn, startSts } from '../servers/sts.ts';
import { runProgram } from './program.ts';

const arn = 'arn:aws:sts::123456789012:assumed-role/braid/doctor';
const key = { secretAccessKey: s3Credentials.secretAccessKey };
const keys = new Map([...standInKeys, [s3Credentials.accessKeyId, key] as const]);
const s3 = await startS3();
afterAll(() => s3?.stop());

let bedrock: BedrockStandIn;
let sts: StsStandIn;
let folder: string;

beforeAll(async () => {
  bedrock = await startBedrock({ keys });
  sts = await startSts(keys, arn);
  folder = mkdtempSync(join(tmpdir(), 'braid-doctor-'));
});
afterAll(async () => {
  sts.close();
  await bedrock.close();
  rmSync(folder, { recursive: true, force: true });
});

async function doctor(environment: Readonly<Record<string, string>>) {
  const { status, stdout } = await runProgram(['doctor', '--json'], {
    cwd: folder,
    environment: {
      ...bedrock.environment,
      BRAID_DATA: join(folder, 'data'),
      BRAID_MODELS_LANGUAGE: 'bedrock/amazon.nova-lite-v1:0',
      ...environment,
    },
  });
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { status, stdout, check: (name: string) => checks.find((check) => check.name === name) };
}

const guardrail = (id: string) => JSON.stringify({ model: `bedrock/${id}:1` });

describeWithS3('doctor, with everything at AWS', s3, (server) => {
  it('says for each part as whom and in which Region it is reached', async () => {
    const bucket = await server.createBucket();
    const { status, check } = await doctor({
      ...server.environment,
      BRAID_STS_ENDPOINT: sts.url,
      BRAID_OBJECTS_LOCATION: `s3://${bucket}/braid`,
      BRAID_INVOCATION_LOG_ENABLED: 'true',
      BRAID_GUARDRAILS: guardrail(standInGuardrail.id),
    });
    const detail = `access key …${s3Credentials.accessKeyId.slice(-4)} from environment variables`;
    expect(check('aws')).toEqual({ name: 'aws', ok: true, detail, identity: arn, region: bedrock.region });
    for (const name of ['models: language', 'guardrail']) {
      expect(check(name)).toMatchObject({ ok: true, identity: arn, region: bedrock.region });
    }
    expect(check('objects')).toMatchObject({ ok: true, identity: arn, region: server.region });
    expect(check('engine')).toMatchObject({ ok: true });
    expect(status).toBe(0);
  });
});

describe('doctor', () => {
  it('names the access key where STS does not answer, which is no failure', async () => {
    const { status, check } = await doctor({ BRAID_STS_ENDPOINT: `http://127.0.0.1:${await freePort()}` });
    expect(check('aws')).toMatchObject({
      ok: true,
      detail: expect.stringMatching(
        /^access key …NDIN from environment variables; STS.* does not answer \(.*ECONNREFUSED/,
      ),
      identity: 'the owner of access key …NDIN',
    });
    expect(status).toBe(0);
  });

  it('does not show AWS the keys of another server', async () => {
    const before = sts.requests();
    const { check } = await doctor({ AWS_ENDPOINT_URL_STS: sts.url });
    expect(check('aws')).toMatchObject({ ok: true, detail: 'access key …NDIN from environment variables' });
    expect(sts.requests()).toBe(before);
  });

  it('tells expired credentials, and what to do', async () => {
    const expired = {
      AWS_ACCESS_KEY_ID: 'ASIAEXPIRED',
      AWS_SESSION_TOKEN: 'stale',
      BRAID_STS_ENDPOINT: sts.url,
    };
    const { status, stdout, check } = await doctor(expired);
    expect(status).toBe(1);
    expect(check('aws')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('have expired'),
      advice: expect.stringContaining('AWS_PROFILE'),
    });
    expect(stdout).not.toContain('stand-in-secret');
  });

  it('tells a single sign-on that has expired, and what to run', async () => {
    const config = join(folder, 'aws-config');
    const profile =
      'sso_start_url = https://sso.invalid/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = reader';
    writeFileSync(config, `[profile braid]\n${profile}\n`);
    const { status, check } = await doctor({
      HOME: folder,
      AWS_CONFIG_FILE: config,
      AWS_PROFILE: 'braid',
      AWS_ACCESS_KEY_ID: '',
    });
    expect(status).toBe(1);
    expect(check('aws')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('there is no single sign-on session'),
      advice: 'Run: aws sso login --profile "$AWS_PROFILE"',
    });
    expect(check('models: language')?.detail).toContain('aws sso login');
  });

  it('tells a guardrail that is not there, and what to do', async () => {
    const { status, check } = await doctor({ BRAID_GUARDRAILS: guardrail('nosuch') });
    expect(status).toBe(1);
    expect(check('models: language')).toMatchObject({ ok: true });
    expect(check('guardrail')).toMatchObject({
      ok: false,
      advice: expect.stringContaining('bedrock:ApplyGuardrail'),
    });
  });

  it('looks for no AWS credentials where nothing needs them', async () => {
    const { check } = await doctor({ BRAID_MODELS_LANGUAGE: 'local/extractive' });
    expect(check('aws')).toBeUndefined();
  });
});
