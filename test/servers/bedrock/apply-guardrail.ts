import { sentences } from '../../../domain/sentences.ts';
import { list, oneOf, record, text } from './check-body.ts';
import type { OperationCall, Reply } from './operations.ts';
import { refuse, ServiceError } from './service-error.ts';
import type { TextEmbedder } from './text-embedder.ts';

/** The one guardrail of the stand-in's account, in its versions. */
export const standInGuardrail = { id: 'grstandin01', versions: ['DRAFT', '1'] } as const;

const email = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
const threshold = 0.4;
const blockedMessage = 'Sorry, the model cannot answer this question.';

interface Block {
  readonly text: string;
  readonly qualifiers: readonly string[];
}

/**
 * ApplyGuardrail as the stand-in has it: masks e-mail addresses and `ticket-<number>`, blocks the word `abracadabra`,
 * the topic of `stocks` and attempts on instructions, and scores grounding by the local model's cosine.
 */
export async function applyGuardrail({ parameters, body, embedder }: OperationCall): Promise<Reply> {
  const [id, version] = parameters;
  if (id !== standInGuardrail.id)
    throw new ServiceError('ResourceNotFoundException', 'The guardrail does not exist.');
  if (!standInGuardrail.versions.some((known) => known === version)) {
    throw new ServiceError('ResourceNotFoundException', 'The guardrail version does not exist.');
  }
  const given = record(body, ['source', 'content', 'outputScope']);
  oneOf(given.source, 'source', ['INPUT', 'OUTPUT']);
  if (given.outputScope !== undefined) oneOf(given.outputScope, 'outputScope', ['INTERVENTIONS', 'FULL']);
  const blocks = list(given.content, 'content', 1).map(readBlock);
  const content = blocks.filter(
    ({ qualifiers }) => qualifiers.length === 0 || qualifiers.includes('guard_content'),
  );
  const guarded = content.map((block) => block.text).join('\n');
  const sources = textOf(blocks, 'grounding_source');
  const query = textOf(blocks, 'query');
  checkLengths(guarded, sources, query);

  const isFull = given.outputScope === 'FULL';
  const words = /\babracadabra\b/i.exec(guarded);
  const topic = /\bstocks\b/i.test(guarded);
  const attack = given.source === 'INPUT' && /ignore all previous instructions/i.test(guarded);
  const emails = guarded.match(email) ?? [];
  const tickets = guarded.match(/ticket-\d+/g) ?? [];
  const grounding =
    given.source === 'OUTPUT' && sources !== '' && query !== ''
      ? await groundingFilters(guarded, sources, query, embedder)
      : [];
  const isBlocked = words !== null || topic || attack || grounding.some(({ action }) => action === 'BLOCKED');
  const isMasked = emails.length + tickets.length > 0;
  const masked = guarded.replace(email, '{EMAIL}').replace(/ticket-\d+/g, '{ticket}');
  const units = Math.ceil(guarded.length / 1_000);
  return {
    body: {
      action: isBlocked || isMasked ? 'GUARDRAIL_INTERVENED' : 'NONE',
      outputs: isBlocked ? [{ text: blockedMessage }] : isMasked ? [{ text: masked }] : [],
      usage: {
        topicPolicyUnits: units,
        contentPolicyUnits: units,
        wordPolicyUnits: units,
        sensitiveInformationPolicyUnits: units,
        sensitiveInformationPolicyFreeUnits: units,
        contextualGroundingPolicyUnits:
          grounding.length === 0 ? 0 : Math.ceil((guarded.length + sources.length + query.length) / 1_000),
      },
      assessments: [
        {
          ...(topic && {
            topicPolicy: { topics: [{ name: 'stocks', type: 'DENY', action: 'BLOCKED', detected: true }] },
          }),
          ...((attack || isFull) && {
            contentPolicy: {
              filters: [
                {
                  type: 'PROMPT_ATTACK',
                  confidence: attack ? 'HIGH' : 'NONE',
                  filterStrength: 'HIGH',
                  action: attack ? 'BLOCKED' : 'NONE',
                  detected: attack,
                },
              ],
            },
          }),
          ...(words && {
            wordPolicy: {
              customWords: [{ match: words[0], action: 'BLOCKED', detected: true }],
              managedWordLists: [],
            },
          }),
          ...(isMasked && {
            sensitiveInformationPolicy: {
              piiEntities: emails.map((match) => ({
                match,
                type: 'EMAIL',
                action: 'ANONYMIZED',
                detected: true,
              })),
              regexes: tickets.map((match) => ({
                name: 'ticket',
                match,
                regex: 'ticket-\\d+',
                action: 'ANONYMIZED',
                detected: true,
              })),
            },
          }),
          ...(grounding.length > 0 &&
            (isFull || isBlocked) && { contextualGroundingPolicy: { filters: grounding } }),
        },
      ],
    },
  };
}

function readBlock(value: unknown): Block {
  const block = record(value, ['text', 'image']);
  const { text: given, qualifiers = [] } = record(block.text, ['text', 'qualifiers']);
  for (const qualifier of list(qualifiers, 'qualifiers', 0)) {
    oneOf(qualifier, 'qualifiers.member', ['grounding_source', 'query', 'guard_content']);
  }
  return { text: text(given, 'content.text.text', 1), qualifiers: qualifiers as string[] };
}

function textOf(blocks: readonly Block[], qualifier: string): string {
  return blocks
    .filter(({ qualifiers }) => qualifiers.includes(qualifier))
    .map((block) => block.text)
    .join('\n');
}

/**
 * By the quotas of the AWS General Reference ("Amazon Bedrock endpoints and quotas"), of each the lowest of any Region:
 * 25 text units of 1,000 characters a call (eu-south-1, eu-west-3, sa-east-1; elsewhere more), and for contextual
 * grounding 1 of the query, 5 of the response and 50 of the source (100 in us-east-1 and us-west-2).
 */
function checkLengths(guarded: string, sources: string, query: string): void {
  if (guarded === '') refuse('The content to guard is empty.');
  if (guarded.length > 25_000) refuse('The text exceeds 25 text units.');
  if (sources === '') return;
  if (query === '') refuse('A grounding source needs a query.');
  if (sources.length > 50_000) refuse('The grounding source exceeds 50 text units.');
  if (query.length > 1_000) refuse('The query exceeds 1 text unit.');
  if (guarded.length > 5_000) refuse('The content to guard exceeds 5 text units.');
}

async function groundingFilters(guarded: string, sources: string, query: string, embedder: TextEmbedder) {
  const parts = [...new Set(sentences(sources).map((range) => sources.slice(...range)))].slice(0, 64);
  const [said, asked, ...vectors] = await embedder.embed([guarded, query, ...parts], 384);
  const cosine = (left: Float32Array | readonly number[], right: Float32Array | readonly number[]) =>
    Array.from(left).reduce((sum, value, at) => sum + value * right[at]!, 0);
  const grounded = Math.min(1, Math.max(0, ...vectors.map((vector) => cosine(said!, vector))));
  const relevant = Math.min(1, Math.max(0, cosine(said!, asked!)));
  return [filterOf('GROUNDING', grounded, threshold), filterOf('RELEVANCE', relevant, 0)];
}

function filterOf(type: string, score: number, limit: number) {
  const isBelow = score < limit;
  return { type, threshold: limit, score, action: isBelow ? 'BLOCKED' : 'NONE', detected: isBelow };
}
