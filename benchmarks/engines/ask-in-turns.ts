import type { Contender } from './contender.ts';
import type { SyntheticQuery } from './synthetic-corpus.ts';

export interface Sample {
  readonly milliseconds: number[];
  /** Of all processes that take part, but for a server that is no contender's own. */
  cpuMicroseconds: number;
  /** What each query found. */
  readonly texts: (readonly string[])[];
}

/** Asks each contender each query, another one first each time, so that what else the machine does falls on all alike. */
export async function askInTurns(
  contenders: readonly Contender[],
  queries: readonly SyntheticQuery[],
  topK: number,
): Promise<Map<Contender, Sample>> {
  const samples = new Map<Contender, Sample>();
  for (const contender of contenders) {
    const cpuMicroseconds = -((await contender.otherCpu?.()) ?? 0);
    samples.set(contender, { milliseconds: [], cpuMicroseconds, texts: [] });
  }
  for (const [at, query] of queries.entries()) {
    for (let step = 0; step < contenders.length; step += 1) {
      const contender = contenders[(at + step) % contenders.length]!;
      const sample = samples.get(contender)!;
      const cpu = process.cpuUsage();
      const startedAt = performance.now();
      const texts = await contender.search(query, topK);
      sample.milliseconds.push(performance.now() - startedAt);
      const { user, system } = process.cpuUsage(cpu);
      sample.cpuMicroseconds += user + system;
      sample.texts.push(texts);
    }
  }
  for (const [contender, sample] of samples) sample.cpuMicroseconds += (await contender.otherCpu?.()) ?? 0;
  return samples;
}
