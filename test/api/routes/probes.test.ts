import { describe, expect, it } from 'vitest';
import { EngineUnavailable, ModelUnavailable } from '../../../domain/errors.ts';
import { apiUnderTest, problemIn } from '../api-under-test.ts';

describe('/healthz', () => {
  it('answers whatever the pipeline does', async () => {
    const { api } = apiUnderTest();
    const response = await api.request('/healthz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('answers HEAD', async () => {
    const { api } = apiUnderTest();
    const response = await api.request('/healthz', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('/readyz', () => {
  it('is ready when the pipeline is', async () => {
    const { api } = apiUnderTest({ ready: async () => {} });
    const response = await api.request('/readyz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ready' });
  });

  it.each([new EngineUnavailable('Cannot reach the engine'), new ModelUnavailable('Cannot load the model')])(
    'is not ready: %s',
    async (error) => {
      const { api } = apiUnderTest({
        async ready() {
          throw error;
        },
      });
      expect(await problemIn(await api.request('/readyz'))).toMatchObject({
        status: 503,
        detail: error.message,
      });
    },
  );

  it('is not ready once the server closes, and nothing new is served', async () => {
    const { api } = apiUnderTest({ ready: async () => {} });
    const closing = { isClosing: () => true };
    expect((await api.request('/readyz', {}, closing)).status).toBe(503);
    expect((await api.request('/healthz', {}, closing)).status).toBe(200);
    const response = await api.request('/v1/documents', {}, closing);
    expect(response.headers.get('connection')).toBe('close');
    expect(await problemIn(response)).toMatchObject({ status: 503, type: 'urn:braid:problem:overloaded' });
  });
});

describe('/metrics', () => {
  it("is in Prometheus' text format", async () => {
    const { api } = apiUnderTest();
    await api.request('/healthz');
    const response = await api.request('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain(
      'braid_requests_total{method="GET",route="/healthz",status="200"} 1',
    );
  });
});
