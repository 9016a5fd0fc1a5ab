/** English words that say nothing of a query's subject: Lucene's list, and the words that questions are made of. */
export const stopWords: ReadonlySet<string> = new Set(
  (
    'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this ' +
    'to was will with ' +
    'what which who whom whose when where why how do does did has have had can could should would may might must ' +
    'been being am were from about than i we you he she its our your my me us'
  ).split(' '),
);
