import { type ConverseRequest, readConverseRequest } from './converse-request.ts';
import type { ScriptedReply, ScriptStep } from './converse-script.ts';
import { eventFrame } from './event-stream.ts';
import { type ServedModel, servedModel } from './language-models.ts';
import type { OperationCall, Reply } from './operations.ts';
import { refuse } from './service-error.ts';

interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cacheReadInputTokens?: number;
  readonly cacheWriteInputTokens?: number;
}

/** Prefixes that a model has kept, by model: what a cache point is for. */
const kept = new Set<string>();

export async function converse(call: OperationCall): Promise<Reply> {
  const { request, reply, usage } = prepare(call, false);
  const content: Record<string, unknown>[] = [];
  for (const block of blocksOf(reply.steps)) {
    const text = block.flatMap((step) => ('text' in step ? [step.text] : [])).join('');
    const citations = block.flatMap((step) => ('citation' in step ? [step.citation] : []));
    for (const step of block) {
      if ('pauseMs' in step) await pause(step.pauseMs);
      if ('toolUse' in step) {
        content.push({
          toolUse: {
            toolUseId: 'tooluse_1',
            name: step.toolUse.name,
            input: JSON.parse(step.toolUse.input.join('')),
          },
        });
      }
    }
    if (citations.length > 0) content.push({ citationsContent: { content: [{ text }], citations } });
    else if (text !== '') content.push({ text });
  }
  return {
    body: {
      output: { message: { role: 'assistant', content } },
      stopReason: reply.stopReason ?? 'end_turn',
      usage,
      metrics: { latencyMs: 1 },
      ...traceOf(request, reply),
    },
  };
}

export function converseStream(call: OperationCall): Reply {
  return { frames: framesOf(prepare(call, true)) };
}

interface Prepared {
  readonly request: ConverseRequest;
  readonly reply: ScriptedReply;
  readonly usage: Usage;
}

function prepare(call: OperationCall, isStream: boolean): Prepared {
  const served = servedModel(call.subject);
  const request = readConverseRequest(call.subject, call.body, served, isStream);
  if (tokensOf(request.prompt) > served.contextTokens) refuse('Input is too long for requested model.');
  const reply = call.behaviour.converse(request);
  return { request, reply, usage: usageOf(request, reply, served) };
}

async function* framesOf({ request, reply, usage }: Prepared): AsyncGenerator<Buffer> {
  const padding = { p: 'abcdefghij' };
  yield eventFrame('messageStart', { role: 'assistant', ...padding });
  for (const [contentBlockIndex, block] of blocksOf(reply.steps).entries()) {
    for (const step of block) {
      if ('pauseMs' in step) await pause(step.pauseMs);
      else if ('text' in step) {
        yield eventFrame('contentBlockDelta', { contentBlockIndex, delta: { text: step.text }, ...padding });
      } else if ('citation' in step) {
        yield eventFrame('contentBlockDelta', {
          contentBlockIndex,
          delta: { citation: step.citation },
          ...padding,
        });
      } else if ('toolUse' in step) {
        const start = { toolUse: { toolUseId: 'tooluse_1', name: step.toolUse.name } };
        yield eventFrame('contentBlockStart', { contentBlockIndex, start, ...padding });
        for (const input of step.toolUse.input) {
          yield eventFrame('contentBlockDelta', {
            contentBlockIndex,
            delta: { toolUse: { input } },
            ...padding,
          });
        }
      }
    }
    yield eventFrame('contentBlockStop', { contentBlockIndex, ...padding });
  }
  yield eventFrame('messageStop', { stopReason: reply.stopReason ?? 'end_turn', ...padding });
  yield eventFrame('metadata', { usage, metrics: { latencyMs: 1 }, ...traceOf(request, reply), ...padding });
}

function traceOf({ guardrail }: ConverseRequest, { trace }: ScriptedReply): { trace?: object } {
  return guardrail === undefined || trace === undefined ? {} : { trace: { guardrail: trace } };
}

function blocksOf(steps: readonly ScriptStep[]): ScriptStep[][] {
  const blocks: ScriptStep[][] = [];
  let open: ScriptStep[] | undefined;
  for (const step of steps) {
    if ('close' in step) {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = [];
      blocks.push(open);
    }
    open.push(step);
  }
  return blocks;
}

function usageOf(request: ConverseRequest, reply: ScriptedReply, served: ServedModel): Usage {
  const outputTokens =
    reply.usage?.outputTokens ??
    tokensOf(reply.steps.map((step) => ('text' in step ? step.text : '')).join(''));
  const whole = reply.usage?.inputTokens ?? tokensOf(request.prompt);
  const prefix = tokensOf(request.cached);
  if (!served.takesCachePoints || prefix < served.minCachedTokens || prefix === 0) {
    return { inputTokens: whole, outputTokens, totalTokens: whole + outputTokens };
  }
  const key = `${request.model}\0${request.cached}`;
  const isHit = kept.has(key);
  kept.add(key);
  return {
    inputTokens: whole - prefix,
    outputTokens,
    totalTokens: whole + outputTokens,
    cacheReadInputTokens: isHit ? prefix : 0,
    cacheWriteInputTokens: isHit ? 0 : prefix,
  };
}

/** Four characters a token: near enough for what is only counted. */
function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
