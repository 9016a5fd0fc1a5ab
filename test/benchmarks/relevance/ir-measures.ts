import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Of PyPI; what `.ci/run` installs. */
export const irMeasuresVersion = '0.4.3';

/** The Python that has ir_measures, in the cache folder; undefined where it was not installed. */
export function findIrMeasures(): string | undefined {
  const cache = process.env.BRAID_CACHE ?? join(homedir(), '.cache', 'braid');
  const python = join(cache, `ir-measures-${irMeasuresVersion}`, 'bin', 'python');
  return existsSync(python) ? python : undefined;
}

const script = `
import sys, json, ir_measures
measures = [ir_measures.parse_measure(name) for name in sys.argv[3:]]
qrels = list(ir_measures.read_trec_qrels(sys.argv[1]))
run = list(ir_measures.read_trec_run(sys.argv[2]))
json.dump([[m.query_id, str(m.measure), m.value] for m in ir_measures.iter_calc(measures, qrels, run)], sys.stdout)
`;

/** Measures a run file with ir_measures: query id, its name of the measure, value. */
export async function measureWithIrMeasures(
  python: string,
  qrels: string,
  run: string,
  measures: readonly string[],
): Promise<readonly (readonly [string, string, number])[]> {
  const { stdout } = await promisify(execFile)(python, ['-c', script, qrels, run, ...measures], {
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout) as [string, string, number][];
}
