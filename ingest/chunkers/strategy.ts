import { InvalidConfiguration } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';

/** What each strategy but `custom` may say. */
interface Surrounded {
  /** Whether title and headings are embedded above each chunk's text; they are searched by words either way. @default true */
  readonly embedHeadings?: boolean;
}

/** How documents are cut, by the names, parameters and limits of Bedrock Knowledge Bases. */
export type ChunkingStrategy = BuiltInChunking | CustomChunking;

type BuiltInChunking = (
  | {
      /** Ends at sentences, within sections. */
      readonly strategy: 'default';
      /** Of all that is embedded, 20 to 8,192. @default 300 */
      readonly maxTokens?: number;
    }
  /** As many words as fit; each chunk starts with the last `overlapPercentage` of `maxTokens` of the one before. */
  | {
      readonly strategy: 'fixed';
      /** Of all that is embedded, 20 to 8,192; Bedrock's default is 300. */
      readonly maxTokens: number;
      /** 1 to 99; Bedrock's default is 20. */
      readonly overlapPercentage: number;
    }
  /** Children are searched; the parent of a child can be returned in its place. */
  | {
      readonly strategy: 'hierarchical';
      /** 20 to 8,192; Bedrock's default is 1,500. */
      readonly parentMaxTokens: number;
      /** 20 to `parentMaxTokens`; Bedrock's default is 300. */
      readonly childMaxTokens: number;
      /** 1 to below `childMaxTokens`, repeated between neighbouring children, and so between parents; default 60. */
      readonly overlapTokens: number;
    }
  | SemanticChunking
  /** One chunk a document; one that the embedding model cannot read whole is refused. */
  | { readonly strategy: 'none' }
) &
  Surrounded;

/** Ends a chunk where the next sentence is about something else, as the embedding model sees it. */
export interface SemanticChunking extends Surrounded {
  readonly strategy: 'semantic';
  /** Of all that is embedded, 20 to 8,192; Bedrock's default is 300. */
  readonly maxTokens: number;
  /** Sentences on each side that a sentence is compared together with, 0 or 1; Bedrock's default is 0. */
  readonly bufferSize: number;
  /** 50 to 99: distances between neighbours above this percentile of the document's end a chunk; Bedrock's default is 95. */
  readonly breakpointPercentileThreshold: number;
}

/** The caller's own way of cutting. A piece longer than the embedding model's input is cut again, at sentences. */
export interface CustomChunking {
  readonly strategy: 'custom';
  /** Names the way of cutting and its parameters: another id cuts stored documents anew. */
  readonly id: string;
  /** Pieces of `parsed.text` by rising start; they may overlap, and text that none covers is not indexed. */
  split(parsed: ParsedDocument): Iterable<TextRange> | Promise<Iterable<TextRange>>;
}

/** [start, end) in UTF-16 code units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Bedrock's "approximately 300 tokens". */
export const defaultMaxTokens = 300;

/** Bounds on tokens of a chunk that Bedrock Knowledge Bases sets. */
export const tokenLimits = { min: 20, max: 8_192 } as const;

/**
 * Checks a strategy's parameters.
 * @throws {InvalidConfiguration} naming the setting under `ingest.chunking`
 */
export function checkStrategy(strategy: ChunkingStrategy): void {
  switch (strategy.strategy) {
    case 'none':
      return;
    case 'default':
      checkInteger('maxTokens', strategy.maxTokens ?? defaultMaxTokens, tokenLimits.min, tokenLimits.max);
      return;
    case 'fixed':
      checkInteger('maxTokens', strategy.maxTokens, tokenLimits.min, tokenLimits.max);
      checkInteger('overlapPercentage', strategy.overlapPercentage, 1, 99);
      return;
    case 'hierarchical':
      checkInteger('parentMaxTokens', strategy.parentMaxTokens, tokenLimits.min, tokenLimits.max);
      checkInteger('childMaxTokens', strategy.childMaxTokens, tokenLimits.min, strategy.parentMaxTokens);
      checkInteger('overlapTokens', strategy.overlapTokens, 1, strategy.childMaxTokens - 1);
      return;
    case 'semantic':
      checkInteger('maxTokens', strategy.maxTokens, tokenLimits.min, tokenLimits.max);
      checkInteger('bufferSize', strategy.bufferSize, 0, 1);
      checkInteger('breakpointPercentileThreshold', strategy.breakpointPercentileThreshold, 50, 99);
      return;
    case 'custom':
      if (typeof strategy.id === 'string' && strategy.id !== '') return;
      throw new InvalidConfiguration('ingest.chunking.id', 'Expected ingest.chunking.id to be a name');
    default:
      throw new InvalidConfiguration(
        'ingest.chunking.strategy',
        `Expected ingest.chunking.strategy to be default, fixed, hierarchical, semantic, none or custom, got ${JSON.stringify((strategy as { strategy: unknown }).strategy)}`,
      );
  }
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  const setting = `ingest.chunking.${name}`;
  throw new InvalidConfiguration(setting, `Expected ${setting} to be ${min} to ${max}, got ${value}`);
}
