import { describe, expect, it } from 'vitest';
import { EngineUnavailable } from '../../../domain/errors.ts';
import {
  Rejection,
  replyFailure,
  TransientFailure,
  tooManyBuckets,
} from '../../../search-engine/opensearch/failure.ts';

const url = 'http://opensearch:9200';

describe('replyFailure', () => {
  it.each([429, 502, 503, 504])('takes status %i for a moment that passes', (status) => {
    const failure = replyFailure(status, { type: 'rejected_execution_exception', reason: 'queue full' }, url);
    expect(failure).toBeInstanceOf(TransientFailure);
    expect(failure.message).toContain('queue full');
    expect(failure.message).toContain(url);
  });

  it('takes a full disk for unavailable, and not for a moment', () => {
    const reason = 'index [x] blocked by: [disk usage exceeded flood-stage watermark]';
    const failure = replyFailure(429, { type: 'cluster_block_exception', reason }, url);
    expect(failure).toBeInstanceOf(EngineUnavailable);
    expect(failure).not.toBeInstanceOf(TransientFailure);
    expect(failure.message).toBe(`Cannot write to OpenSearch at ${url}: ${reason}`);
  });

  it.each([401, 403])('says that the credentials are refused at status %i', (status) => {
    expect(replyFailure(status, { reason: 'no' }, url).message).toMatch(/refuses the credentials/);
  });

  it('does not take too many buckets for a moment that passes', () => {
    const caused_by = { type: 'too_many_buckets_exception', reason: 'Trying to create too many buckets' };
    const failure = replyFailure(503, { type: 'search_phase_execution_exception', caused_by }, url);
    expect(failure).toBeInstanceOf(Rejection);
    expect(failure).toMatchObject({ type: tooManyBuckets });
  });

  it('gives the deepest reason of the shard that failed', () => {
    const failure = replyFailure(
      400,
      {
        type: 'search_phase_execution_exception',
        reason: 'all shards failed',
        failed_shards: [{ reason: { reason: 'cannot', caused_by: { reason: 'too many clauses' } } }],
      },
      url,
    );
    expect(failure).toBeInstanceOf(Rejection);
    expect(failure.message).toMatch(/: too many clauses$/);
  });
});
