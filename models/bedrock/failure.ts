import { BraidError, ModelRefused, ModelUnavailable } from '../../domain/errors.ts';

/** What a failed call means: whether another try can help, and what is told. */
export interface CallFailure {
  /** `throttled`: slow down and try again; `passing`: try again; `final`: it would fail again. */
  readonly kind: 'throttled' | 'passing' | 'final';
  readonly error: BraidError;
}

/** What the SDK's errors carry; streams throw some of them without metadata. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number };
  readonly code?: string;
  readonly originalStatusCode?: number;
}

const credentialErrors = ['CredentialsProviderError', 'ProviderError', 'TokenProviderError', 'NoAuthSchemes'];
const expiredErrors = ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired'];
const keyErrors = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'MissingAuthenticationTokenException',
];
const throttlingErrors = ['ThrottlingException', 'TooManyRequestsException', 'ModelNotReadyException'];

/** Of Node's TLS: the next connection would be shown the same certificate. */
const certificateErrors =
  /^(?:CERT_|ERR_TLS_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT))/;

/** ARNs within an account: messages go to whoever asked, who need not learn account, role and session. */
const ownedName = /\b(arn:aws[\w-]*:[\w-]+:[\w-]*:)\d{12}:[^\s,;)]+/g;

/**
 * Says what an error of the SDK means for one model. `doing` begins the message: `Cannot embed with …`.
 * Every error that is none of the SDK's is passing: the connection broke.
 */
export function explainFailure(error: unknown, model: string, doing: string): CallFailure {
  if (error instanceof BraidError) return { kind: 'final', error };
  const sdkError: SdkError = error instanceof Error ? error : new Error(String(error));
  const { name } = sdkError;
  const message = sdkError.message.replace(ownedName, '$1***');
  const status = sdkError.$metadata?.httpStatusCode ?? sdkError.$response?.statusCode;
  const begin = `Cannot ${doing} with ${model}: `;
  const refused = (reason: ModelRefused['reason'], what: string): CallFailure => ({
    kind: 'final',
    error: new ModelRefused(reason, begin + what, { cause: error }),
  });
  const unavailable = (kind: 'throttled' | 'passing', what: string): CallFailure => ({
    kind,
    error: new ModelUnavailable(begin + what, { cause: error }),
  });

  if (credentialErrors.includes(name) && /aws (sso )?login|SSO session/.test(message)) {
    return refused(
      'credentials',
      'the sign-in that the AWS credentials come from has expired or is missing; sign in again with "aws sso login" or "aws login"',
    );
  }
  if (credentialErrors.includes(name) || /could not load credentials/i.test(message)) {
    return refused(
      'credentials',
      'there are no AWS credentials; set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role',
    );
  }
  if (expiredErrors.includes(name)) {
    return refused('credentials', 'the AWS credentials have expired; renew them and start again');
  }
  if (keyErrors.includes(name)) {
    return refused(
      'credentials',
      'AWS does not know the access key or its session token; check the credentials',
    );
  }
  if (name === 'InvalidSignatureException' || name === 'SignatureDoesNotMatch') {
    return refused('credentials', explainSignature(message));
  }
  if (/^region is missing/i.test(message)) {
    return refused('credentials', 'there is no AWS region; set bedrock.region or AWS_REGION');
  }
  if (name === 'AccessDeniedException') {
    return refused(
      'access',
      `access is denied (${message}); ask for access to the model in this region and allow bedrock:InvokeModel on it`,
    );
  }
  if (name === 'ResourceNotFoundException') {
    return refused(
      'unknown_model',
      `there is no such model in this region (${message}); check the id and bedrock.region`,
    );
  }
  if (name === 'ServiceQuotaExceededException') {
    return refused('quota', `a quota of the account is used up (${message})`);
  }
  if (name === 'ValidationException') return explainValidation(message, refused);
  if (throttlingErrors.includes(name) || status === 429) {
    return unavailable('throttled', `Bedrock throttles it (${message || name})`);
  }
  if (name === 'ModelTimeoutException' || status === 408) {
    return unavailable('passing', 'the model took too long');
  }
  if (name === 'ModelErrorException' || name === 'ModelStreamErrorException') {
    const original = sdkError.originalStatusCode;
    return unavailable(
      'passing',
      `the model failed${original === undefined ? '' : ` with ${original}`} (${message})`,
    );
  }
  if (status !== undefined && status >= 500) {
    return unavailable('passing', `Bedrock answered ${status} ${name} (${message})`);
  }
  if (status !== undefined && status >= 400) {
    return refused('input', `Bedrock refused the request with ${status} ${name} (${message})`);
  }
  // Over HTTP/2 the stream is what fails, by the cause that it carries.
  const codes = [sdkError, sdkError.cause].map((given) => (given as SdkError | undefined)?.code ?? '');
  if (codes.some((code) => certificateErrors.test(code))) {
    return refused(
      'access',
      `the certificate of its address is not trusted (${message}); check bedrock.endpoint, or give its authority by NODE_EXTRA_CA_CERTS`,
    );
  }
  return unavailable('passing', connectionTrouble(sdkError, message));
}

function explainSignature(message: string): string {
  if (/region/i.test(message)) {
    return `the signature is for another region (${message.trim()}); bedrock.region must be the endpoint's`;
  }
  if (/expired|not yet current/i.test(message)) {
    return `the clock of this machine is off (${message.trim()})`;
  }
  return `AWS refuses the signature; check the secret access key (${message.trim()})`;
}

/** The one error type for everything wrong with a request: what its message tells decides. */
function explainValidation(
  message: string,
  refused: (reason: ModelRefused['reason'], what: string) => CallFailure,
): CallFailure {
  if (/on-demand throughput isn.t supported/i.test(message)) {
    return refused(
      'unknown_model',
      'it is served through an inference profile only; put us., eu., apac. or global. before its id, or give a profile ARN',
    );
  }
  if (/model identifier is invalid|model identifier|provided model/i.test(message)) {
    return refused(
      'unknown_model',
      `Bedrock knows no such model here (${message}); check the id and bedrock.region`,
    );
  }
  if (/guardrail/i.test(message)) {
    return refused('access', `the guardrail cannot be used (${message}); check bedrock.guardrail`);
  }
  return refused('input', `Bedrock refused the request (${message})`);
}

function connectionTrouble({ name, code }: SdkError, message: string): string {
  if (name === 'TimeoutError') return `no answer in time (${message})`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `its address cannot be found (${message}); check bedrock.region and bedrock.endpoint`;
  if (code === 'ECONNREFUSED') return `nothing listens at its address (${message}); check bedrock.endpoint`;
  if (/Protocol error/.test(message))
    return `the endpoint speaks no HTTP/2; set bedrock.protocol to "http/1.1"`;
  return `the connection failed (${message || name})`;
}
