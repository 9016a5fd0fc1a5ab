import { list, oneOf, record, text, wholeNumber } from './check-body.ts';
import type { OperationCall, Reply } from './operations.ts';
import { refuse, ServiceError } from './service-error.ts';
import type { TextEmbedder } from './text-embedder.ts';

const knownModels = ['amazon.rerank-v1:0', 'cohere.rerank-v3-5:0'];

/** The Rerank operation of agent-runtime. */
export async function rerank({ body, embedder }: OperationCall): Promise<Reply> {
  const given = record(body, ['queries', 'sources', 'rerankingConfiguration', 'nextToken']);
  const [query] = list(given.queries, 'queries', 1, 1).map((item) => {
    const { type, textQuery } = record(item, ['type', 'textQuery']);
    oneOf(type, 'queries.1.member.type', ['TEXT']);
    return text(record(textQuery, ['text']).text, 'queries.1.member.textQuery.text', 1, 32_000);
  });
  const documents = list(given.sources, 'sources', 1, 1_000).map(documentText);
  const configuration = record(given.rerankingConfiguration, ['type', 'bedrockRerankingConfiguration']);
  oneOf(configuration.type, 'rerankingConfiguration.type', ['BEDROCK_RERANKING_MODEL']);
  const { modelConfiguration, numberOfResults = documents.length } = record(
    configuration.bedrockRerankingConfiguration,
    ['modelConfiguration', 'numberOfResults'],
  );
  const { modelArn } = record(modelConfiguration, ['modelArn', 'additionalModelRequestFields']);
  const arn = text(modelArn, 'modelArn', 1, 2_048);
  if (!/^arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}::foundation-model\/.+$/.test(arn)) {
    refuse(`The provided model identifier is invalid: ${arn}`);
  }
  if (!knownModels.some((model) => arn.endsWith(`/${model}`))) {
    throw new ServiceError('ResourceNotFoundException', `The model ${arn} does not exist or cannot rerank`);
  }
  const wanted = wholeNumber(numberOfResults, 'numberOfResults', 1, 1_000);
  const ranked = (await rankTexts(embedder, query!, documents)).slice(0, wanted);
  return { body: { results: ranked.map(({ index, score }) => ({ index, relevanceScore: score })) } };
}

function documentText(item: unknown): string {
  const { type, inlineDocumentSource } = record(item, ['type', 'inlineDocumentSource']);
  oneOf(type, 'sources.member.type', ['INLINE']);
  const source = record(inlineDocumentSource, ['type', 'textDocument', 'jsonDocument']);
  oneOf(source.type, 'sources.member.inlineDocumentSource.type', ['TEXT', 'JSON']);
  if (source.type === 'JSON') return JSON.stringify(source.jsonDocument);
  return text(record(source.textDocument, ['text']).text, 'textDocument.text', 1, 32_000);
}

/** Best first, by the cosine of the local model's vectors, from 0 to 1. */
export async function rankTexts(
  embedder: TextEmbedder,
  query: string,
  texts: readonly string[],
): Promise<{ readonly index: number; readonly score: number }[]> {
  const [asked, ...vectors] = await embedder.embed([query, ...texts], 384);
  return vectors
    .map((vector, index) => ({
      index,
      score: (1 + vector.reduce((sum, value, at) => sum + value * asked![at]!, 0)) / 2,
    }))
    .sort((left, right) => right.score - left.score || left.index - right.index);
}
