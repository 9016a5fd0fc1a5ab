import type { IncomingHttpHeaders } from 'node:http';
import { checkSignature, type SigningKey } from './check-signature.ts';
import { type ConverseScript, extractiveScript } from './converse-script.ts';
import { exceptionFrame } from './event-stream.ts';
import type { Fault, Faults } from './faults.ts';
import { type AnyRequest, type AnyResponse, listenOnOnePort } from './one-port.ts';
import { type Operation, operations, type Reply } from './operations.ts';
import { ServiceError } from './service-error.ts';
import { createTextEmbedder, type TextEmbedder } from './text-embedder.ts';

/** One request as the stand-in saw it. */
export interface SeenRequest {
  readonly operation: string;
  /** Model or guardrail that the path names. */
  readonly subject: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON. */
  readonly body: unknown;
  readonly httpVersion: string;
  /** `performance.now()` when it had come whole. */
  readonly at: number;
  /** Of the reply, once it has been sent. */
  status?: number;
  /** True once the client has gone before the reply was whole. */
  wasAbandoned?: boolean;
}

/** What the stand-in does, all of it changeable while it runs. */
export interface BedrockBehaviour {
  /** @default nothing goes wrong */
  faults: Faults;
  /** What language models say. @default sentences of the passages, cited */
  converse: ConverseScript;
  /** Models that this account has no access to. @default none */
  deniedModels: Set<string>;
  /** Milliseconds that each reply takes. @default 0 */
  latencyMs: number;
}

/** A running stand-in for Amazon Bedrock. */
export interface BedrockStandIn {
  readonly url: string;
  readonly region: string;
  readonly behaviour: BedrockBehaviour;
  /** Every request since the start, or since this was emptied. */
  readonly requests: SeenRequest[];
  /** Variables for a process that is to use it with valid credentials. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface BedrockOptions {
  /** @default any that is free */
  readonly port?: number;
  /** @default "us-east-1" */
  readonly region?: string;
  /** Access keys that it takes beside its own: those of another server that one process talks to as well. */
  readonly keys?: ReadonlyMap<string, SigningKey>;
  /** Makes the vectors of texts. @default the local model */
  readonly embedder?: TextEmbedder;
}

export const standInKeys: ReadonlyMap<string, SigningKey> = new Map([
  ['AKIDSTANDIN', { secretAccessKey: 'stand-in-secret' }],
  ['ASIASTANDIN', { secretAccessKey: 'stand-in-secret', sessionToken: 'fresh' }],
  ['ASIAEXPIRED', { secretAccessKey: 'stand-in-secret', sessionToken: 'stale', isExpired: true }],
]);

/**
 * Starts a stand-in for `bedrock-runtime` and `bedrock-agent-runtime` on loopback: HTTP/1.1 and cleartext HTTP/2 on one
 * port, signatures checked, requests held against Bedrock's limits, and faults on demand. It is no Bedrock: its
 * embeddings are the local model's behind the vendors' shapes, and its language models follow a script.
 */
export async function startBedrock(options: BedrockOptions = {}): Promise<BedrockStandIn> {
  const region = options.region ?? 'us-east-1';
  const embedder = options.embedder ?? createTextEmbedder();
  const keys = new Map([...standInKeys, ...(options.keys ?? [])]);
  const requests: SeenRequest[] = [];
  let isClosed = false;
  const behaviour: BedrockBehaviour = {
    faults: () => undefined,
    converse: extractiveScript,
    deniedModels: new Set(),
    latencyMs: 0,
  };

  const serve = async (request: AnyRequest, response: AnyResponse): Promise<void> => {
    const body = await readBody(request);
    const target = request.url ?? '/';
    const found = findOperation(request.method ?? 'GET', target);
    const seen: SeenRequest = {
      operation: found?.operation.name ?? 'unknown',
      subject: found?.subject ?? '',
      headers: request.headers,
      body: parseJson(body),
      httpVersion: request.httpVersion,
      at: performance.now(),
    };
    requests.push(seen);
    response.on('close', () => {
      if (!response.writableEnded) seen.wasAbandoned = true;
    });
    const fault = behaviour.faults(seen);
    if (behaviour.latencyMs > 0) await pause(behaviour.latencyMs);
    if (fault?.kind === 'slow') await pause(fault.milliseconds);
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset' && fault.when === 'before') {
      destroy(request);
      return;
    }
    let reply: Reply;
    try {
      checkSignature(
        { method: request.method ?? 'GET', target, headers: signedHeaders(request.headers), body },
        keys,
        region,
      );
      if (fault?.kind === 'error') throw new ServiceError(fault.type, fault.message ?? fault.type);
      if (found === undefined) throw new ServiceError('UnknownOperationException', 'Unknown operation');
      if (behaviour.deniedModels.has(found.subject)) {
        throw new ServiceError(
          'AccessDeniedException',
          `You don't have access to the model with the specified model ID.`,
        );
      }
      reply = await found.operation.handle({
        subject: found.subject,
        parameters: found.parameters,
        headers: request.headers,
        body: seen.body,
        embedder,
        behaviour,
      });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      reply = { status: error.status, body: { message: error.message }, errorType: error.type };
    }
    if (fault?.kind === 'reset') {
      destroy(request);
      return;
    }
    await send(request, response, reply, seen, fault);
  };

  const port = await listenOnOnePort((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // Work for a client that left may outlive the stand-in.
      if (isClosed) return;
      process.stderr.write(`stand-in for Bedrock failed: ${error}\n`);
      destroy(request);
    });
  }, options.port);

  return {
    url: port.url,
    region,
    behaviour,
    requests,
    environment: {
      AWS_ACCESS_KEY_ID: 'AKIDSTANDIN',
      AWS_SECRET_ACCESS_KEY: 'stand-in-secret',
      AWS_REGION: region,
      BRAID_BEDROCK_ENDPOINT: port.url,
      BRAID_BEDROCK_AGENT_ENDPOINT: port.url,
    },
    async close() {
      isClosed = true;
      await port.close();
      await embedder.close();
    },
  };
}

/** With `host`, which HTTP/2 calls `:authority`. */
function signedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const flat = Object.entries(headers).map(([name, value]) => [name, String(value ?? '')] as const);
  return { ...Object.fromEntries(flat), host: headers.host ?? String(headers[':authority'] ?? '') };
}

function findOperation(
  method: string,
  target: string,
): { operation: Operation; subject: string; parameters: readonly string[] } | undefined {
  const path = target.split('?')[0]!;
  for (const operation of operations) {
    const match = method === operation.method ? operation.path.exec(path) : null;
    if (match === null) continue;
    const parameters = match.slice(1).map((part) => decodeURIComponent(part));
    return { operation, subject: parameters[0] ?? '', parameters };
  }
  return undefined;
}

async function send(
  request: AnyRequest,
  response: AnyResponse,
  reply: Reply,
  seen: SeenRequest,
  fault: Fault | undefined,
): Promise<void> {
  const status = reply.status ?? 200;
  seen.status = status;
  response.setHeader('x-amzn-RequestId', crypto.randomUUID());
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.errorType !== undefined)
    response.setHeader('x-amzn-ErrorType', `${reply.errorType}:http://internal.amazon.com/`);
  if (reply.frames === undefined) {
    response.setHeader('Content-Type', 'application/json');
    response.statusCode = status;
    response.end(JSON.stringify(reply.body));
    return;
  }
  response.setHeader('Content-Type', 'application/vnd.amazon.eventstream');
  response.statusCode = status;
  let sent = 0;
  for await (const frame of reply.frames) {
    if (seen.wasAbandoned) return;
    if (fault !== undefined && 'afterFrames' in fault && sent === fault.afterFrames) {
      if (fault.kind === 'stall') return;
      if (fault.kind === 'end') break;
      if (fault.kind === 'cut') {
        destroy(request);
        return;
      }
      await write(response, exceptionFrame(fault.type, `${fault.type} on demand`));
      response.end();
      return;
    }
    await write(response, frame);
    sent += 1;
  }
  response.end();
}

function write(response: AnyResponse, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    // A write to a client that has gone calls back with an error, which is no news here.
    (response as { write(chunk: Buffer, done: () => void): boolean }).write(chunk, () => resolve());
  });
}

/** Drops the connection over HTTP/1.1, resets the stream over HTTP/2. */
function destroy(request: AnyRequest): void {
  if ('stream' in request) request.stream.close(2);
  else request.socket.destroy();
}

async function readBody(request: AnyRequest): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
