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

  it('ends on circular data and writes big integers as text', () => {
    const circular: Record<string, unknown> = { version: 12n };
    circular.self = circular;
    expect(JSON.stringify(maskSecrets(circular))).toContain('[deeper]');
    expect(maskSecrets(circular).version).toBe('12');
  });
});
