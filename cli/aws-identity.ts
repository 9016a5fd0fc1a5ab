import { Agent as PlainAgent } from 'node:http';
import { Agent } from 'node:https';
import { GetCallerIdentityCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { credentialsAdvice, explainCredentials } from './credentials-failure.ts';

export interface AwsIdentityOptions {
  /** Of STS. @default the region's */
  readonly endpoint?: string;
  /** @default what the SDK finds */
  readonly region?: string;
  /** False: STS is not asked, since the credentials are those of another server than AWS. */
  readonly asksSts: boolean;
}

/** As whom requests to AWS are signed, as far as that is known. */
export interface AwsIdentity {
  /** The last four characters of the access key. */
  readonly accessKey: string;
  /** Where the credentials come from, in words. */
  readonly source: string;
  readonly region?: string;
  readonly arn?: string;
  readonly accountId?: string;
  /** Why STS did not say; it may be refused where the rest works. */
  readonly unreached?: string;
}

/** STS or the credentials say no: nothing that is signed with them will work. */
export class CredentialsRefused extends Error {
  override readonly name = 'CredentialsRefused';
  /** What to do about it. */
  readonly advice: string;

  constructor(why: string, advice: string, cause: unknown) {
    super(`Cannot sign requests to AWS: ${why}`, { cause });
    this.advice = advice;
  }
}

const timeoutMs = 3_000;

/** By what the SDK notes with credentials, the more telling first. */
const sources: readonly (readonly [RegExp, string])[] = [
  [/^CREDENTIALS_(PROFILE_)?SSO/, 'single sign-on'],
  [/WEB_ID/, 'a web identity'],
  [/ASSUME_ROLE/, 'a role that a profile assumes'],
  [/PROCESS$/, 'the process that a profile names'],
  [/LOGIN$/, 'a sign-in on the command line'],
  [/^CREDENTIALS_HTTP$/, 'the role of the container'],
  [/^CREDENTIALS_IMDS$/, 'the role of the machine'],
  [/^CREDENTIALS_PROFILE/, 'a profile'],
  [/^CREDENTIALS_ENV_VARS$/, 'environment variables'],
];

const refusals: Readonly<Record<string, string>> = {
  ExpiredToken: 'the AWS credentials have expired; sign in again or renew the session token',
  ExpiredTokenException: 'the AWS credentials have expired; sign in again or renew the session token',
  InvalidClientTokenId: 'AWS does not know the access key or its session token',
  UnrecognizedClientException: 'AWS does not know the access key or its session token',
  SignatureDoesNotMatch:
    'AWS refuses the signature; check the secret access key and the clock of this machine',
  InvalidSignatureException: 'AWS refuses the signature; check the secret access key and the clock',
};

/**
 * Finds the credentials of the SDK's default chain, and asks STS whose they are.
 * @throws {CredentialsRefused} where there are none, or they are not accepted
 */
export async function findAwsIdentity(options: AwsIdentityOptions): Promise<AwsIdentity> {
  const { endpoint, region } = options;
  const chain: string[] = [];
  const client = new STSClient({
    logger: chainLogger(chain),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      httpAgent: new PlainAgent(),
      httpsAgent: new Agent(),
    }),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  });
  try {
    const credentials = await client.config.credentials().catch((error: unknown) => {
      throw withoutCredentials(error, chain);
    });
    const foundRegion = await client.config.region().catch(() => undefined);
    const known = {
      accessKey: `…${credentials.accessKeyId.slice(-4)}`,
      source: sourceOf(credentials),
      ...(credentials.accountId !== undefined && { accountId: credentials.accountId }),
      ...(foundRegion !== undefined && { region: foundRegion }),
    };
    if (!options.asksSts) return known;
    try {
      const { Arn: arn, Account: accountId } = await client.send(new GetCallerIdentityCommand(), {
        abortSignal: AbortSignal.timeout(timeoutMs),
      });
      return { ...known, ...(arn !== undefined && { arn }), ...(accountId !== undefined && { accountId }) };
    } catch (error) {
      if (error instanceof Error && Object.hasOwn(refusals, error.name)) throw refused(error);
      return { ...known, unreached: error instanceof Error ? error.message || error.name : String(error) };
    }
  } finally {
    client.destroy();
  }
}

function refused(error: unknown): CredentialsRefused {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const why = refusals[name] ?? message;
  return new CredentialsRefused(why, credentialsAdvice, error);
}

function withoutCredentials(error: unknown, chain: readonly string[]): CredentialsRefused {
  if (!(error instanceof Error) || Object.hasOwn(refusals, error.name)) return refused(error);
  const { why, advice } = explainCredentials(error, chain);
  return new CredentialsRefused(why, advice, error);
}

/**
 * Keeps why each link of the SDK's chain gave no credentials: where a later one follows, its error tells only that none
 * did. What else the SDK logs may hold credentials and is dropped.
 */
function chainLogger(chain: string[]): NonNullable<STSClientConfig['logger']> {
  const drop = () => {};
  return {
    debug: (...content: readonly unknown[]) => {
      const line = /^@smithy\/property-provider (?:->|\(!\)) ([\s\S]*)$/.exec(String(content[0]))?.[1];
      if (line !== undefined) chain.push(line);
    },
    trace: drop,
    info: drop,
    // Of settings that contradict each other.
    warn: (...content: readonly unknown[]) => process.emitWarning(String(content[0])),
    error: drop,
  };
}

function sourceOf(credentials: object): string {
  const noted = '$source' in credentials ? Object.keys(credentials.$source ?? {}) : [];
  for (const [form, source] of sources) {
    if (noted.some((name) => form.test(name))) return source;
  }
  return 'the default chain of the AWS SDK';
}
