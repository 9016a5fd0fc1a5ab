import { describe, expect, it } from 'vitest';
import { EngineUnavailable } from '../../domain/errors.ts';
import { createTelemetry } from '../../telemetry/create-telemetry.ts';

function recorded(level: 'debug' | 'info' | 'warn' | 'error' | 'silent') {
  const lines: string[] = [];
  const handle = createTelemetry({ level, destination: { write: (line) => void lines.push(line) } });
  return { ...handle, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('createTelemetry log', () => {
  it('writes one JSON object a line with level, time and message', () => {
    const { telemetry, lines, parsed } = recorded('info');
    telemetry.log.info({ chunks: 3 }, 'Indexed a document');
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(parsed()[0]).toMatchObject({ level: 'info', msg: 'Indexed a document', chunks: 3 });
    expect(new Date(String(parsed()[0]?.time)).getTime()).toBeGreaterThan(0);
  });

  it('leaves out lines below its level, and all when silent', () => {
    const warn = recorded('warn');
    warn.telemetry.log.info({}, 'no');
    warn.telemetry.log.error({}, 'yes');
    expect(warn.parsed().map((line) => line.msg)).toEqual(['yes']);
    const silent = recorded('silent');
    silent.telemetry.log.error({}, 'no');
    expect(silent.lines).toEqual([]);
  });

  it('masks secrets', () => {
    const { telemetry, lines } = recorded('info');
    telemetry.log.info({ opensearch: { password: 'hunter2' } }, 'x');
    expect(lines[0]).not.toContain('hunter2');
  });

  it('masks what has the form of a credential, wherever it stands', () => {
    const { telemetry, lines } = recorded('debug');
    const key = `braid_0123456789abcdef_${'s'.repeat(43)}`;
    const token = `eyJhbGciOiJub25lIn0.${'p'.repeat(30)}.${'q'.repeat(30)}`;
    telemetry.log.debug({ given: [`Bearer ${key}`, token], note: 'AKIAABCDEFGHIJKLMNOP' }, 'x');
    telemetry.log.error({ error: new Error(`refused ${key} and ${token}`) }, 'y');
    expect(lines.join('')).not.toMatch(/sssss|ppppp|qqqqq|AKIAABCD/);
    expect(lines[0]).toContain('braid_0123456789abcdef_***');
  });

  it('tells an error with its causes and nothing else that hangs on it', () => {
    const { telemetry, lines, parsed } = recorded('info');
    const cause = Object.assign(new Error('connect http://u:hunter2@host'), { request: { key: 'hunter3' } });
    telemetry.log.error({ error: new EngineUnavailable('Cannot reach the engine', { cause }) }, 'x');
    expect(parsed()[0]?.error).toMatchObject({
      name: 'EngineUnavailable',
      code: 'engine_unavailable',
      cause: { message: 'connect http://***@host' },
    });
    expect(lines[0]).not.toMatch(/hunter/);
  });
});

describe('createTelemetry prometheus', () => {
  it('tells the first 200 tenants by name and the rest as one, and loses no count', async () => {
    const { telemetry, prometheus, close } = recorded('silent');
    for (const tenant of ['other', ...Array.from({ length: 250 }, (_, at) => `t${at}`), 't0', 't249']) {
      telemetry.count('tenant_requests', 1, { tenant, outcome: 'served' });
    }
    const text = await prometheus();
    const counts = new Map(
      [...text.matchAll(/^braid_tenant_requests_total\{tenant="([^"]+)"[^}]*\} (\d+)/gm)].map(
        ([, tenant, count]) => [tenant!, Number(count)],
      ),
    );
    expect(counts.size).toBe(201);
    expect([counts.get('t0'), counts.get('t199'), counts.get('t200'), counts.get('other')]).toEqual([
      2,
      1,
      undefined,
      52,
    ]);
    await close();
  });

  it('counts with labels under names that start with braid_', async () => {
    const { telemetry, prometheus } = recorded('silent');
    telemetry.count('documents', 2, { outcome: 'indexed' });
    telemetry.count('documents', 1, { outcome: 'indexed' });
    telemetry.count('chunks', 7);
    const text = await prometheus();
    expect(text).toContain('braid_documents_total{outcome="indexed"} 3\n');
    expect(text).toContain('braid_chunks_total 7\n');
    for (const line of text.split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) braid_\S+ .+|braid_\w+(\{[^}]*\})? \S+|)$/);
    }
  });

  it('keeps durations of stages as a histogram of seconds', async () => {
    const { telemetry, prometheus } = recorded('silent');
    telemetry.stage('fuse', 0.4);
    telemetry.stage('fuse', 2_000);
    const text = await prometheus();
    expect(text).toContain('# TYPE braid_stage_seconds histogram');
    expect(text).toContain('braid_stage_seconds_bucket{stage="fuse",le="0.0005"} 1\n');
    expect(text).toContain('braid_stage_seconds_bucket{stage="fuse",le="1"} 1\n');
    expect(text).toContain('braid_stage_seconds_bucket{stage="fuse",le="2.5"} 2\n');
    expect(text).toContain('braid_stage_seconds_bucket{stage="fuse",le="+Inf"} 2\n');
    expect(text).toContain('braid_stage_seconds_count{stage="fuse"} 2\n');
    expect(text).toContain('braid_stage_seconds_sum{stage="fuse"} 2.0004\n');
  });

  it('tells CPU time and memory of the process', async () => {
    const text = await recorded('silent').prometheus();
    expect(text).toMatch(/braid_process_cpu_seconds_total\{mode="user"\} \d/);
    expect(text).toMatch(/braid_process_memory_bytes\{kind="resident"\} [1-9]\d{6,}/);
  });

  it('is separate from other instances', async () => {
    const first = recorded('silent');
    const second = recorded('silent');
    first.telemetry.count('chunks', 1);
    expect(await second.prometheus()).not.toContain('braid_chunks_total');
  });
});
