import { readdir, readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import { fileBytes } from './api.ts';
import { type CachePaths, findCached, writeCached } from './cache.ts';
import type { HubFile } from './file.ts';
import { isBlobName, isInside } from './names.ts';

/** `trees/<commit>.json`, as huggingface_hub writes it (_tree_cache.py). */
const treeSchema = z.object({
  format_version: z.literal(1),
  files: z.record(
    z.string().refine(isInside),
    z.object({
      size: fileBytes,
      blob_id: z.string().refine(isBlobName),
      lfs_sha256: z.string().refine(isBlobName).optional(),
      lfs_size: fileBytes.optional(),
    }),
  ),
});

/** The listing of a commit never changes; null where none was kept. */
export async function readTree(paths: CachePaths, commit: string): Promise<readonly HubFile[] | null> {
  try {
    const { files } = treeSchema.parse(JSON.parse(await readFile(paths.tree(commit), 'utf8')));
    return Object.entries(files).map(([path, file]) => ({
      path,
      bytes: file.lfs_size ?? file.size,
      oid: file.blob_id,
      sha256: file.lfs_sha256 ?? null,
    }));
  } catch {
    return null;
  }
}

export async function writeTree(
  paths: CachePaths,
  commit: string,
  listing: readonly HubFile[],
): Promise<void> {
  if (await stat(paths.tree(commit)).catch(() => null)) return;
  const files = Object.fromEntries(
    listing.map(({ path, bytes, oid, sha256 }) => [
      path,
      { size: bytes, blob_id: oid, ...(sha256 === null ? {} : { lfs_sha256: sha256, lfs_size: bytes }) },
    ]),
  );
  await writeCached(paths, paths.tree(commit), JSON.stringify({ format_version: 1, files }, null, 2));
}

/** What other tools fetched of a commit, where no listing was kept: files in the snapshot. Null where there is none. */
export async function readSnapshot(paths: CachePaths, commit: string): Promise<readonly HubFile[] | null> {
  const files: HubFile[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(paths.snapshot(commit, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else {
        const cached = await findCached(paths, commit, path);
        if (cached === null) continue;
        const sha256 = cached.blob?.length === 64 ? cached.blob : null;
        files.push({ path, bytes: cached.bytes, oid: cached.blob ?? '', sha256 });
      }
    }
  };
  try {
    await walk('');
  } catch {
    return null;
  }
  return files.length === 0 ? null : files;
}
