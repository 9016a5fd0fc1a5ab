import { InvalidConfiguration, InvalidInput } from '../domain/errors.ts';
import { type QueryClass, queryClasses, type SearchDefaults, type SearchSettings } from '../domain/search.ts';
import { classifyQuery } from './query-class.ts';
import { resolveSearchRequest } from './resolve.ts';
import { resolveBoosts } from './resolve-boosts.ts';

/** What a search does where its request says nothing, and the class of the query whose settings are in it. */
export interface AppliedDefaults {
  readonly defaults: SearchDefaults;
  readonly queryClass?: QueryClass;
}

export type FindDefaults = (tenantId: string, query: unknown) => AppliedDefaults;

/** A tenant's defaults, ready made: without a class, and by class. */
interface TenantDefaults {
  readonly defaults: SearchDefaults;
  readonly classes: ReadonlyMap<QueryClass, SearchDefaults>;
}

/**
 * Makes of the settings what finds the defaults of a search: those of all, over them those of the query's class, over
 * them the tenant's, over them those of the query's class in the tenant. Everything is merged and checked here, once.
 * @throws {InvalidConfiguration} naming the setting that no search could carry out
 */
export function createSearchDefaults(
  settings: SearchSettings,
  rerankingModels: readonly string[] = [],
): FindDefaults {
  const make = (tenant: SearchSettings | undefined, setting: string): TenantDefaults => {
    const all = tenant === undefined ? [] : [tenant.defaults ?? {}];
    const classes = new Map<QueryClass, SearchDefaults>();
    for (const name of queryClasses) {
      const own = tenant?.classes?.[name];
      const shared = settings.classes?.[name];
      if (own === undefined && shared === undefined) continue;
      const merged = [settings.defaults ?? {}, shared ?? {}, ...all, own ?? {}].reduce(mergeDefaults);
      const where = own === undefined ? `search.classes.${name}` : `${setting}classes.${name}`;
      classes.set(name, check(merged, where, rerankingModels));
    }
    const defaults = [settings.defaults ?? {}, ...all].reduce(mergeDefaults);
    return { defaults: check(defaults, `${setting}defaults`, rerankingModels), classes };
  };
  const shared = make(undefined, 'search.');
  const tenants = new Map(
    Object.entries(settings.tenants ?? {}).map(([tenantId, own]) => [
      tenantId,
      make(own, `search.tenants.${tenantId}.`),
    ]),
  );
  return (tenantId, query) => {
    const { defaults, classes } = tenants.get(tenantId) ?? shared;
    if (classes.size === 0 || typeof query !== 'string') return { defaults };
    const queryClass = classifyQuery(query);
    const ofClass = queryClass && classes.get(queryClass);
    return ofClass === undefined ? { defaults } : { defaults: ofClass, queryClass: queryClass! };
  };
}

/** Lays `over` over `under`: a leg field by field, everything else whole. */
export function mergeDefaults(under: SearchDefaults, over: SearchDefaults): SearchDefaults {
  const lexical = under.lexical || over.lexical ? { ...under.lexical, ...over.lexical } : undefined;
  const dense = under.dense || over.dense ? { ...under.dense, ...over.dense } : undefined;
  return { ...under, ...over, ...(lexical && { lexical }), ...(dense && { dense }) };
}

/** Nothing of one query may make what holds for all impossible, so it is carried out once with none of its own. */
function check(
  defaults: SearchDefaults,
  setting: string,
  rerankingModels: readonly string[],
): SearchDefaults {
  try {
    resolveSearchRequest({ query: 'check' }, rerankingModels, defaults);
    // Also where the fusion that holds by default takes none: a request may ask for another.
    resolveBoosts(defaults.boosts);
    return defaults;
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new InvalidConfiguration(setting, `Cannot search by ${setting}: ${error.message}`, {
      cause: error,
    });
  }
}
