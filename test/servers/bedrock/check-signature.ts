import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ServiceError } from './service-error.ts';

export interface SigningKey {
  readonly secretAccessKey: string;
  /** The key is taken with this token only. */
  readonly sessionToken?: string;
  /** Of the token. */
  readonly isExpired?: boolean;
}

export interface SignedRequest {
  readonly method: string;
  /** As on the wire, with its query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

const maxClockSkewMs = 5 * 60_000;

/**
 * Checks Signature Version 4 with code of its own, not the client's: the canonical request is built from what came.
 * Not every client sends `x-amz-content-sha256`, so the body is hashed here.
 * @throws {ServiceError} as Bedrock does
 */
export function checkSignature(
  request: SignedRequest,
  keys: ReadonlyMap<string, SigningKey>,
  region: string,
  wantedService = 'bedrock',
): void {
  const { headers } = request;
  const authorization = headers.authorization;
  if (authorization === undefined) {
    throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (match === null) invalid('Authorization header is not a Signature Version 4');
  const [, keyId, day, signedRegion, service, signedHeaders, signature] = match as unknown as string[];
  const key = keys.get(keyId!);
  const token = headers['x-amz-security-token'];
  if (key === undefined || key.sessionToken !== token) {
    throw new ServiceError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  if (key.isExpired) {
    throw new ServiceError('ExpiredTokenException', 'The security token included in the request is expired');
  }
  if (service !== wantedService) {
    invalid(`Credential should be scoped to correct service: '${wantedService}'.`);
  }
  if (signedRegion !== region) invalid('Credential should be scoped to a valid region. ');
  const time = headers['x-amz-date'] ?? '';
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(Date.now() - at) < maxClockSkewMs)) invalid(`Signature expired: ${time}`);
  const names = signedHeaders!.split(';');
  const isHostSigned = names.includes('host') || names.includes(':authority');
  if (!isHostSigned || !names.includes('x-amz-date')) invalid('host and x-amz-date must be signed');
  const expected = sign(request, names, { key, day: day!, region, service: wantedService, time });
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature!))) {
    invalid('The request signature we calculated does not match the signature you provided.');
  }
}

function sign(
  request: SignedRequest,
  names: readonly string[],
  scope: { key: SigningKey; day: string; region: string; service: string; time: string },
): string {
  const [path = '/', query = ''] = request.target.split('?');
  const canonical = [
    request.method,
    path.split('/').map(encode).join('/'),
    query.split('&').sort().join('&'),
    ...names.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    hash(request.body),
  ].join('\n');
  const credential = `${scope.day}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', scope.time, credential, hash(Buffer.from(canonical))].join('\n');
  const key = [scope.day, scope.region, scope.service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${scope.key.secretAccessKey}`,
  );
  return createHmac('sha256', key).update(toSign).digest('hex');
}

/** What came encoded is encoded once more: everything but S3 signs so. */
function encode(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hash(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function invalid(message: string): never {
  throw new ServiceError('InvalidSignatureException', message);
}
