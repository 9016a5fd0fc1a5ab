import type { Command } from 'commander';
import type { Hit, LegContribution, SearchResponse } from '../domain/search.ts';
import { type CommandRunner, repeatable, wholeNumber } from './command-context.ts';
import { withBraid } from './open-braid.ts';
import { buildSearchRequest, type SearchOptions } from './search-request.ts';

const shownCharacters = 240;

/** Adds `search TEXT`: the hits for a text, each with where its score comes from. */
export function addSearchCommand(program: Command, runner: CommandRunner): void {
  program
    .command('search')
    .description('find passages')
    .argument('[text]', 'what to look for; may stand in --request instead')
    .option('--top-k <n>', 'how many hits, 1 to 1000 (default: 10)', wholeNumber(1, 1_000))
    .option('--filter <json>', 'metadata filter: JSON, a file, or "-" for stdin')
    .option('--request <json>', 'whole search request: JSON, a file, or "-" for stdin')
    .option('--principal <name>', 'read as this user:… or group:…; may be repeated', repeatable)
    .addHelpText(
      'after',
      `\nExample:\n  $ npm run -s braid -- search "weights of the legs" --top-k 3 --filter '{"equals":{"key":"lang","value":"en"}}'`,
    )
    .action(
      runner(async (context, options: SearchOptions, [text]) => {
        const request = await buildSearchRequest(text, options);
        const response = await withBraid(context, ({ pipeline, scopes }) =>
          pipeline.search(scopes.reader(context.tenantId, options.principal), request),
        );
        for (const line of describeDegraded(response)) context.terminal.note(line);
        context.terminal.result(response, describeResults(response));
      }),
    );
}

/** One warning for each stage that was done without. */
export function describeDegraded({ degraded }: Pick<SearchResponse, 'degraded'>): string[] {
  return degraded.map(({ stage, reason }) => `warning: done without ${stage}: ${reason}`);
}

function describeResults(response: SearchResponse): string[] {
  if (response.results.length === 0) return ['Nothing found'];
  const facets = response.facets.map((facet) => `facet ${JSON.stringify(facet)}`);
  return [...response.results.flatMap(describeHit), ...facets];
}

function describeHit(hit: Hit): string[] {
  const { breakdown, chunk } = hit;
  const place = [...chunk.headingPath, ...(chunk.location?.page ? [`page ${chunk.location.page}`] : [])];
  const legs = [
    describeLeg('lexical', breakdown.lexical),
    describeLeg('dense', breakdown.dense),
    ...(breakdown.rerank ? [`rerank #${breakdown.rerank.rank} ${breakdown.rerank.score.toFixed(4)}`] : []),
  ].filter((leg) => leg !== '');
  const text = chunk.text.replace(/\s+/g, ' ').trim();
  return [
    `${hit.rank}. ${hit.title ?? hit.documentId}  ${hit.score.toFixed(4)}`,
    `   ${[hit.documentId, ...place].join(' › ')}`,
    `   ${text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text}`,
    `   ${legs.join(' · ')}`,
    '',
  ];
}

function describeLeg(name: string, leg: LegContribution | undefined): string {
  if (leg === undefined) return '';
  const found = leg.rank === null ? 'not found' : `#${leg.rank} ${leg.score?.toFixed(4)}`;
  return `${name} ${found}, adds ${leg.contribution.toFixed(4)}`;
}
