import { ConverseStreamCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBedrockConnection } from '../../../models/bedrock/connection.ts';
import { explainFailure } from '../../../models/bedrock/failure.ts';
import { useCredentials, valid } from '../../models/bedrock/credentials.ts';
import { type BedrockStandIn, startBedrock } from './bedrock.ts';
import { inTurn } from './faults.ts';

const titan = 'amazon.titan-embed-text-v2:0';
const nova = 'amazon.nova-lite-v1:0';

describe.each(['http/1.1', 'http/2'] as const)(
  'the stand-in for Bedrock, by the real SDK over %s',
  (protocol) => {
    let bedrock: BedrockStandIn;
    beforeAll(async () => {
      bedrock = await startBedrock();
    });
    afterAll(() => bedrock.close());
    beforeEach(() => {
      useCredentials(valid);
      bedrock.requests.length = 0;
      bedrock.behaviour.faults = () => undefined;
      bedrock.behaviour.deniedModels.clear();
    });
    afterEach(() => vi.unstubAllEnvs());

    const connect = (region = 'us-east-1') =>
      createBedrockConnection({
        region,
        endpoint: bedrock.url,
        agentEndpoint: bedrock.url,
        protocol,
        connectTimeoutMs: 1_000,
      });
    const embed = async (body: object, modelId = titan, region = 'us-east-1') => {
      const connection = connect(region);
      try {
        const command = new InvokeModelCommand({
          modelId,
          contentType: 'application/json',
          body: JSON.stringify(body),
        });
        const reply = await connection.runtime().send(command);
        return JSON.parse(reply.body.transformToString()) as {
          embedding: number[];
          inputTextTokenCount: number;
        };
      } finally {
        connection.close();
      }
    };
    const failureOf = async (call: Promise<unknown>) => {
      const error = await call.then(
        () => new Error('Expected a failure'),
        (reason: unknown) => reason,
      );
      return explainFailure(error, titan, 'embed');
    };

    it('embeds behind a checked signature, over the protocol asked for', async () => {
      const { embedding, inputTextTokenCount } = await embed({
        inputText: 'A cat sat on the mat',
        dimensions: 512,
      });
      expect(embedding).toHaveLength(512);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
      expect(inputTextTokenCount).toBe(8);
      expect(bedrock.requests[0]).toMatchObject({
        operation: 'InvokeModel',
        subject: titan,
        httpVersion: protocol === 'http/2' ? '2.0' : '1.1',
        status: 200,
      });
    });

    it('streams events one by one, and passes on an exception inside the stream', async () => {
      const connection = connect();
      const messages = [{ role: 'user' as const, content: [{ text: 'hello' }] }];
      bedrock.behaviour.faults = inTurn(undefined, {
        kind: 'exception',
        afterFrames: 2,
        type: 'modelStreamErrorException',
      });
      const read = async () => {
        const { stream } = await connection
          .runtime()
          .send(new ConverseStreamCommand({ modelId: nova, messages }));
        const events: string[] = [];
        for await (const event of stream!) events.push(Object.keys(event)[0]!);
        return events;
      };
      expect(await read()).toEqual([
        ...['messageStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop', 'metadata'],
      ]);
      await expect(read()).rejects.toMatchObject({ name: 'ModelStreamErrorException' });
      connection.close();
    });

    it.each<[string, Record<string, string>, string, RegExp]>([
      ['no credentials', {}, 'us-east-1', /there are no AWS credentials/],
      [
        'a key that AWS does not know',
        { ...valid, AWS_ACCESS_KEY_ID: 'AKIAOTHER' },
        'us-east-1',
        /does not know the access key/,
      ],
      [
        'a wrong secret',
        { ...valid, AWS_SECRET_ACCESS_KEY: 'wrong' },
        'us-east-1',
        /check the secret access key/,
      ],
      [
        'an expired session',
        { ...valid, AWS_ACCESS_KEY_ID: 'ASIAEXPIRED', AWS_SESSION_TOKEN: 'stale' },
        'us-east-1',
        /have expired/,
      ],
      ['another region', valid, 'eu-west-1', /the signature is for another region/],
    ])(
      'refuses %s, which is told as what to do and not tried again',
      async (_, credentials, region, message) => {
        useCredentials(credentials);
        const { kind, error } = await failureOf(embed({ inputText: 'x' }, titan, region));
        expect(kind).toBe('final');
        expect(error).toMatchObject({ code: 'model_refused', reason: 'credentials' });
        expect(error.message).toMatch(message);
      },
    );

    it.each<[string, object, string, string, RegExp]>([
      [
        'a dimension that the model cannot give',
        { inputText: 'x', dimensions: 300 },
        titan,
        'input',
        /dimensions: 300/,
      ],
      [
        'a text over the limit',
        { inputText: 'word '.repeat(9_000) },
        titan,
        'input',
        /Too many input tokens/,
      ],
      ['an unknown field', { inputText: 'x', temperature: 1 }, titan, 'input', /extraneous key/],
      [
        'a model that there is not',
        { inputText: 'x' },
        'amazon.titan-embed-text-v9:0',
        'unknown_model',
        /no such model/,
      ],
    ])('refuses %s', async (_, body, model, reason, message) => {
      const { kind, error } = await failureOf(embed(body, model));
      expect({ kind, reason: (error as { reason?: string }).reason }).toEqual({ kind: 'final', reason });
      expect(error.message).toMatch(message);
    });

    it('refuses a model without access', async () => {
      bedrock.behaviour.deniedModels.add(titan);
      const { kind, error } = await failureOf(embed({ inputText: 'x' }));
      expect(kind).toBe('final');
      expect(error).toMatchObject({ reason: 'access', message: expect.stringMatching(/ask for access/) });
    });

    it.each([
      ['throttled', { kind: 'error', type: 'ThrottlingException' } as const, 'throttled'],
      ['failing', { kind: 'error', type: 'InternalServerException' } as const, 'passing'],
      ['dropping the connection', { kind: 'reset', when: 'before' } as const, 'passing'],
    ])('tells what passes from what does not when it is %s', async (_, fault, kind) => {
      bedrock.behaviour.faults = () => fault;
      expect((await failureOf(embed({ inputText: 'x' }))).kind).toBe(kind);
    });
  },
);
