import * as z from 'zod';
import type { RepoSummary } from '../../contract/hub.ts';
import type { HubFile } from './file.ts';

/** What the hub's API answers; fields that are not read are not listed. */
export const repoAnswerSchema = z.object({
  id: z.string(),
  author: z.string().nullish(),
  sha: z.string().nullish(),
  gated: z.union([z.literal(false), z.string()]).nullish(),
  lastModified: z.string().nullish(),
  likes: z.number().nullish(),
  downloads: z.number().nullish(),
  pipeline_tag: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  cardData: z.record(z.string(), z.unknown()).nullish().catch(null),
});
export type RepoAnswer = z.infer<typeof repoAnswerSchema>;

export const searchAnswerSchema = z.array(repoAnswerSchema);

/** The fields of a search's rows that are shown. */
export const searchFields = [
  'author',
  'cardData',
  'downloads',
  'gated',
  'lastModified',
  'likes',
  'pipeline_tag',
  'tags',
] as const;

/** No file of a repository comes near; a length sizes lists of pieces. */
export const fileBytes = z
  .number()
  .int()
  .min(0)
  .max(2 ** 43);

export const treeAnswerSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: fileBytes.nullish(),
    oid: z.string(),
    lfs: z.object({ oid: z.string(), size: fileBytes }).nullish(),
  }),
);
export type TreeAnswer = z.infer<typeof treeAnswerSchema>;

export function summaryOf(answer: RepoAnswer): RepoSummary {
  return {
    repo: answer.id,
    author: answer.author ?? answer.id.split('/')[0] ?? '',
    task: answer.pipeline_tag ?? null,
    downloads: answer.downloads ?? 0,
    likes: answer.likes ?? 0,
    updatedAt: answer.lastModified ?? null,
    licence: licenceOf(answer),
    gated: answer.gated ? 'asks' : 'open',
    tags: answer.tags ?? [],
  };
}

/** Of the model card; a licence called "other" has its own name. */
function licenceOf({ cardData, tags }: RepoAnswer): string | null {
  const name = text(cardData?.license);
  if (name === 'other') return text(cardData?.license_name) ?? name;
  return name ?? tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length) ?? null;
}

function text(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value;
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value.join(', ') : null;
}

export function filesOf(rows: TreeAnswer): readonly HubFile[] {
  return rows
    .filter(({ type }) => type === 'file')
    .map(({ path, size, oid, lfs }) => ({
      path,
      bytes: lfs?.size ?? size ?? 0,
      oid,
      sha256: lfs?.oid ?? null,
    }));
}

/** Markdown without the block of settings at its beginning. */
export function withoutFrontMatter(markdown: string): string {
  return markdown.replace(/^\uFEFF?---\r?\n[\s\S]*?\r?\n---[ \t]*(?:\r?\n|$)/, '').trimStart();
}

/** The address of the next page: `Link: <…>; rel="next"`. */
export function nextPage(link: string | string[] | undefined): string | null {
  const all = Array.isArray(link) ? link.join(',') : (link ?? '');
  return /<([^>]*)>\s*;[^,<]*rel="?next"?/.exec(all)?.[1] ?? null;
}
