import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkTenantId } from '../../domain/tenant.ts';

// The prefix keeps tenant ids such as "con" and "nul" off names that Windows reserves, and "-" off the start.
const prefix = 'tenant-';
const extension = '.sqlite';

/** Where the embedded engine keeps what belongs to the installation. */
export function controlFile(folder: string): string {
  return join(folder, `control${extension}`);
}

export function tenantsFolder(folder: string): string {
  return join(folder, 'tenants');
}

/**
 * Where the embedded engine keeps one tenant. Tenant ids have no capitals, so that two of them never share a file where
 * the file system ignores case.
 * @throws {InvalidInput} for a malformed tenant id, which could name a file elsewhere
 */
export function tenantFile(folder: string, tenantId: string): string {
  return join(tenantsFolder(folder), `${prefix}${checkTenantId(tenantId)}${extension}`);
}

/** A tenant's file as errors name it, without the folder: their readers may be callers from elsewhere. */
export function tenantPlace(tenantId: string): string {
  return `tenants/${prefix}${tenantId}${extension}`;
}

/** The tenants that have a file, by id. */
export function listTenants(folder: string): string[] {
  return readdirSync(tenantsFolder(folder))
    .filter((name) => name.startsWith(prefix) && name.endsWith(extension))
    .map((name) => name.slice(prefix.length, -extension.length))
    .sort();
}
