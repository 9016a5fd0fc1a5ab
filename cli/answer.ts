import type { Command } from 'commander';
import type { AnswerRequest, AnswerResponse } from '../domain/answer.ts';
import type { GuardrailAction } from '../domain/guardrail.ts';
import { collectAnswer } from './collect-answer.ts';
import { type CommandRunner, repeatable, wholeNumber } from './command-context.ts';
import { withBraid } from './open-braid.ts';
import { readJsonObject } from './read-json-option.ts';
import { describeDegraded } from './search.ts';
import { chooseText, readSearchFields, type SearchOptions } from './search-request.ts';

interface AnswerOptions extends SearchOptions {
  readonly passages?: number;
  readonly session?: string;
}

/** Adds `answer TEXT`: an answer from the tenant's documents, with its citations. */
export function addAnswerCommand(program: Command, runner: CommandRunner): void {
  program
    .command('answer')
    .description('answer a question from the documents, with citations')
    .argument('[text]', 'the question; may stand in --request instead')
    .option(
      '--passages <n>',
      'how many hits the answer may rest on, 1 to 50 (default: 5)',
      wholeNumber(1, 50),
    )
    .option('--top-k <n>', 'how many hits to search for, 1 to 1000', wholeNumber(1, 1_000))
    .option('--filter <json>', 'metadata filter: JSON, a file, or "-" for stdin')
    .option('--session <id>', 'continue this session; "new" begins one')
    .option('--request <json>', 'whole answer request: JSON, a file, or "-" for stdin')
    .option('--principal <name>', 'read as this user:… or group:…; may be repeated', repeatable)
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- answer "Which fusion is the default?"')
    .action(
      runner(async (context, options: AnswerOptions, [text]) => {
        const request = await buildAnswerRequest(text, options);
        const response = await withBraid(context, ({ pipeline, scopes }) =>
          collectAnswer(pipeline.answer(scopes.reader(context.tenantId, options.principal), request)),
        );
        for (const line of describeDegraded(response)) context.terminal.note(line);
        context.terminal.result(response, describeAnswer(response));
      }),
    );
}

/** The answer for people: its text, each cited part numbered, then what is cited. */
export function describeAnswer(response: AnswerResponse): string[] {
  const sources = [...new Set(response.citations.map(sourceOf))];
  let text = response.answer.text;
  // From the end on, so that what is put in does not move the ranges before it.
  for (const citation of response.citations.toSorted((left, right) => right.end - left.end)) {
    const number = sources.indexOf(sourceOf(citation)) + 1;
    text = `${text.slice(0, citation.end)} [${number}]${text.slice(citation.end)}`;
  }
  return [
    text,
    ...sources.map((source, at) => `  [${at + 1}] ${source}`),
    ...response.guardrails.map(describeGuardrail),
    ...(response.ungrounded ? ['  (no citation backs this answer)'] : []),
    ...(response.sessionId === undefined ? [] : [`  (session ${response.sessionId})`]),
    `  (${response.model})`,
  ];
}

function describeGuardrail({ side, policy, type, action, count }: GuardrailAction): string {
  const where = side === 'input' ? 'question' : 'answer';
  return `  (guardrail: ${where}, ${policy} ${type}, ${action}${count > 1 ? ` ${count} times` : ''})`;
}

function sourceOf({ title, documentId }: AnswerResponse['citations'][number]): string {
  return title === undefined || title === documentId ? documentId : `${title}, ${documentId}`;
}

async function buildAnswerRequest(text: string | undefined, options: AnswerOptions): Promise<AnswerRequest> {
  const given = options.request === undefined ? {} : await readJsonObject('--request', options.request);
  const fields = await readSearchFields(options);
  const request = {
    ...given,
    ...(Object.keys(fields).length > 0 && { search: { ...(given.search as object | undefined), ...fields } }),
    ...(options.passages !== undefined && { passages: options.passages }),
    ...(options.session !== undefined && { sessionId: options.session }),
    ...chooseText('question', text, given),
  };
  return request as AnswerRequest;
}
