/** A running OpenSearch. */
export interface OpenSearchServer {
  readonly url: string;
  readonly how: 'url' | 'docker' | 'jdk';
  /** Ends it in good order and waits; a server that was only pointed at stays. */
  stop(): Promise<void>;
  /** Ends it as a power cut would (kill -9), keeping its data and its port for `restart()`. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port, and returns when it answers. */
  restart(): Promise<void>;
}

/** Why none could be started. */
export interface MissingOpenSearch {
  readonly how: 'none';
  /** One line: what to install or set. */
  readonly advice: string;
}

/** Waits until OpenSearch answers, and gives it the settings that tests with many small indices need. */
export async function whenAnswering(url: string, stopped: () => string | undefined): Promise<void> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    const reason = stopped();
    if (reason !== undefined) throw new Error(`Cannot start OpenSearch: ${reason}`);
    if (Date.now() > deadline) throw new Error(`Cannot start OpenSearch: ${url} does not answer in 180 s`);
    try {
      const response = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`, {
        signal: AbortSignal.timeout(5_000),
      });
      if (response.ok) break;
    } catch {
      // Not up yet: what the server says is read by stopped(), the time is bounded by the deadline.
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await fetch(`${url}/_cluster/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      persistent: {
        'cluster.max_shards_per_node': 5_000,
        // A development machine's disk is often above the watermark of 90 %.
        'cluster.routing.allocation.disk.threshold_enabled': false,
      },
    }),
  });
}
