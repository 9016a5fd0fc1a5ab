import { list, oneOf, record, text, wholeNumber } from './check-body.ts';
import type { ServedModel } from './language-models.ts';
import { refuse } from './service-error.ts';

/** A checked request, with what a script needs of it. */
export interface ConverseRequest {
  readonly model: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Text of the system prompt. */
  readonly system: string;
  /** The last text of the last message. */
  readonly question: string;
  /** `searchResult` blocks, in the order of the request. */
  readonly searchResults: readonly SearchResult[];
  /** Passages written into the text as `<passage number="1" …>…</passage>`. */
  readonly numbered: readonly { readonly number: number; readonly text: string }[];
  readonly guardrail?: { readonly id: string; readonly version: string; readonly streamMode?: string };
  /** Characters up to the last cache point, and of all. */
  readonly prompt: string;
  readonly cached: string;
  readonly maxTokens?: number;
}

export interface SearchResult {
  readonly source: string;
  readonly title: string;
  readonly texts: readonly string[];
  readonly isCited: boolean;
}

const fields = [
  ...[
    'messages',
    'system',
    'inferenceConfig',
    'toolConfig',
    'guardrailConfig',
    'additionalModelRequestFields',
  ],
  ...['promptVariables', 'additionalModelResponseFieldPaths', 'requestMetadata', 'performanceConfig'],
  ...['serviceTier', 'outputConfig'],
];
const metadataText = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;

/** Holds a Converse request against the limits of the service model. @throws {ServiceError} */
export function readConverseRequest(
  model: string,
  given: unknown,
  served: ServedModel,
  isStream: boolean,
): ConverseRequest {
  const body = record(given, fields);
  let prompt = '';
  let cached = '';
  const mark = () => {
    if (!served.takesCachePoints) {
      refuse(
        'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
      );
    }
    cached = prompt;
  };

  for (const item of list(body.system ?? [], 'system', 0)) {
    const block = record(item, ['text', 'cachePoint', 'guardContent']);
    if (block.cachePoint !== undefined) checkCachePoint(block.cachePoint, mark);
    else if (block.text !== undefined) prompt += text(block.text, 'system.member.text', 1);
  }
  const system = prompt;

  const searchResults: SearchResult[] = [];
  const numbered: { number: number; text: string }[] = [];
  let question = '';
  const messages = list(body.messages, 'messages', 1);
  for (const [at, item] of messages.entries()) {
    const { role, content } = record(item, ['role', 'content']);
    oneOf(role, `messages.${at + 1}.member.role`, ['user', 'assistant']);
    if (role !== (at % 2 === 0 ? 'user' : 'assistant')) {
      refuse(
        'A conversation must start with a user message, and roles must alternate between "user" and "assistant".',
      );
    }
    for (const part of list(content, `messages.${at + 1}.member.content`, 1)) {
      const block = part as Record<string, unknown>;
      if (Object.keys(block).length !== 1) refuse('Only one of the members of ContentBlock may be set');
      if (block.cachePoint !== undefined) checkCachePoint(block.cachePoint, mark);
      else if (block.searchResult !== undefined) {
        const result = readSearchResult(block.searchResult, served);
        searchResults.push(result);
        prompt += result.texts.join('');
      } else if (block.text !== undefined) {
        const written = text(block.text, 'content.text', 0);
        if (written.trim() === '')
          refuse(
            'The text field in the ContentBlock object is blank. Add text to the text field, and try again.',
          );
        prompt += written;
        question = written;
        for (const match of written.matchAll(
          /<passage(?:-\w+)? number="(\d+)"[^>]*>\n([\s\S]*?)\n<\/passage(?:-\w+)?>/g,
        )) {
          numbered.push({ number: Number(match[1]), text: match[2]! });
        }
      } else if (block.guardContent !== undefined) {
        prompt += text(
          record(record(block.guardContent, ['text']).text, ['text', 'qualifiers']).text,
          'guardContent.text.text',
          1,
        );
      } else if (
        !['toolUse', 'toolResult', 'citationsContent', 'reasoningContent'].some((name) => name in block)
      ) {
        refuse(`The stand-in takes no content block ${Object.keys(block)[0]}`);
      }
    }
  }
  if (new Set(searchResults.map(({ isCited }) => isCited)).size > 1) {
    refuse('Citations must be enabled for all or none of the search results');
  }
  if (messages.length % 2 === 0) refuse('The conversation must end with a user message.');

  const { maxTokens } = readInference(body.inferenceConfig);
  const guardrail = readGuardrail(body.guardrailConfig, isStream);
  checkMetadata(body.requestMetadata);
  return {
    model,
    body,
    system,
    question,
    searchResults,
    numbered,
    prompt,
    cached,
    ...(guardrail && { guardrail }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
}

function checkCachePoint(given: unknown, mark: () => void): void {
  const { type, ttl = '5m' } = record(given, ['type', 'ttl']);
  oneOf(type, 'cachePoint.type', ['default']);
  oneOf(ttl, 'cachePoint.ttl', ['5m', '1h']);
  mark();
}

function readSearchResult(given: unknown, served: ServedModel): SearchResult {
  if (!served.takesSearchResults) {
    refuse("This model doesn't support search result content blocks. Remove them and try again.");
  }
  const { source, title, content, citations } = record(given, ['source', 'title', 'content', 'citations']);
  const texts = list(content, 'searchResult.content', 1).map((item) =>
    text(record(item, ['text']).text, 'searchResult.content.text', 1),
  );
  const isCited = citations !== undefined && record(citations, ['enabled']).enabled === true;
  return {
    source: text(source, 'searchResult.source', 1),
    title: text(title, 'searchResult.title', 1),
    texts,
    isCited,
  };
}

function readInference(given: unknown): { readonly maxTokens?: number } {
  if (given === undefined) return {};
  const { maxTokens, temperature, topP, stopSequences } = record(given, [
    'maxTokens',
    'temperature',
    'topP',
    'stopSequences',
  ]);
  for (const [name, value] of Object.entries({ temperature, topP })) {
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value <= 1)) {
      refuse(
        `1 validation error detected: Value '${value}' at 'inferenceConfig.${name}' failed to satisfy constraint: Member must have value between 0 and 1`,
      );
    }
  }
  if (stopSequences !== undefined) list(stopSequences, 'inferenceConfig.stopSequences', 0, 2_500);
  if (maxTokens === undefined) return {};
  return { maxTokens: wholeNumber(maxTokens, 'inferenceConfig.maxTokens', 1, Number.MAX_SAFE_INTEGER) };
}

function readGuardrail(given: unknown, isStream: boolean): ConverseRequest['guardrail'] {
  if (given === undefined) return undefined;
  const { guardrailIdentifier, guardrailVersion, trace, streamProcessingMode } = record(given, [
    ...['guardrailIdentifier', 'guardrailVersion', 'trace'],
    ...(isStream ? ['streamProcessingMode'] : []),
  ]);
  const id = text(guardrailIdentifier, 'guardrailConfig.guardrailIdentifier', 1, 2_048);
  const version = text(guardrailVersion, 'guardrailConfig.guardrailVersion', 1, 8);
  if (!/^(([a-z0-9]+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+))$/.test(id)) {
    refuse(`The guardrail identifier or version provided in the request does not exist.`);
  }
  if (!/^([1-9][0-9]{0,7}|DRAFT)$/.test(version)) refuse('The guardrail version is malformed');
  if (trace !== undefined) oneOf(trace, 'guardrailConfig.trace', ['enabled', 'disabled', 'enabled_full']);
  if (streamProcessingMode !== undefined)
    oneOf(streamProcessingMode, 'guardrailConfig.streamProcessingMode', ['sync', 'async']);
  return {
    id,
    version,
    ...(typeof streamProcessingMode === 'string' && { streamMode: streamProcessingMode }),
  };
}

function checkMetadata(given: unknown): void {
  if (given === undefined) return;
  const entries = Object.entries(given as object);
  if (entries.length < 1 || entries.length > 16)
    refuse(
      `Value at 'requestMetadata' failed to satisfy constraint: Member must have length between 1 and 16`,
    );
  for (const [key, value] of entries) {
    if (key === '' || !metadataText.test(key) || typeof value !== 'string' || !metadataText.test(value)) {
      refuse(
        `Value at 'requestMetadata' failed to satisfy constraint: Map entry must satisfy ${metadataText.source}`,
      );
    }
  }
}
