import type { Chunk, ParentChunk } from '../domain/chunk.ts';
import { DocumentRefused } from '../domain/errors.ts';
import type { Block, ParsedDocument } from '../domain/parsed-document.ts';
import type { EmbeddingModel } from '../models/embedding-model.ts';
import { customPieces } from './chunkers/custom.ts';
import { type CutPlan, cutSections } from './chunkers/cut-sections.ts';
import { addChunk, type ChunkedIdentity, createDraft, type Draft, tokensOf } from './chunkers/draft.ts';
import { joinParents } from './chunkers/parents.ts';
import { divideByMeaning, type EmbedTexts } from './chunkers/semantic.ts';
import {
  type ChunkingStrategy,
  type CustomChunking,
  checkStrategy,
  defaultMaxTokens,
  type SemanticChunking,
  type TextRange,
} from './chunkers/strategy.ts';

/** Cuts documents into chunks that the embedding model reads whole. */
export interface Chunker {
  /** Another one makes other chunks: strategy, parameters, model and the version of this code. */
  readonly recipe: string;

  /** Whether title and headings stand above what is embedded of a chunk. */
  readonly embedHeadings: boolean;

  /**
   * @param embed one vector a text, for breakpoints by meaning, which are refused without it
   * @throws {DocumentRefused} `too_large` when `none` is asked for and the model cannot read the document whole
   * @throws whatever `embed` does
   */
  chunk(parsed: ParsedDocument, document: ChunkedIdentity, embed?: EmbedTexts): Promise<ChunkedDocument>;
}

export interface ChunkedDocument {
  readonly chunks: readonly Chunk[];
  /** Of hierarchical chunking. */
  readonly parents: readonly ParentChunk[];
  /** For each chunk exactly what is to be embedded: a title too long for its part of the input is cut in it. */
  readonly embeddedTexts: readonly string[];
  /** Texts that the model embedded only to find where chunks end; above 0 with `semantic`. */
  readonly breakpointTexts: number;
}

/** What a chunker needs to know of the embedding model. */
export type ChunkedModel = Pick<EmbeddingModel, 'id' | 'maxInputTokens' | 'tokenizer'>;

/** Raised whenever the same input would give other chunks. */
const codeVersion = 2;

/**
 * Makes a chunker. Sizes are tokens of all that is embedded (special tokens, titles, table header, text), and a
 * size above the model's input means the model's input.
 * @throws {InvalidConfiguration} for parameters outside their limits
 */
export function createChunker(strategy: ChunkingStrategy, model: ChunkedModel): Chunker {
  checkStrategy(strategy);
  const plan = planOf(strategy, model.maxInputTokens);
  const embedHeadings = strategy.strategy === 'custom' || strategy.embedHeadings !== false;
  const draftOptions = { maxTokens: plan.maxTokens, embedHeadings, tokenizer: model.tokenizer };
  return {
    recipe: `chunks-${codeVersion} ${JSON.stringify(strategy)} ${model.id} ${model.maxInputTokens}`,
    embedHeadings,
    async chunk(parsed, document, embed) {
      const draft = createDraft(parsed, document, draftOptions);
      let breakpointTexts = 0;
      if (strategy.strategy === 'none') cutNowhere(draft, model);
      else if (strategy.strategy === 'custom') await cutByCustom(draft, plan, strategy);
      else if (strategy.strategy === 'semantic') {
        breakpointTexts = await cutByMeaning(draft, plan, strategy, model.maxInputTokens, embed);
      } else await cutSections(draft, plan);
      const { chunks, embeddedTexts } = draft;
      if (strategy.strategy !== 'hierarchical')
        return { chunks, parents: [], embeddedTexts, breakpointTexts };
      const joined = joinParents(draft, strategy.parentMaxTokens);
      return { chunks: joined.children, parents: joined.parents, embeddedTexts, breakpointTexts };
    },
  };
}

function planOf(strategy: ChunkingStrategy, maxInputTokens: number): CutPlan {
  switch (strategy.strategy) {
    case 'fixed': {
      const maxTokens = Math.min(strategy.maxTokens, maxInputTokens);
      const overlapTokens = Math.floor((maxTokens * strategy.overlapPercentage) / 100);
      return { maxTokens, overlapTokens, structured: false };
    }
    case 'hierarchical':
      return {
        maxTokens: Math.min(strategy.childMaxTokens, maxInputTokens),
        overlapTokens: strategy.overlapTokens,
        structured: true,
      };
    case 'semantic':
      return { maxTokens: Math.min(strategy.maxTokens, maxInputTokens), overlapTokens: 0, structured: true };
    case 'default':
      return {
        maxTokens: Math.min(strategy.maxTokens ?? defaultMaxTokens, maxInputTokens),
        overlapTokens: 0,
        structured: true,
      };
    default:
      return { maxTokens: maxInputTokens, overlapTokens: 0, structured: true };
  }
}

function cutNowhere(draft: Draft, model: ChunkedModel): void {
  const { text, blocks } = draft.parsed;
  const [first] = blocks;
  const range = trimmed(text, { start: 0, end: text.length });
  if (first === undefined || range.start >= range.end) return;
  const around = draft.surroundings.under(sharedStart(blocks));
  const tokens = tokensOf(draft, range, around);
  if (tokens > model.maxInputTokens) {
    throw new DocumentRefused(
      'too_large',
      `Cannot take in "${draft.document.documentId}" as one chunk: it has ${tokens} tokens, expected at most the ${model.maxInputTokens} that ${model.id} reads; choose another ingest.chunking.strategy`,
    );
  }
  addChunk(draft, range, around, first, tokens);
}

function sharedStart(blocks: readonly Block[]): readonly string[] {
  let path = blocks[0]?.headingPath ?? [];
  for (const { headingPath } of blocks) {
    const differs = path.findIndex((part, at) => part !== headingPath[at]);
    if (differs !== -1) path = path.slice(0, differs);
  }
  return path;
}

/** Gives how many texts were embedded for it. */
async function cutByMeaning(
  draft: Draft,
  plan: CutPlan,
  chunking: SemanticChunking,
  maxInputTokens: number,
  embed: EmbedTexts | undefined,
): Promise<number> {
  if (embed === undefined) throw new TypeError('Expected a function that embeds, for breakpoints by meaning');
  let embedded = 0;
  await cutSections(draft, {
    ...plan,
    divide: async (text, document, sections) => {
      const divided = await divideByMeaning(text, document, sections, chunking, maxInputTokens, embed);
      embedded = divided.embedded;
      return divided.sections;
    },
  });
  return embedded;
}

async function cutByCustom(draft: Draft, plan: CutPlan, chunking: CustomChunking): Promise<void> {
  const { parsed } = draft;
  for (const piece of await customPieces(chunking, parsed)) {
    const start = trimmed(parsed.text, piece).start;
    const block = blockAt(parsed.blocks, start);
    const around = draft.surroundings.at(block, start);
    const tokens = tokensOf(draft, piece, around);
    if (tokens <= plan.maxTokens) addChunk(draft, piece, around, block, tokens);
    else await cutSections(draft, plan, piece);
  }
}

function trimmed(text: string, { start, end }: TextRange): TextRange {
  const part = text.slice(start, end);
  return { start: end - part.trimStart().length, end: start + part.trimEnd().length };
}

/** The last block that starts no later. */
function blockAt(blocks: readonly Block[], position: number): Block {
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (blocks[middle]!.start <= position) low = middle;
    else high = middle - 1;
  }
  return blocks[low]!;
}
