import { sentences } from '../../../domain/sentences.ts';
import type { ConverseRequest, SearchResult } from './converse-request.ts';

/** One step of what a language model says. */
export type ScriptStep =
  /** Text of the content block that is open. */
  | { readonly text: string }
  /** A citation of the open block's text. */
  | { readonly citation: object }
  /** Closes the open block; the next step opens another. */
  | { readonly close: true }
  | { readonly toolUse: { readonly name: string; readonly input: readonly string[] } }
  | { readonly pauseMs: number };

/** What a language model says to one request. */
export interface ScriptedReply {
  readonly steps: readonly ScriptStep[];
  /** @default "end_turn" */
  readonly stopReason?: string;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
  /** Of the guardrail. */
  readonly trace?: object;
}

export type ConverseScript = (request: ConverseRequest) => ScriptedReply;

/** Says these steps whatever it is asked. */
export function saying(steps: readonly ScriptStep[], stopReason = 'end_turn'): ConverseScript {
  return () => ({ steps, stopReason });
}

/**
 * Answers with the sentences, up to two, that share most words with the question, each in a block of its own and cited
 * the way that the passages came: by a location where they are search results, by `[1]` where they are numbered.
 */
export const extractiveScript: ConverseScript = ({ question, searchResults, numbered }) => {
  const passages = [
    ...searchResults.map((result, index) => ({ texts: result.texts, result, index, number: 0 })),
    ...numbered.map(({ number, text }) => ({
      texts: sentencesOf(text),
      result: undefined,
      index: 0,
      number,
    })),
  ];
  const words = new Set(wordsOf(question.replace(/<passage[\s\S]*<\/passage[^>]*>/g, '')));
  const candidates = passages.flatMap((passage) =>
    passage.texts.map((text, block) => ({
      ...passage,
      block,
      text: text.trim(),
      score: wordsOf(text).filter((word) => words.has(word)).length / Math.sqrt(wordsOf(text).length + 4),
    })),
  );
  const best = candidates.sort((left, right) => right.score - left.score).slice(0, 2);
  if (best.length === 0) return { steps: [{ text: 'I have nothing to answer from.' }] };
  return {
    steps: best.flatMap(({ text, result, index, block, number }, at): ScriptStep[] => [
      ...chopped(at === 0 ? text : ` ${text}`),
      ...(result === undefined
        ? [{ text: ` [${number}]` }]
        : result.isCited
          ? [{ citation: citationOf(result, index, block) }]
          : []),
      { close: true },
    ]),
  };
};

/** A citation of one block of a search result. */
export function citationOf(result: SearchResult, index: number, block: number): object {
  return {
    title: result.title,
    source: result.source,
    sourceContent: [{ text: result.texts[block] }],
    location: { searchResultLocation: { searchResultIndex: index, start: block, end: block + 1 } },
  };
}

/** A few characters a delta, as models send them. */
function chopped(text: string): ScriptStep[] {
  return (text.match(/[\s\S]{1,12}/g) ?? []).map((part) => ({ text: part }));
}

function sentencesOf(text: string): string[] {
  return sentences(text).map(([start, end]) => text.slice(start, end));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
}
