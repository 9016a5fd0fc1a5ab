import type { Source, SourceItem } from '../../sources/source.ts';
import { idOf, readJsonLines, textOf } from './read-json-lines.ts';

/** Hands a BEIR corpus to the pipeline: one document a line, its text as plain text, its `_id` as the document's id. */
export function createCorpusSource(corpusFile: string): Source {
  return {
    async *items(): AsyncGenerator<SourceItem> {
      for await (const line of readJsonLines(corpusFile)) {
        const documentId = idOf(line);
        const title = textOf(line, 'title');
        yield {
          name: documentId,
          load: async () => ({
            documentId,
            source: 'benchmark',
            mediaType: 'text/plain',
            content: textOf(line, 'text'),
            ...(title !== '' && { title }),
          }),
        };
      }
    },
  };
}
