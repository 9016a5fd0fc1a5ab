import {
  BraidError,
  InvalidConfiguration,
  type ObjectFailureReason,
  ObjectStoreFailure,
} from '../../domain/errors.ts';

/** What errors of the SDK carry beside their name and message. */
interface ServiceError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly Region?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

interface Verdict {
  readonly reason: ObjectFailureReason;
  readonly advice: string;
}

const missingCredentials: Verdict = {
  reason: 'no_credentials',
  advice:
    'no AWS credentials were found; set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role',
};
const expired: Verdict = {
  reason: 'expired_credentials',
  advice: 'the AWS credentials have expired; sign in again or renew the session token',
};
const signedOut: Verdict = {
  reason: 'expired_credentials',
  advice:
    'the sign-in that the AWS credentials come from has expired or is missing; sign in again with "aws sso login" or "aws login"',
};
const invalid: Verdict = {
  reason: 'invalid_credentials',
  advice: 'the AWS credentials are not accepted; check the access key, its secret and the session token',
};
const denied: Verdict = {
  reason: 'access_denied',
  advice:
    "access is denied; check the identity's policy, the bucket's and, where it is encrypted, the KMS key's",
};
const unavailable: Verdict = {
  reason: 'unavailable',
  advice: 'S3 did not answer as it should, try again later',
};

/** By the name of the error, which is S3's code. */
const verdicts: Readonly<Record<string, Verdict>> = {
  CredentialsProviderError: missingCredentials,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  InvalidAccessKeyId: invalid,
  InvalidClientTokenId: invalid,
  InvalidToken: invalid,
  SignatureDoesNotMatch: invalid,
  AccessDenied: denied,
  AllAccessDisabled: denied,
  AccountProblem: denied,
  'KMS.DisabledException': denied,
  'KMS.NotFoundException': denied,
  'KMS.KMSInvalidStateException': denied,
  InvalidObjectState: {
    reason: 'archived',
    advice: 'the object is in an archive class; restore it first',
  },
  NoSuchBucket: {
    reason: 'no_such_bucket',
    advice: 'there is no such bucket; check its name and the endpoint',
  },
  PreconditionFailed: { reason: 'changed', advice: 'the object was changed while it was read' },
  RequestTimeTooSkewed: { reason: 'rejected', advice: "this machine's clock differs too much from S3's" },
};

/** Codes of Node and the SDK for what broke on the way. */
const brokenWay =
  /^(E[A-Z]+|ERR_.*|TimeoutError|AbortError|SlowDown|ServiceUnavailable|InternalError|RequestTimeout|Throttling.*|RequestLimitExceeded|TooManyRequests.*|OperationAborted|NetworkingError)$/;

/**
 * Turns what the SDK throws into a failure that says what was tried, what is wrong and what to do.
 * @param action what was tried, after "Cannot"
 */
export function failureOf(error: unknown, action: string): Error {
  if (error instanceof BraidError) return error;
  if (!(error instanceof Error))
    return new ObjectStoreFailure('rejected', `Cannot ${action}: ${String(error)}`);
  const failure: ServiceError = error;
  if (failure.message === 'Region is missing') {
    return new InvalidConfiguration(
      's3.region',
      `Cannot ${action}: there is no AWS Region; set s3.region, or AWS_REGION`,
      { cause: error },
    );
  }
  const { reason, advice } = verdictOf(failure);
  const details = [failure.name, failure.$metadata?.requestId && `request id ${failure.$metadata.requestId}`];
  const shown = details.filter((detail) => detail !== undefined && detail !== '' && detail !== 'Error');
  return new ObjectStoreFailure(
    reason,
    `Cannot ${action}: ${advice}${shown.length > 0 ? ` (${shown.join(', ')})` : ''}`,
    { cause: error },
  );
}

/** True where the object is not there; a key that leads to a delete marker is not there either. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, $metadata }: ServiceError = error;
  if (['NoSuchKey', 'NoSuchVersion', 'NotFound'].includes(name)) return true;
  return name === 'MethodNotAllowed' || ($metadata?.httpStatusCode === 404 && name !== 'NoSuchBucket');
}

function verdictOf(failure: ServiceError): Verdict {
  if (failure.name === 'CredentialsProviderError' && /aws (sso )?login|SSO session/.test(failure.message)) {
    return signedOut;
  }
  const known = Object.hasOwn(verdicts, failure.name) ? verdicts[failure.name] : undefined;
  if (known !== undefined) return known;
  const status = failure.$metadata?.httpStatusCode;
  const otherRegion = regionOf(failure);
  if (status === 301 || status === 307 || failure.name === 'AuthorizationHeaderMalformed') {
    const wanted = otherRegion === undefined ? '' : `, which is ${otherRegion}`;
    return {
      reason: 'wrong_region',
      advice: `the bucket is in another Region; set s3.region to the bucket's${wanted}`,
    };
  }
  if (/checksum mismatch/i.test(failure.message)) {
    return { reason: 'corrupt', advice: 'what came does not have the checksum that was stored with it' };
  }
  if (status === 401 || status === 403) return denied;
  if (status === 412) return verdicts.PreconditionFailed!;
  if (status === 429 || (status !== undefined && status >= 500)) return unavailable;
  const code = typeof failure.code === 'string' ? failure.code : failure.name;
  if (
    status === undefined &&
    (brokenWay.test(code) || /socket hang up|aborted|timed? ?out/i.test(failure.message))
  ) {
    return { reason: 'unavailable', advice: `S3 cannot be reached, ${failure.message || code}` };
  }
  if (brokenWay.test(failure.name)) return unavailable;
  return { reason: 'rejected', advice: failure.message || `status ${status}` };
}

function regionOf({ Region, $response }: ServiceError): string | undefined {
  if (typeof Region === 'string') return Region;
  return $response?.headers?.['x-amz-bucket-region'];
}
