/** Limits of what a caller can make large; each stands in the OpenAPI document too. */
export const requestLimits = {
  queryCharacters: 4_000,
  topK: 1_000,
  candidates: 10_000,
  facets: 20,
  facetSize: 1_000,
  facetRanges: 100,
  passages: 50,
  /** Ids of models, cursors. */
  cursorCharacters: 8_192,
  nameCharacters: 256,
  listedDocuments: 1_000,
  /** A document id in base64url. */
  listCursorCharacters: 1_024,
  principals: 10_000,
  /** Of the JSON of a search, an answer or a patch: far above what their own limits allow. */
  smallBodyBytes: 4_194_304,
} as const;
