/** Removes each index whose name starts with the prefix. */
export async function removeIndices(url: string, prefix: string): Promise<void> {
  const response = await fetch(`${url}/_cat/indices/${prefix}*?format=json&expand_wildcards=all&h=index`);
  const indices = (await response.json()) as readonly { readonly index: string }[];
  for (const { index } of indices) await fetch(`${url}/${index}`, { method: 'DELETE' });
}
