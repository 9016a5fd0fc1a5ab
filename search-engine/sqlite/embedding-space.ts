/** What the vectors of an index have in common. */
export interface EmbeddingSpace {
  readonly modelId: string;
  readonly dimensions: number;
}
