/** Judged documents of one query and their grades; 1 and above is relevant, a document that is not here is not. */
export type Grades = ReadonlyMap<string, number>;

/** Tells whether a document was judged relevant. */
export function isRelevant(grades: Grades, documentId: string): boolean {
  return (grades.get(documentId) ?? 0) > 0;
}

/** How many documents were judged relevant. */
export function countRelevant(grades: Grades): number {
  let relevant = 0;
  for (const grade of grades.values()) if (grade > 0) relevant += 1;
  return relevant;
}
