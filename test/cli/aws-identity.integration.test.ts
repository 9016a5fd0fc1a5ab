import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CredentialsRefused, findAwsIdentity } from '../../cli/aws-identity.ts';

const keyId = 'AKIAABCDEFGHIJKLMNOP';
const password = 'hunter2-in-the-command';
const singleSignOn = 'sso_account_id = 123456789012\nsso_role_name = reader';
const startUrl = (name: string) => `https://${name}.invalid/start`;
const legacy = (name: string) =>
  `[profile ${name}]\nsso_start_url = ${startUrl(name)}\nsso_region = eu-west-1\n${singleSignOn}`;
const session = (name: string) =>
  `[profile ${name}]\nsso_session = ${name}\n${singleSignOn}\n[sso-session ${name}]\nsso_start_url = ${startUrl(name)}\nsso_region = eu-west-1`;

const configuration = [
  legacy('legacy-expired'),
  legacy('legacy-missing'),
  legacy('legacy-valid'),
  session('session-expired'),
  session('session-missing'),
  `[profile session-unknown]\nsso_session = nowhere\n${singleSignOn}`,
  '[profile sso-half]\nsso_start_url = https://half.invalid/start\nsso_region = eu-west-1\nsso_account_id = 123456789012',
  `[profile process-fails]\ncredential_process = sh -c 'echo "${keyId} is locked" >&2; exit 3' -- --password ${password}`,
  `[profile process-silent]\ncredential_process = sh -c 'exit 3' -- --password ${password}`,
  '[profile process-no-json]\ncredential_process = echo no',
  '[profile process-expired]\ncredential_process = echo \'{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"2020-01-01T00:00:00Z"}\'',
  '[profile login]\nlogin_session = arn:aws:iam::123456789012:user/somebody',
  '[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/x\nmfa_serial = arn:aws:iam::123456789012:mfa/x\nsource_profile = static',
  `[profile static]\naws_access_key_id = ${keyId}\naws_secret_access_key = abc`,
  '[profile source-missing]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = gone',
  '[profile empty]\noutput = json',
].join('\n');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-aws-'));
  const cache = join(folder, '.aws', 'sso', 'cache');
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(folder, '.aws', 'config'), configuration);
  const expired = '2020-01-01T00:00:00Z';
  for (const [key, expiresAt] of [
    [startUrl('legacy-expired'), expired],
    ['session-expired', expired],
    [startUrl('legacy-valid'), '2120-01-01T00:00:00Z'],
  ] as const) {
    const token = { accessToken: 'sso-token-secret', expiresAt };
    writeFileSync(join(cache, `${createHash('sha1').update(key).digest('hex')}.json`), JSON.stringify(token));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

/** Runs the real SDK over the folder, with no network: what it finds is refused before it asks anybody. */
async function refusalOf(profile: string | undefined): Promise<CredentialsRefused> {
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_PROFILE', profile);
  for (const name of [
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
  ]) {
    vi.stubEnv(name, undefined);
  }
  const error: unknown = await findAwsIdentity({ asksSts: false, region: 'eu-west-1' }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof CredentialsRefused)) throw new Error(`Expected a refusal, got ${String(error)}`);
  return error;
}

describe('findAwsIdentity', () => {
  it.each([
    ['legacy-expired', 'session has expired', 'aws sso login --profile "$AWS_PROFILE"'],
    ['legacy-missing', 'token is missing', 'aws sso login --profile "$AWS_PROFILE"'],
    ['session-expired', 'session has expired', 'aws sso login --profile "$AWS_PROFILE"'],
    ['session-missing', 'token is missing', 'aws sso login --profile session-missing'],
    ['session-unknown', 'sso_session that the AWS configuration does not have', 'aws configure sso'],
    ['sso-half', 'not set up whole (Profile is configured with invalid SSO', 'aws configure sso'],
    ['process-fails', 'credential process of the profile failed, saying: *** is locked', 'by hand'],
    ['process-silent', 'credential process of the profile failed', 'by hand'],
    ['process-no-json', 'gave no credentials (Profile process-no-json', 'what it prints'],
    ['process-expired', 'returned expired credentials', 'what it prints'],
    ['login', 'sign-in on the command line', 'aws login --profile "$AWS_PROFILE"'],
    ['mfa', 'profile mfa asks for a code', 'single sign-on'],
    ['nowhere', 'profile nowhere, which AWS_PROFILE leads to, is in no AWS', 'list-profiles'],
    ['source-missing', 'profile gone, which AWS_PROFILE leads to, is not there', 'list-profiles'],
    ['empty', 'profile empty, which AWS_PROFILE leads to, is not there or holds no', 'list-profiles'],
    [undefined, 'no AWS credentials were found', 'Set AWS_PROFILE'],
  ])('tells profile %s by what it is, and what to do', async (profile, why, advice) => {
    const { message, advice: given } = await refusalOf(profile);
    expect(message).toContain(`Cannot sign requests to AWS: `);
    expect(message).toContain(why);
    expect(given).toContain(advice);
    for (const secret of [keyId, password, 'sso-token-secret']) expect(message).not.toContain(secret);
  });

  it.each([
    [401, 'UnauthorizedException', 'session is not accepted any more', 'aws sso login'],
    [403, 'ForbiddenException', 'no access to the role of the profile', 'sso_role_name'],
  ])('tells what the server of single sign-on says with %i', async (status, name, why, advice) => {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': name });
      response.end('{"message":"no"}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      vi.stubEnv('AWS_ENDPOINT_URL_SSO', `http://127.0.0.1:${port}`);
      const { message, advice: given } = await refusalOf('legacy-valid');
      expect(message).toContain(why);
      expect(given).toContain(advice);
    } finally {
      server.close();
    }
  });
});
