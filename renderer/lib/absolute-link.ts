/** The https address that a link in a repository's readme means; null where it leads nowhere outside. */
export function absoluteLink(href: string | undefined, base: string): string | null {
  if (href === undefined || href.startsWith('#')) return null;
  try {
    const url = new URL(href, `${base}/blob/main/`);
    return url.protocol === 'https:' ? url.href : null;
  } catch {
    return null;
  }
}
