import { InvalidConfiguration } from '../../domain/errors.ts';

/** Where OpenSearch is and how to be let in. */
export interface ConnectionOptions {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Path of a PEM file. */
  readonly caFile?: string;
  /** Signs each request with the default credential chain of AWS. */
  readonly sigv4?: { readonly region: string; readonly service: 'es' };
}

/** How the indices are made. */
export interface IndexOptions {
  /** Start of every index name. */
  readonly indexPrefix: string;
  /** Of new indices. */
  readonly shards: number;
  /** Of new indices. */
  readonly replicas: number;
}

const prefixPattern = /^[a-z0-9][a-z0-9_-]{0,99}$/;

/**
 * Refuses what cannot work before anything is sent: Amazon OpenSearch Serverless, and names that no index can have.
 * @throws {InvalidConfiguration} naming the setting
 */
export function checkOptions(options: ConnectionOptions & IndexOptions): void {
  if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol)) {
    throw new InvalidConfiguration(
      'opensearch.url',
      `Expected opensearch.url to be an http or https address, got ${JSON.stringify(options.url)}`,
    );
  }
  const service: string | undefined = options.sigv4?.service;
  const { hostname } = new URL(options.url);
  if (service === 'aoss' || /(^|\.)aoss\.([a-z0-9-]+\.)?amazonaws\.com(\.cn)?$/.test(hostname)) {
    throw new InvalidConfiguration(
      service === 'aoss' ? 'opensearch.sigv4.service' : 'opensearch.url',
      `Cannot use Amazon OpenSearch Serverless (aoss) at ${hostname}: its vector collections assign document ids ` +
        `themselves, force the Faiss engine, and run an older OpenSearch; expected a domain of Amazon OpenSearch ` +
        `Service (es) or an OpenSearch of your own, 3.5 or newer`,
    );
  }
  if (!prefixPattern.test(options.indexPrefix)) {
    throw new InvalidConfiguration(
      'opensearch.indexPrefix',
      `Expected opensearch.indexPrefix to be 1 to 100 characters of a-z, 0-9, "_" and "-", beginning with a letter or ` +
        `digit, got ${JSON.stringify(options.indexPrefix)}`,
    );
  }
}
