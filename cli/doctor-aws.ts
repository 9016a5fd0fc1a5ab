import type { Config } from '../config.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { credentialsAdvice } from './credentials-failure.ts';
import { type Check, failedCheck } from './doctor-check.ts';

/** The check of the AWS credentials, and whose they are, for the checks of what is signed with them. */
export interface AwsCheck {
  readonly check: Check;
  readonly identity?: AwsIdentity;
}

/** Looks whose the AWS credentials are; undefined where nothing that is configured is signed with them. */
export async function checkAws(config: Config): Promise<AwsCheck | undefined> {
  const endpoints = signedEndpoints(config);
  if (endpoints.length === 0) return undefined;
  const { CredentialsRefused, findAwsIdentity } = await import('./aws-identity.ts');
  const region = config.bedrock.region ?? config.s3.region;
  const { endpoint } = config.sts;
  const name = 'aws';
  try {
    const identity = await findAwsIdentity({
      // Another server's keys are nothing that AWS knows, and nothing that it should see.
      asksSts: endpoint !== undefined || endpoints.some(isOfAws),
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
    });
    const { accessKey, source, unreached } = identity;
    const key = `access key ${accessKey} from ${source}`;
    const without =
      unreached === undefined ? '' : `; STS, which knows whose it is, does not answer (${unreached})`;
    return { check: { name, ok: true, detail: `${key}${without}`, ...accountOf(identity) }, identity };
  } catch (error) {
    const advice = error instanceof CredentialsRefused ? error.advice : credentialsAdvice;
    return { check: failedCheck(name, error, advice) };
  }
}

/** As whom and where, for a check of something that is signed with the AWS credentials. */
export function accountOf(
  identity: AwsIdentity | undefined,
  region = identity?.region,
): Pick<Check, 'identity' | 'region'> {
  const whom = identity?.arn ?? (identity && `the owner of access key ${identity.accessKey}`);
  return {
    ...(whom !== undefined && { identity: whom }),
    ...(region !== undefined && { region }),
  };
}

/** The endpoints of all that is signed with the AWS credentials; undefined stands for AWS's own. */
function signedEndpoints(config: Config): (string | undefined)[] {
  const { models, guardrails, tenants, bedrock, s3, opensearch, objects, feeds } = config;
  const ofTenants = Object.values(tenants).map((tenant) => tenant.guardrails);
  const guards = [guardrails, ...ofTenants].map((guard) => (typeof guard === 'object' ? guard.model : ''));
  const ids = [models.embedding, models.language, ...guards];
  const isRerankedThere = models.reranking.length > 0;
  return [
    ...(isRerankedThere && bedrock.rerankBy === 'rerank' ? [bedrock.agentEndpoint] : []),
    ...(isRerankedThere || ids.some((id) => id.startsWith('bedrock/')) ? [bedrock.endpoint] : []),
    ...(objects.location.startsWith('s3://') || feeds.buckets.length > 0 ? [s3.endpoint] : []),
    ...(config.engine === 'opensearch' && opensearch.sigv4 !== undefined ? [undefined] : []),
  ];
}

function isOfAws(endpoint: string | undefined): boolean {
  return endpoint === undefined || /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(new URL(endpoint).hostname);
}
