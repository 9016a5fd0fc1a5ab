import { refuse, ServiceError } from './service-error.ts';

/** What the stand-in knows of a language model: only what decides whether a request is taken. */
export interface ServedModel {
  readonly takesSearchResults: boolean;
  readonly takesCachePoints: boolean;
  /** A prompt's kept part is shorter than this: it is not kept. */
  readonly minCachedTokens: number;
  readonly contextTokens: number;
  /** Served through a cross-Region inference profile only. */
  readonly needsProfile: boolean;
}

const served: Readonly<Record<string, ServedModel>> = {
  'anthropic.claude-sonnet-4-5-20250929-v1:0': claude(true),
  'anthropic.claude-haiku-4-5-20251001-v1:0': { ...claude(true), minCachedTokens: 4_096 },
  'anthropic.claude-3-7-sonnet-20250219-v1:0': claude(true),
  'anthropic.claude-3-haiku-20240307-v1:0': {
    takesSearchResults: false,
    takesCachePoints: false,
    minCachedTokens: 0,
    contextTokens: 200_000,
    needsProfile: false,
  },
  'amazon.nova-lite-v1:0': nova(300_000),
  'amazon.nova-micro-v1:0': nova(128_000),
  'meta.llama3-1-8b-instruct-v1:0': {
    takesSearchResults: false,
    takesCachePoints: false,
    minCachedTokens: 0,
    contextTokens: 128_000,
    needsProfile: false,
  },
};

function claude(needsProfile: boolean): ServedModel {
  return {
    takesSearchResults: true,
    takesCachePoints: true,
    minCachedTokens: 1_024,
    contextTokens: 200_000,
    needsProfile,
  };
}

function nova(contextTokens: number): ServedModel {
  return {
    takesSearchResults: false,
    takesCachePoints: true,
    minCachedTokens: 1_000,
    contextTokens,
    needsProfile: false,
  };
}

/** @throws {ServiceError} as Bedrock does for a model that there is not, or not in this way */
export function servedModel(subject: string): ServedModel {
  if (
    /^arn:aws[^:]*:bedrock:[^:]+:\d{12}:(provisioned-model|imported-model|custom-model-deployment|application-inference-profile)\//.test(
      subject,
    )
  ) {
    return served['meta.llama3-1-8b-instruct-v1:0']!;
  }
  const id = subject.replace(/^arn:aws[^:]*:bedrock:[^:]+:\d*:(foundation-model|inference-profile)\//, '');
  const profile = /^(us|eu|apac|jp|au|us-gov|global)\./.exec(id);
  const model = served[profile === null ? id : id.slice(profile[0].length)];
  if (model === undefined) {
    if (/^[a-z0-9.]+\.[a-z0-9.:-]+$/.test(id)) refuse('The provided model identifier is invalid.');
    throw new ServiceError(
      'ResourceNotFoundException',
      `Could not resolve the foundation model from the model identifier: ${subject}`,
    );
  }
  if (model.needsProfile && profile === null) {
    refuse(
      `Invocation of model ID ${id} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    );
  }
  return model;
}
