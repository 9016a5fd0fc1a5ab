import { Agent as PlainAgent } from 'node:http';
import { Agent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ObjectStore } from '../object-store.ts';
import { failureOf } from './failure.ts';
import { createS3ObjectStore, type S3Location } from './s3-object-store.ts';
import type { S3Options } from './s3-options.ts';

/** One client of S3 with kept-alive connections, shared by all buckets. */
export interface S3Connection {
  store(location: S3Location): ObjectStore;
  region(): Promise<string>;
  close(): void;
}

const maxSockets = 64;

/** Makes the client; nothing is sent yet. */
export function connect(options: S3Options): S3Connection {
  const { endpoint, pathStyle = endpoint !== undefined, region, timeoutMs, maxAttempts } = options;
  const agent = { keepAlive: true, maxSockets };
  const client = new S3Client({
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    forcePathStyle: pathStyle,
    maxAttempts,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: timeoutMs,
      // Bounds silence, not the whole request: a large part on a slow line may take its time.
      socketTimeout: timeoutMs,
      httpAgent: new PlainAgent(agent),
      httpsAgent: new Agent(agent),
    }),
  });
  return {
    store: (location) => createS3ObjectStore(client, location, options),
    async region() {
      try {
        return await client.config.region();
      } catch (error) {
        throw failureOf(error, 'find the Region of S3');
      }
    },
    close: () => client.destroy(),
  };
}
