import { describe, expect, it } from 'vitest';
import { InvalidConfiguration } from '../../../domain/errors.ts';
import { checkOptions } from '../../../search-engine/opensearch/connection-options.ts';

const options = { url: 'http://127.0.0.1:9200', indexPrefix: 'braid', shards: 1, replicas: 0 };

describe('checkOptions', () => {
  it.each([
    'https://abc.eu-central-1.aoss.amazonaws.com',
    'https://abc.us-east-1.aoss.amazonaws.com:443/',
    'https://aoss.us-east-1.amazonaws.com',
  ])('refuses Amazon OpenSearch Serverless at %s with the reasons', (url) => {
    expect(() => checkOptions({ ...options, url })).toThrow(InvalidConfiguration);
    expect(() => checkOptions({ ...options, url })).toThrow(/assign document ids.*Faiss.*older/);
  });

  it('refuses the service aoss of a signature', () => {
    const sigv4 = { region: 'us-east-1', service: 'aoss' as 'es' };
    expect(() => checkOptions({ ...options, sigv4 })).toThrow(/Cannot use Amazon OpenSearch Serverless/);
  });

  it.each([
    'http://127.0.0.1:9200',
    'https://search-x-abc.eu-central-1.es.amazonaws.com',
    'https://aoss.example.org',
  ])('takes %s', (url) => {
    expect(() => checkOptions({ ...options, url })).not.toThrow();
  });

  it.each(['', '9200', 'localhost:9200', 'ftp://localhost'])('refuses the address %j', (url) => {
    expect(() => checkOptions({ ...options, url })).toThrow(/Expected opensearch.url/);
  });

  it.each(['', 'Braid', '-braid', 'a/b', 'a*', 'a,b', '_all', 'x'.repeat(101)])(
    'refuses the prefix %j',
    (indexPrefix) => {
      expect(() => checkOptions({ ...options, indexPrefix })).toThrow(/Expected opensearch.indexPrefix/);
    },
  );
});
