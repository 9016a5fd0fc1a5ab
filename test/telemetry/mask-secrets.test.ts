import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../telemetry/mask-secrets.ts';

describe('maskSecrets', () => {
  it('masks fields named like secrets at any depth and in lists', () => {
    expect(
      maskSecrets({
        password: 'a',
        opensearch: { headers: { Authorization: 'Basic x', cookie: ['y'] } },
        keys: [{ apiKey: 'k', api_key: 'k', 'access-key': 'k', name: 'n' }],
        session_token: 't',
        clientSecret: { nested: 's' },
      }),
    ).toEqual({
      password: '***',
      opensearch: { headers: { Authorization: '***', cookie: '***' } },
      keys: [{ apiKey: '***', api_key: '***', 'access-key': '***', name: 'n' }],
      session_token: '***',
      clientSecret: '***',
    });
  });

  it('keeps counts of tokens and other names that only resemble secrets', () => {
    const data = { tokens: 12, inputTokens: 5, token: 3, keyboard: 'k', secretary: 's' };
    expect(maskSecrets(data)).toEqual(data);
  });

  it('takes user and password out of addresses', () => {
    expect(maskSecrets({ url: 'https://admin:pa:ss@search:9200/x', plain: 'http://search:9200' })).toEqual({
      url: 'https://***@search:9200/x',
      plain: 'http://search:9200',
    });
  });

  it('takes what signs an address, and what authorizes, out of any text', () => {
    const signed =
      'GET https://b.s3.amazonaws.com/a.md?X-Amz-Credential=AK%2Feu&X-Amz-Date=1&X-Amz-Security-Token=FwoG%2B&X-Amz-Signature=ab12 failed';
    expect(
      maskSecrets({ signed, sas: 'https://a/b?sv=1&sig=x%3D&se=2', page: 'https://a/?key=v&tokens=3' }),
    ).toEqual({
      signed:
        'GET https://b.s3.amazonaws.com/a.md?X-Amz-Credential=***&X-Amz-Date=1&X-Amz-Security-Token=***&X-Amz-Signature=*** failed',
      sas: 'https://a/b?sv=1&sig=***&se=2',
      page: 'https://a/?key=v&tokens=3',
    });
    expect(maskSecrets({ sent: 'Authorization: Bearer ABSKQmVkcm9ja0==', told: 'a basic idea' })).toEqual({
      sent: 'Authorization: Bearer ***',
      told: 'a basic idea',
    });
  });

  it('ends on circular data and writes big integers as text', () => {
    const circular: Record<string, unknown> = { version: 12n };
    circular.self = circular;
    expect(JSON.stringify(maskSecrets(circular))).toContain('[deeper]');
    expect(maskSecrets(circular).version).toBe('12');
  });
});
