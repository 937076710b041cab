import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A repository as a test describes it. */
export interface FakeRepo {
  /** owner/name. */
  readonly id: string;
  readonly files: Readonly<Record<string, Buffer>>;
  /** Its owner wants to be asked: everybody sees what there is, a granted token may fetch it. */
  readonly gated?: boolean;
  /** Only a granted token sees it at all. */
  readonly private?: boolean;
  readonly task?: string;
  readonly tags?: readonly string[];
  readonly cardData?: Readonly<Record<string, unknown>>;
  readonly downloads?: number;
}

/** The same as the server keeps it: hashed. */
export interface StoredRepo extends FakeRepo {
  readonly commit: string;
  readonly stored: ReadonlyMap<string, StoredFile>;
}

export interface StoredFile {
  readonly path: string;
  readonly content: Buffer;
  /** Git's name: of the content, or of the pointer to it. */
  readonly oid: string;
  /** Set where the content is in large file storage. */
  readonly sha256: string | null;
}

const large = /\.(safetensors|bin|pt|gguf|onnx|model|npz)$/;

export function storedRepo(repo: FakeRepo): StoredRepo {
  const stored = new Map(
    Object.entries(repo.files).map(([path, content]) => [path, storedFile(path, content)] as const),
  );
  const tree = [...stored.values()].map(({ path, oid }) => `${path} ${oid}`).join('\n');
  return { ...repo, stored, commit: createHash('sha1').update(`${repo.id}\n${tree}`).digest('hex') };
}

function storedFile(path: string, content: Buffer): StoredFile {
  if (!large.test(path) && content.byteLength < 1 << 20) {
    return { path, content, oid: gitName(content), sha256: null };
  }
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, content, oid: gitName(Buffer.from(pointer(sha256, content.byteLength))), sha256 };
}

/** What Git keeps of a file in large file storage. */
export function pointer(sha256: string, bytes: number): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${bytes}\n`;
}

export function gitName(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.byteLength}\0`).update(content).digest('hex');
}

/** Bytes that look random and are the same for the same seed. */
export function madeBytes(bytes: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let state = (seed + 1) * 0x9e3779b9;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return Buffer.from(words.buffer, 0, bytes);
}

/** Every `folder/<owner>/<name>` as a repository; `folder/<owner>/<name>.json` may say more of it ({@link FakeRepo}). */
export async function reposIn(folder: string): Promise<readonly FakeRepo[]> {
  const repos: FakeRepo[] = [];
  for (const owner of await foldersIn(folder)) {
    for (const name of await foldersIn(join(folder, owner))) {
      const about = await readFile(join(folder, owner, `${name}.json`), 'utf8').catch(() => '{}');
      const files: Record<string, Buffer> = {};
      await collect(join(folder, owner, name), '', files);
      repos.push({ ...(JSON.parse(about) as object), id: `${owner}/${name}`, files });
    }
  }
  return repos;
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function collect(root: string, below: string, files: Record<string, Buffer>): Promise<void> {
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await collect(root, path, files);
    else files[path] = await readFile(join(root, path));
  }
}
