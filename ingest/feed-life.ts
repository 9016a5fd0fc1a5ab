import { TenantDeleting } from '../domain/errors.ts';

/** @throws {TenantDeleting} where the feed's tenant is being deleted, or was since the feed began */
export type RequireLife = () => Promise<void>;

/**
 * Holds a feed to the life of its tenant in which it began. A deletion takes what the feed has brought and its position
 * too: one that went on would leave the tenant's new life with the end of the feed alone, and a position behind it.
 */
export async function holdToLife(
  lifeOf: ((tenantId: string) => Promise<string>) | undefined,
  tenantId: string,
): Promise<RequireLife> {
  const life = await lifeOf?.(tenantId);
  return async () => {
    if ((await lifeOf?.(tenantId)) === life) return;
    throw new TenantDeleting(
      'Cannot go on with the feed: its tenant was deleted since it began, run it again',
    );
  };
}
