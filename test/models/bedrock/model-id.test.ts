import { describe, expect, it } from 'vitest';
import { type ModelIdRules, readModelId } from '../../../models/bedrock/model-id.ts';

const known = [
  'amazon.titan-embed-text-v2:0',
  'cohere.embed-english-v3',
  'anthropic.claude-sonnet-4-5-20250929-v1:0',
];
const rules: ModelIdRules = {
  setting: 'models.x',
  region: 'us-east-1',
  residency: 'geography',
  allowUnpinned: false,
  known,
};

describe('readModelId', () => {
  it.each([
    ['amazon.titan-embed-text-v2:0', 'amazon.titan-embed-text-v2:0'],
    ['cohere.embed-english-v3', 'cohere.embed-english-v3'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['amazon.nova-lite-v1:0:300k', 'amazon.nova-lite-v1:0:300k'],
    [
      'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0',
      'amazon.titan-embed-text-v2:0',
    ],
    [
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
  ])('reads %s', (given, baseId) => {
    expect(readModelId(given, rules)).toEqual({ callId: given, baseId });
  });

  it.each([
    'provisioned-model',
    'imported-model',
    'custom-model-deployment',
    'application-inference-profile',
  ])('takes the ARN of a %s, and the model behind it where it is named', (kind) => {
    const arn = `arn:aws:bedrock:us-east-1:123456789012:${kind}/abc123`;
    expect(readModelId(arn, rules)).toEqual({ callId: arn, baseId: arn });
    expect(readModelId(`${arn}#${known[0]}`, rules)).toEqual({ callId: arn, baseId: known[0] });
  });

  it.each([
    ['amazon.titan-embed-text-v2', /amazon\.titan-embed-text-v2:0; got "amazon\.titan-embed-text-v2"/],
    ['us.anthropic.claude-sonnet-4-5', /anthropic\.claude-sonnet-4-5-20250929-v1:0; got/],
    ['meta.llama3', /an id that ends in its version/],
  ])('refuses %s, which has no version, and names the pinned ones', (given, message) => {
    expect(() => readModelId(given, rules)).toThrow(message);
    expect(readModelId(given, { ...rules, allowUnpinned: true }).callId).toBe(given);
  });

  it('takes a prefix that it does not know for a profile that runs anywhere', () => {
    for (const id of ['sa.anthropic.claude-sonnet-4-5-20250929-v1:0', 'constructor.amazon.nova-lite-v1:0']) {
      expect(() => readModelId(id, rules)).toThrow(/runs anywhere/);
      expect(() => readModelId(id, { ...rules, residency: 'region' })).toThrow(/runs in several regions/);
      const any = readModelId(id, { ...rules, residency: 'any' });
      expect(any).toEqual({ callId: id, baseId: id.slice(id.indexOf('.') + 1) });
    }
    expect(readModelId('zai.glm-4.6-v1:0', rules).baseId).toBe('zai.glm-4.6-v1:0');
  });

  const sonnet = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
  it.each([
    ['region', 'us', 'us-east-1', /runs in several regions/],
    ['geography', 'us', 'us-east-1', undefined],
    ['geography', 'us', 'us-west-2', undefined],
    ['geography', 'eu', 'eu-central-1', undefined],
    ['geography', 'apac', 'ap-south-1', undefined],
    ['geography', 'jp', 'ap-northeast-1', undefined],
    ['geography', 'us', undefined, undefined],
    ['geography', 'eu', 'us-east-1', /whose geography us-east-1 is not in/],
    ['geography', 'us', 'us-gov-west-1', /whose geography us-gov-west-1 is not in/],
    ['geography', 'global', 'us-east-1', /which runs anywhere/],
    ['any', 'global', 'us-east-1', undefined],
    ['any', 'eu', 'us-east-1', undefined],
  ] as const)('with residency %s lets the profile %s. in %s be: %s', (residency, prefix, region, message) => {
    const { region: _, ...others } = rules;
    const read = () =>
      readModelId(`${prefix}.${sonnet}`, { ...others, residency, ...(region && { region }) });
    if (message === undefined) expect(read().baseId).toBe(sonnet);
    else expect(read).toThrow(message);
  });

  it('takes no prompt router, which leaves its region, where models must stay in it', () => {
    const router = 'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1';
    expect(readModelId(router, rules).callId).toBe(router);
    expect(() => readModelId(router, { ...rules, residency: 'region' })).toThrow(/runs in several regions/);
  });

  it.each([
    '',
    'titan',
    'arn:aws:s3:::bucket',
    'arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0',
    'amazon.x:0#y',
  ])('refuses %j', (given) => {
    expect(() => readModelId(given, rules)).toThrow(/^Expected models\.x to be/);
  });
});
