import type { Meter } from '@opentelemetry/api';

/** Tells of the process itself: CPU time, memory, uptime; read when metrics are collected, and never between. */
export function observeProcess(meter: Meter): void {
  meter
    .createObservableCounter('braid_process_cpu_seconds', { description: 'CPU time of the process, by mode' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe(user / 1e6, { mode: 'user' });
      result.observe(system / 1e6, { mode: 'system' });
    });
  const memory = meter.createObservableGauge('braid_process_memory_bytes', {
    description: 'Memory of the process, by kind',
  });
  memory.addCallback((result) => {
    const { rss, heapUsed, external } = process.memoryUsage();
    result.observe(rss, { kind: 'resident' });
    result.observe(heapUsed, { kind: 'heap' });
    result.observe(external, { kind: 'external' });
  });
  meter
    .createObservableGauge('braid_process_uptime_seconds', { description: 'Time since the process started' })
    .addCallback((result) => result.observe(process.uptime()));
}
