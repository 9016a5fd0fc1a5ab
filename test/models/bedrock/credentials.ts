import { vi } from 'vitest';

const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'];

/** Gives this process the stand-in's credentials, and nothing of what the machine has; `vi.unstubAllEnvs()` undoes it. */
export function useCredentials(credentials: Readonly<Record<string, string>>): void {
  for (const name of names) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value);
}

export const valid = { AWS_ACCESS_KEY_ID: 'AKIDSTANDIN', AWS_SECRET_ACCESS_KEY: 'stand-in-secret' };
