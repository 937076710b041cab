import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/**
 * The file below `root` that a request path names; null for a path that is malformed, hidden or leads out of it, by
 * `..` in any spelling or by a link.
 */
export async function staticFile(root: string, requestPath: string): Promise<string | null> {
  const path = decoded(requestPath);
  if (path === null) return null;
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.some((segment) => segment.startsWith('.') || /[\\\0:]/.test(segment))) return null;
  try {
    const base = await realpath(root);
    const file = await realpath(join(base, ...(segments.length === 0 ? ['index.html'] : segments)));
    return file.startsWith(base + sep) ? file : null;
  } catch {
    return null;
  }
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
