/** What was looked at, and how it went. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was reached; or what failed. */
  readonly detail: string;
  /** As whom: the ARN of an AWS identity, else the end of its access key; or the name of a user. */
  readonly identity?: string;
  /** Of AWS. */
  readonly region?: string;
  /** What to do about a failure. */
  readonly advice?: string;
}

/** The check of something that failed. */
export function failedCheck(name: string, error: unknown, advice: string): Check {
  return { name, ok: false, detail: error instanceof Error ? error.message : String(error), advice };
}

/** Runs something and says how long it took. */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; milliseconds: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, milliseconds: Math.round(performance.now() - startedAt) };
}

/** The lines that a person reads of a check. */
export function describeCheck({ name, ok, detail, identity, region, advice }: Check): string[] {
  const whom = [identity && `as ${identity}`, region && `in ${region}`].filter(Boolean).join(' ');
  return [
    `${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(20)}${detail}${whom === '' ? '' : `, ${whom}`}`,
    ...(advice === undefined ? [] : [`${' '.repeat(28)}${advice}`]),
  ];
}
