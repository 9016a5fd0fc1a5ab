import { createLog, type LogDestination, type LogLevel } from './create-log.ts';
import { createMetrics } from './create-metrics.ts';
import type { Telemetry } from './telemetry.ts';

export interface TelemetryOptions {
  readonly level: LogLevel;
  /** Where log lines go. @default standard error */
  readonly destination?: LogDestination;
}

/** What the composition root hands around (`telemetry`) and what the API serves (`prometheus`). */
export interface TelemetryHandle {
  readonly telemetry: Telemetry;
  /** All metrics in the text format of Prometheus. */
  prometheus(): Promise<string>;
  close(): Promise<void>;
}

/** Makes the process' logs and metrics. */
export function createTelemetry(options: TelemetryOptions): TelemetryHandle {
  const log = createLog(options.level, options.destination);
  const metrics = createMetrics();
  return {
    telemetry: { log, stage: metrics.stage, count: metrics.count, gauge: metrics.gauge },
    prometheus: metrics.prometheus,
    close: metrics.close,
  };
}
