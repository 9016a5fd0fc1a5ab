import { record, strings, wholeNumber } from './check-body.ts';
import type { OperationCall, Reply } from './operations.ts';
import { rankTexts } from './rerank.ts';
import { refuse, ServiceError } from './service-error.ts';

const titanLimits = { tokens: 8_192, characters: 50_000 };
const cohereLimits = { texts: 96, characters: 2_048 };
const inputTypes = ['search_document', 'search_query', 'classification', 'clustering', 'image'];

/** Serves the models whose bodies are known by the id in the path; profiles and ARNs of them too. */
export function invokeModel(call: OperationCall): Promise<Reply> {
  const { subject } = call;
  if (subject.includes('titan-embed-text-v2')) return titan(call);
  if (subject.includes('cohere.embed-v4')) return cohereV4(call);
  if (/cohere\.embed-(english|multilingual)-v3/.test(subject)) return cohereV3(call);
  if (/cohere\.rerank-v3-5|amazon\.rerank-v1/.test(subject)) return rerankByInvoke(call);
  return Promise.reject(
    new ServiceError(
      'ResourceNotFoundException',
      `Could not resolve the foundation model from model identifier: ${subject}`,
    ),
  );
}

async function titan({ body, embedder }: OperationCall): Promise<Reply> {
  const given = record(body, ['inputText', 'dimensions', 'normalize', 'embeddingTypes']);
  const { inputText, dimensions = 1_024, normalize = true, embeddingTypes } = given;
  if (typeof inputText !== 'string')
    refuse(
      'Malformed input request: #: required key [inputText] not found, please reformat your input and try again.',
    );
  if (inputText.length < 1)
    refuse(
      'Malformed input request: expected minLength: 1, actual: 0, please reformat your input and try again.',
    );
  if (inputText.length > titanLimits.characters)
    refuse(
      `Malformed input request: expected maxLength: ${titanLimits.characters}, actual: ${inputText.length}, please reformat your input and try again.`,
    );
  if (![256, 512, 1_024].includes(dimensions as number))
    refuse(
      `Malformed input request: #/dimensions: ${dimensions} is not a valid enum value, please reformat your input and try again.`,
    );
  if (typeof normalize !== 'boolean')
    refuse(
      'Malformed input request: #/normalize: expected type: Boolean, please reformat your input and try again.',
    );
  if (embeddingTypes !== undefined && strings(embeddingTypes).some((type) => type !== 'float'))
    refuse('The stand-in gives float embeddings only');
  const tokens = await embedder.countTokens(inputText);
  if (tokens > titanLimits.tokens) {
    throw new ServiceError(
      'ValidationException',
      `400 Bad Request: Too many input tokens. Max input tokens: ${titanLimits.tokens}, request input token count: ${tokens} `,
    );
  }
  const [vector] = await embedder.embed([inputText], dimensions as number);
  const embedding = [...vector!];
  return { body: { embedding, embeddingsByType: { float: embedding }, inputTextTokenCount: tokens } };
}

async function cohereV3(call: OperationCall): Promise<Reply> {
  const given = record(call.body, ['texts', 'input_type', 'truncate', 'embedding_types']);
  const { truncate = 'NONE' } = given;
  if (!['NONE', 'START', 'END'].includes(truncate as string))
    refuse(
      `Malformed input request: #/truncate: ${truncate} is not a valid enum value, please reformat your input and try again.`,
    );
  const texts = cohereTexts(given);
  const long = texts.find((text) => text.length > cohereLimits.characters);
  if (long !== undefined)
    refuse(
      `Malformed input request: #/texts/${texts.indexOf(long)}: expected maxLength: ${cohereLimits.characters}, actual: ${long.length}, please reformat your input and try again.`,
    );
  return cohereReply(call, texts, 1_024, given.embedding_types);
}

async function cohereV4(call: OperationCall): Promise<Reply> {
  const given = record(call.body, [
    'texts',
    'input_type',
    'truncate',
    'embedding_types',
    'output_dimension',
    'max_tokens',
  ]);
  const { truncate = 'RIGHT', output_dimension: dimensions = 1_536, max_tokens: maxTokens = 128_000 } = given;
  if (!['NONE', 'LEFT', 'RIGHT'].includes(truncate as string))
    refuse(`invalid request: truncate must be one of NONE, LEFT, RIGHT, got ${truncate}`);
  if (![256, 512, 1_024, 1_536].includes(dimensions as number))
    refuse(`invalid request: output_dimension must be one of 256, 512, 1024, 1536, got ${dimensions}`);
  wholeNumber(maxTokens, 'max_tokens', 1, 128_000);
  return cohereReply(call, cohereTexts(given), dimensions as number, given.embedding_types);
}

function cohereTexts({ texts, input_type: inputType }: Record<string, unknown>): string[] {
  if (!inputTypes.includes(inputType as string))
    refuse(
      `Malformed input request: #/input_type: ${inputType} is not a valid enum value, please reformat your input and try again.`,
    );
  const given = strings(texts);
  if (given.length < 1 || given.length > cohereLimits.texts)
    refuse(
      `Malformed input request: #/texts: expected 1 to ${cohereLimits.texts} items, found ${given.length}, please reformat your input and try again.`,
    );
  return given;
}

/** By type where types are asked for, else a plain list: the two forms that Cohere replies in. */
async function cohereReply(
  { embedder }: OperationCall,
  texts: string[],
  dimensions: number,
  types: unknown,
): Promise<Reply> {
  const vectors = (await embedder.embed(texts, dimensions)).map((vector) => [...vector]);
  const tokens = await Promise.all(texts.map((text) => embedder.countTokens(text)));
  const isByType = types !== undefined;
  return {
    headers: { 'X-Amzn-Bedrock-Input-Token-Count': String(tokens.reduce((sum, count) => sum + count, 0)) },
    body: {
      id: crypto.randomUUID(),
      response_type: isByType ? 'embeddings_by_type' : 'embeddings_floats',
      embeddings: isByType ? { float: vectors } : vectors,
      texts,
    },
  };
}

async function rerankByInvoke({ subject, body, embedder }: OperationCall): Promise<Reply> {
  const isCohere = subject.includes('cohere');
  const given = record(body, [
    'query',
    'documents',
    'top_n',
    ...(isCohere ? ['api_version', 'return_documents', 'max_tokens_per_doc'] : []),
  ]);
  const { query, documents, api_version: version } = given;
  if (isCohere && version !== 2)
    refuse(
      `Malformed input request: #/api_version: expected 2, got ${version}, please reformat your input and try again.`,
    );
  if (typeof query !== 'string' || query.length < 1)
    refuse(
      'Malformed input request: #: required key [query] not found, please reformat your input and try again.',
    );
  const texts = strings(documents);
  if (texts.length < 1 || texts.length > 1_000)
    refuse(
      `Malformed input request: #/documents: expected 1 to 1000 items, found ${texts.length}, please reformat your input and try again.`,
    );
  const topN = given.top_n === undefined ? texts.length : wholeNumber(given.top_n, 'top_n', 1, 1_000);
  const results = (await rankTexts(embedder, query, texts)).slice(0, topN);
  return { body: { results: results.map(({ index, score }) => ({ index, relevance_score: score })) } };
}
