/** A link of a package index to an archive. */
export interface WheelLink {
  /** Its name, as PEP 427 reads it. */
  readonly file: string;
  readonly url: string;
  readonly sha256: string | null;
}

const anchor = /<a\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const attribute = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;

/**
 * The links of a page of the simple repository (PEP 503): `href` may be absolute, on another host, or relative; it is
 * percent-encoded, `+cpu` among it, and may end in `#sha256=`. Links that are no wheels, or that lead to a weaker
 * protocol than the page came by, are left out.
 * @param base where the page came from, after redirects.
 */
export function wheelLinks(page: string, base: string): readonly WheelLink[] {
  const links: WheelLink[] = [];
  for (const [, attributes = ''] of page.matchAll(anchor)) {
    const href = hrefOf(attributes);
    const link = href === null ? null : linkOf(href, base);
    if (link !== null) links.push(link);
  }
  return links;
}

function hrefOf(attributes: string): string | null {
  for (const [, name, double, single, bare] of attributes.matchAll(attribute)) {
    if (name?.toLowerCase() === 'href') return unescaped(double ?? single ?? bare ?? '');
  }
  return null;
}

function linkOf(href: string, base: string): WheelLink | null {
  try {
    const url = new URL(href, base);
    const page = new URL(base);
    if (url.protocol !== 'https:' && url.protocol !== page.protocol) return null;
    const file = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
    if (!/^[\w.+!-]+\.whl$/.test(file)) return null;
    const sha256 = /^#(?:.*&)?sha256=([0-9a-f]{64})(?:&|$)/i.exec(url.hash)?.[1]?.toLowerCase() ?? null;
    url.hash = '';
    return { file, url: url.href, sha256 };
  } catch {
    // No address at all, or one that is not encoded as it should be.
    return null;
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name)] ?? all;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}

/** Parts of a wheel's name (PEP 427): distribution-version(-build)-python-abi-platform. */
interface WheelName {
  readonly version: string;
  /** "cpu" of "2.15.0+cpu"; empty where there is none. */
  readonly local: string;
  readonly python: string;
  readonly platforms: readonly string[];
}

function wheelName(file: string): WheelName | null {
  const parts = file.replace(/\.whl$/, '').split('-');
  if (parts.length !== 5 && parts.length !== 6) return null;
  const [version = '', local = ''] = (parts[1] ?? '').split('+');
  return { version, local, python: parts.at(-3) ?? '', platforms: (parts.at(-1) ?? '').split('.') };
}

/**
 * The archive of a version for a platform. There is one for each version of Python, with the same libtorch in all:
 * that of the oldest Python is taken, so that the choice stays when another Python appears.
 * @param local the build that is wanted, "cpu" or "cu132"; macOS has builds without one.
 */
export function pickWheel(
  links: readonly WheelLink[],
  version: string,
  local: string,
  tag: RegExp,
): WheelLink | null {
  const fitting = links.flatMap((link) => {
    const name = wheelName(link.file);
    if (name === null || name.version !== version) return [];
    if (name.local !== local && name.local !== '') return [];
    if (!name.platforms.some((platform) => tag.test(platform))) return [];
    const python = /^cp3(\d+)$/.exec(name.python)?.[1];
    return python === undefined ? [] : [{ link, exact: name.local === local, python: Number(python) }];
  });
  const [first] = fitting.sort((a, b) => Number(b.exact) - Number(a.exact) || a.python - b.python);
  return first?.link ?? null;
}
