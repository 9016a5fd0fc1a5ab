import { addChunk, type Draft, tokensOf } from './draft.ts';
import { pack } from './pack.ts';
import { createPause } from './pause.ts';
import { type ReadBlock, type ReadDocument, readWords } from './read-words.ts';
import { type Section, sectionsOf } from './sections.ts';
import type { TextRange } from './strategy.ts';
import type { Surroundings } from './surroundings.ts';

export interface CutPlan {
  /** Of all that is embedded for a chunk. */
  readonly maxTokens: number;
  /** Of text that a chunk repeats of the one before it. */
  readonly overlapTokens: number;
  /** True: ends where meaning does. False: ends where the size is reached. */
  readonly structured: boolean;
  /** Cuts sections further before they are packed. */
  readonly divide?: (
    text: string,
    document: ReadDocument,
    sections: readonly Section[],
  ) => Promise<Section[]>;
}

/** Cuts a document, or the part of it in `clip`, section by section into chunks and adds them to the draft. */
export async function cutSections(draft: Draft, plan: CutPlan, clip?: TextRange): Promise<void> {
  const { surroundings, tokenizer } = draft;
  const room = plan.maxTokens - tokenizer.specialTokens;
  const pause = createPause();
  const document = await readWords(draft.parsed, {
    tokenizer,
    keepWhole: (block) => room - surroundings.at(block, block.start).tokens,
    // Titles and a table's header take at most a quarter each.
    maxWordWeight: room - 2 * Math.floor(plan.maxTokens / 4),
    structured: plan.structured,
    pause,
    ...(clip !== undefined && { clip }),
  });
  const { words } = document;
  const blockAt = createBlockFinder(document.blocks);
  const around = (word: number): Surroundings => surroundings.at(blockAt(word).block, words.start(word));
  const rangeOf = (from: number, to: number): TextRange => ({
    start: words.start(from),
    end: words.end(to - 1),
  });
  const options = {
    maxTokens: plan.maxTokens,
    overlap: plan.overlapTokens,
    balanced: plan.structured,
    room: (word: number) => room - around(word).tokens,
    measure: (from: number, to: number) => tokensOf(draft, rangeOf(from, to), around(from)),
  };
  let sections = sectionsOf(document, room);
  if (plan.divide !== undefined) sections = await plan.divide(draft.parsed.text, document, sections);
  for (const section of sections) {
    draft.sectionStarts.add(draft.chunks.length);
    for (const { from, to, tokens } of pack(words, section.from, section.to, options)) {
      addChunk(draft, rangeOf(from, to), around(from), blockAt(from).block, tokens);
      await pause();
    }
  }
}

/** Finds the block of a word; fast where the next word asked for is near the last one. */
function createBlockFinder(blocks: readonly ReadBlock[]): (word: number) => ReadBlock {
  let at = 0;
  return (word) => {
    while (word < blocks[at]!.from) at -= 1;
    while (word >= blocks[at]!.to) at += 1;
    return blocks[at]!;
  };
}
