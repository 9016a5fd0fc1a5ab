import { describe, expect, it } from 'vitest';
import { failureOf, isMissing } from '../../../objects/s3/failure.ts';

const told = (name: string, over: object = {}, message = '') =>
  Object.assign(new Error(message), { name, ...over });
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

describe('failureOf', () => {
  it.each([
    ['CredentialsProviderError', {}, 'no_credentials', 'AWS_PROFILE'],
    ['ExpiredToken', status(400), 'expired_credentials', 'sign in again'],
    ['ExpiredTokenException', status(400), 'expired_credentials', 'sign in again'],
    ['SignatureDoesNotMatch', status(403), 'invalid_credentials', 'check the access key'],
    ['AccessDenied', status(403), 'access_denied', 'policy'],
    ['Unknown', status(403), 'access_denied', 'policy'],
    ['InvalidObjectState', status(403), 'archived', 'restore'],
    ['NoSuchBucket', status(404), 'no_such_bucket', 'name'],
    [
      'PermanentRedirect',
      { ...status(301), $response: { headers: { 'x-amz-bucket-region': 'eu-west-1' } } },
      'wrong_region',
      'eu-west-1',
    ],
    ['AuthorizationHeaderMalformed', { ...status(400), Region: 'eu-west-2' }, 'wrong_region', 'eu-west-2'],
    ['PreconditionFailed', status(412), 'changed', 'changed'],
    ['SlowDown', status(503), 'unavailable', 'later'],
    ['InternalError', status(500), 'unavailable', 'later'],
    ['TimeoutError', {}, 'unavailable', 'reached'],
    ['Error', { code: 'ECONNREFUSED' }, 'unavailable', 'reached'],
    ['InvalidArgument', status(400), 'rejected', 'Cannot list s3://b'],
  ])('takes %s as told', (name, over, reason, words) => {
    const failure = failureOf(told(name, over), 'list s3://b');
    expect(failure).toMatchObject({ reason, message: expect.stringContaining(words) });
    expect(failure.message).toMatch(/^Cannot list s3:\/\/b: /);
  });

  it('tells a sign-in that has expired from credentials that were never there', () => {
    const message =
      'The SSO session associated with this profile has expired. To refresh this SSO session run aws sso login with the corresponding profile.';
    const failure = failureOf(told('CredentialsProviderError', {}, message), 'list s3://b');
    expect(failure).toMatchObject({
      reason: 'expired_credentials',
      message: expect.stringContaining('aws sso login'),
    });
  });

  it('names the setting of a missing Region', () => {
    const failure = failureOf(told('Error', {}, 'Region is missing'), 'list s3://b');
    expect(failure).toMatchObject({ code: 'invalid_configuration', setting: 's3.region' });
  });
});

describe('isMissing', () => {
  it('tells an object that is not there from a bucket that is not', () => {
    expect(isMissing(told('NoSuchKey', status(404)))).toBe(true);
    expect(isMissing(told('NotFound', status(404)))).toBe(true);
    expect(isMissing(told('MethodNotAllowed', status(405)))).toBe(true);
    expect(isMissing(told('NoSuchBucket', status(404)))).toBe(false);
    expect(isMissing(told('AccessDenied', status(403)))).toBe(false);
  });
});
