import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkSignature, type SigningKey } from './bedrock/check-signature.ts';
import { ServiceError } from './bedrock/service-error.ts';

export interface StsStandIn {
  readonly url: string;
  /** How many requests came. */
  requests(): number;
  close(): void;
}

/** What STS calls the errors of a signature. */
const codes: Readonly<Record<string, string>> = {
  UnrecognizedClientException: 'InvalidClientTokenId',
  ExpiredTokenException: 'ExpiredToken',
  InvalidSignatureException: 'SignatureDoesNotMatch',
};

/** A stand-in for STS: GetCallerIdentity alone, its signatures checked. */
export async function startSts(
  keys: ReadonlyMap<string, SigningKey>,
  arn: string,
  region = 'us-east-1',
): Promise<StsStandIn> {
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests += 1;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    response.setHeader('Content-Type', 'text/xml');
    try {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      checkSignature({ method: 'POST', target: request.url ?? '/', headers, body }, keys, region, 'sts');
      if (!/Action=GetCallerIdentity/.test(body.toString())) throw new Error(`Unexpected ${body}`);
      const result = `<Arn>${arn}</Arn><UserId>AIDASTANDIN</UserId><Account>${arn.split(':')[4]}</Account>`;
      response.end(
        `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
      );
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      response.statusCode = 403;
      response.end(
        `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${codes[error.type] ?? error.type}</Code><Message>${error.message}</Message></Error></ErrorResponse>`,
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests: () => requests, close: () => server.close() };
}
