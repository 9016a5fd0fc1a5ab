/**
 * A schema's output as it really is: JSON holds no `undefined`, so an optional property is absent or has a value.
 * Zod types it as possibly `undefined` as well.
 */
export type Exact<T> = T extends string | number | boolean | bigint | null | undefined | Uint8Array
  ? T
  : T extends readonly unknown[]
    ? { readonly [I in keyof T]: Exact<T[I]> }
    : T extends object
      ? {
          readonly [K in keyof T]: IsOptional<T, K> extends true
            ? Exact<Exclude<T[K], undefined>>
            : Exact<T[K]>;
        }
      : T;

type IsOptional<T, K extends keyof T> = object extends Pick<T, K> ? true : false;
