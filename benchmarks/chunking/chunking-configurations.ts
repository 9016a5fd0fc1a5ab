import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import { InvalidInput } from '../../domain/errors.ts';
import type { SearchRequest } from '../../domain/search.ts';
import { fromLangChain } from '../../ingest/chunkers/langchain.ts';
import type { ChunkingStrategy } from '../../ingest/chunkers/strategy.ts';

/** A way of cutting that is measured, under the name that its figures bear. */
export interface ChunkingConfiguration {
  readonly name: string;
  readonly chunking: ChunkingStrategy;
  /** Hierarchical chunks are measured as they are meant: the parents are returned. */
  readonly expand?: SearchRequest['expand'];
}

const semantic = { strategy: 'semantic', bufferSize: 0, breakpointPercentileThreshold: 95 } as const;

/** Each strategy at the sizes that a model of 256 tokens can read, and a splitter in wide use beside them. */
export const chunkingConfigurations: readonly ChunkingConfiguration[] = [
  { name: 'default', chunking: { strategy: 'default' } },
  { name: 'default-128', chunking: { strategy: 'default', maxTokens: 128 } },
  { name: 'default-64', chunking: { strategy: 'default', maxTokens: 64 } },
  { name: 'default-no-headings', chunking: { strategy: 'default', embedHeadings: false } },
  { name: 'fixed-256', chunking: { strategy: 'fixed', maxTokens: 256, overlapPercentage: 20 } },
  { name: 'fixed-128', chunking: { strategy: 'fixed', maxTokens: 128, overlapPercentage: 20 } },
  { name: 'fixed-64', chunking: { strategy: 'fixed', maxTokens: 64, overlapPercentage: 20 } },
  {
    name: 'hierarchical-1500-256',
    chunking: { strategy: 'hierarchical', parentMaxTokens: 1_500, childMaxTokens: 256, overlapTokens: 60 },
    expand: 'parent',
  },
  {
    name: 'hierarchical-512-128',
    chunking: { strategy: 'hierarchical', parentMaxTokens: 512, childMaxTokens: 128, overlapTokens: 20 },
    expand: 'parent',
  },
  { name: 'semantic-256', chunking: { ...semantic, maxTokens: 256 } },
  { name: 'semantic-256-buffer', chunking: { ...semantic, maxTokens: 256, bufferSize: 1 } },
  {
    name: 'semantic-128-p80',
    chunking: { ...semantic, maxTokens: 128, breakpointPercentileThreshold: 80 },
  },
  {
    name: 'langchain-recursive-800',
    chunking: fromLangChain(
      new RecursiveCharacterTextSplitter({ chunkSize: 800, chunkOverlap: 0 }),
      'recursive 800/0 characters',
    ),
  },
];

/** What everything is compared with. */
export const baseline = 'default';

/**
 * The configurations of these names, the baseline first; all where none is named.
 * @throws {InvalidInput} for a name that there is not
 */
export function chooseConfigurations(names: readonly string[]): readonly ChunkingConfiguration[] {
  const unknown = names.find((name) => !chunkingConfigurations.some((one) => one.name === name));
  if (unknown !== undefined) {
    const known = chunkingConfigurations.map(({ name }) => name).join(', ');
    throw new InvalidInput(
      'only',
      `Unknown configuration ${JSON.stringify(unknown)}, expected one of ${known}`,
    );
  }
  if (names.length === 0) return chunkingConfigurations;
  return chunkingConfigurations.filter(({ name }) => name === baseline || names.includes(name));
}
