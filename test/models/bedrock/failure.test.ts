import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../../models/bedrock/failure.ts';

function failureOf(name: string, message: string, status: number) {
  const error = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
  return explainFailure(error, 'bedrock/m', 'embed').error;
}

describe('explainFailure', () => {
  it('tells who asks neither the account nor the role that Braid calls with, and keeps both for the log', () => {
    const message =
      'User: arn:aws:sts::123456789012:assumed-role/braid-prod/i-0abc is not authorized to perform: ' +
      'bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/m, arn:aws-cn:bedrock:cn-north-1:123456789012:guardrail/g1';
    for (const [name, status] of [
      ['AccessDeniedException', 403],
      ['ValidationException', 400],
      ['InternalServerException', 500],
    ] as const) {
      const error = failureOf(name, message, status);
      expect(error.message).not.toMatch(/123456789012|braid-prod|i-0abc|g1/);
      expect(error.message).toContain('arn:aws:bedrock:us-east-1::foundation-model/m');
      expect((error.cause as Error).message).toBe(message);
    }
  });

  it('tries a certificate that is not trusted no second time, and a connection that broke again', () => {
    const kindOf = (code: string) =>
      explainFailure(Object.assign(new Error('no'), { code }), 'bedrock/m', 'embed').kind;
    for (const code of ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
      expect(kindOf(code)).toBe('final');
      const cause = Object.assign(new Error('no'), { code });
      const canceled = Object.assign(new Error('canceled', { cause }), { code: 'ERR_HTTP2_STREAM_CANCEL' });
      expect(explainFailure(canceled, 'bedrock/m', 'embed').kind).toBe('final');
    }
    for (const code of ['ECONNRESET', 'ENOTFOUND', 'EPIPE']) expect(kindOf(code)).toBe('passing');
  });

  it('tells a sign-in that has expired from credentials that were never there', () => {
    const told = (message: string) =>
      explainFailure(
        Object.assign(new Error(message), { name: 'CredentialsProviderError' }),
        'bedrock/m',
        'embed',
      );
    const expired = told(
      "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile.",
    );
    expect(expired).toMatchObject({ kind: 'final', error: { reason: 'credentials' } });
    expect(expired.error.message).toContain('sign in again with "aws sso login"');
    const none = told('Could not load credentials from any providers');
    expect(none.error.message).toContain('there are no AWS credentials');
  });
});
