import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BedrockAgentRuntimeClient } from '@aws-sdk/client-bedrock-agent-runtime';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';

export interface BedrockConnectionSettings {
  /** @default what the SDK finds: AWS_REGION, or its configuration files */
  readonly region?: string;
  /** Of `bedrock-runtime`. @default the region's */
  readonly endpoint?: string;
  /** Of `bedrock-agent-runtime`. @default the region's */
  readonly agentEndpoint?: string;
  readonly protocol: 'http/1.1' | 'http/2';
  readonly connectTimeoutMs: number;
}

/** Clients of Bedrock, each made on first use. Credentials come from the SDK's default chain only. */
export interface BedrockConnection {
  /** For models and guardrails. */
  runtime(): BedrockRuntimeClient;
  /** For reranking. */
  agentRuntime(): BedrockAgentRuntimeClient;
  /** Where it is connected to. @throws where no region is known */
  region(): Promise<string>;
  close(): void;
}

/**
 * Both SDK clients speak HTTP/2 by themselves, which proxies and other servers often do not; over HTTP/1.1 a connection
 * that is cut is also noticed. The SDK does not retry: how often a call is made again is decided in one place, with the
 * throttling and the budget of its request in view.
 */
export function createBedrockConnection(settings: BedrockConnectionSettings): BedrockConnection {
  const { region, endpoint, agentEndpoint } = settings;
  let runtime: BedrockRuntimeClient | undefined;
  let agentRuntime: BedrockAgentRuntimeClient | undefined;
  const optionsOf = (address: string | undefined) => ({
    maxAttempts: 1,
    requestHandler: createHandler(settings),
    ...(region !== undefined && { region }),
    ...(address !== undefined && { endpoint: address }),
  });
  const getRuntime = () => {
    runtime ??= new BedrockRuntimeClient(optionsOf(endpoint));
    return runtime;
  };
  return {
    runtime: getRuntime,
    agentRuntime() {
      agentRuntime ??= new BedrockAgentRuntimeClient(optionsOf(agentEndpoint));
      return agentRuntime;
    },
    region: async () => region ?? (await getRuntime().config.region()),
    close() {
      runtime?.destroy();
      agentRuntime?.destroy();
    },
  };
}

function createHandler({ protocol, connectTimeoutMs }: BedrockConnectionSettings) {
  // How long a call may take is bounded by its caller, stream or not, with one clock for both protocols.
  if (protocol === 'http/2') return new NodeHttp2Handler({ maxConcurrentStreams: 100 });
  // Each model bounds its own calls: with a bound here those of one, and streams that go on, would keep the others out.
  const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  return new NodeHttpHandler({
    connectionTimeout: connectTimeoutMs,
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(agent),
  });
}
