import { createRandom } from '../statistics/seeded-random.ts';

/** One made-up chunk: its words follow Zipf's law, its vector lies near one of its tenant's topics. */
export interface SyntheticChunk {
  readonly tenantId: string;
  readonly documentId: string;
  readonly text: string;
  /** Length 1. */
  readonly vector: Float32Array;
}

export interface SyntheticQuery {
  readonly tenantId: string;
  readonly text: string;
  readonly vector: Float32Array;
}

export interface CorpusShape {
  readonly tenants: number;
  readonly chunksATenant: number;
  readonly dimensions: number;
  readonly seed: number;
}

const vocabulary = 20_000;
const wordsAChunk = 60;
const wordsAQuery = 5;
const topicsATenant = 20;

/** The chunks of one tenant; the same shape gives the same chunks. */
export function chunksOf(shape: CorpusShape, tenant: number): SyntheticChunk[] {
  const random = createRandom(shape.seed * 1_000_003 + tenant);
  const topics = topicsOf(shape, tenant);
  return Array.from({ length: shape.chunksATenant }, (_, at) => ({
    tenantId: `t${tenant}`,
    documentId: `d${at}`,
    text: Array.from({ length: wordsAChunk }, () => word(zipf(random))).join(' '),
    vector: near(topics[at % topics.length]!, random),
  }));
}

/** Queries of tenants drawn at random: words of middling frequency, and a vector near one of the tenant's topics. */
export function queriesOf(shape: CorpusShape, count: number): SyntheticQuery[] {
  const random = createRandom(shape.seed + 17);
  return Array.from({ length: count }, () => {
    const tenant = Math.floor(random() * shape.tenants);
    const topics = topicsOf(shape, tenant);
    return {
      tenantId: `t${tenant}`,
      text: Array.from({ length: wordsAQuery }, () => word(20 + zipf(random))).join(' '),
      vector: near(topics[Math.floor(random() * topics.length)]!, random),
    };
  });
}

function topicsOf({ seed, dimensions }: CorpusShape, tenant: number): Float32Array[] {
  const random = createRandom(seed * 7_919 + tenant);
  return Array.from({ length: topicsATenant }, () => unit(gaussians(dimensions, random)));
}

function near(topic: Float32Array, random: () => number): Float32Array {
  const noise = unit(gaussians(topic.length, random));
  return unit(topic.map((value, at) => value + 0.8 * noise[at]!));
}

function gaussians(count: number, random: () => number): Float32Array {
  // Box and Muller, "A note on the generation of random normal deviates", 1958.
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Rank 0 to vocabulary − 1, its probability falling about as 1 / rank. */
function zipf(random: () => number): number {
  return Math.floor(vocabulary ** random()) - 1;
}

function word(rank: number): string {
  return `w${rank.toString(36)}x`;
}
