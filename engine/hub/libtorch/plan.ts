import { ExpectedError } from '../../contract/errors.ts';
import type { LibtorchBuild, LibtorchPlan } from '../../contract/libtorch.ts';
import { freeBytes } from '../../store/disk.ts';
import type { Http } from '../http/http.ts';
import { type RetryPolicy, withRetry } from '../http/retry.ts';
import { openRemote } from '../huggingface/remote-reader.ts';
import { gigabytes } from '../install/problems.ts';
import { type Archive, explained, fetchedBytes, remoteArchive } from './archive.ts';
import { type CudaRequirement, cudaRequirements } from './cuda-requirements.ts';
import { libtorchFolder } from './installed.ts';
import type { LibtorchPlatform } from './platforms.ts';
import { checkNeeded, lookInto } from './unpack.ts';
import { cudaBuild, libtorchVersion } from './version.ts';
import { pickWheel, type WheelLink, wheelLinks } from './wheel-index.ts';

export interface PlanSource {
  readonly http: Http;
  /** Of the package indexes of all builds, without a slash at its end: https://download.pytorch.org/whl */
  readonly indexes: string;
  readonly platform: LibtorchPlatform;
  readonly dataFolder: string;
}

/** What a libtorch takes that is not unpacked yet where its server does not let us look into the archive. */
const usualGrowth = 4;
/** Left free on the disk. */
const reserveBytes = 256 * 2 ** 20;
const longestPage = 16 << 20;
const policy: RetryPolicy = { attempts: 4, baseMs: 300, longestMs: 10_000 };

/**
 * What fetching libtorch would take. The archives are PyTorch's wheels (zip files whose torch/lib is libtorch): its
 * libtorch-*.zip hold the same libraries, but PyTorch publishes no hash of those, while the indexes of wheels name the
 * SHA-256 of each. Two requests of a few hundred kilobytes: the index page, and the archive's directory.
 * Throws ExpectedError 'offline', 'network', 'not_found', 'wrong_content', 'file_corrupt', 'file_unsupported',
 * 'cancelled'.
 */
export async function planLibtorch(
  build: LibtorchBuild,
  source: PlanSource,
  signal: AbortSignal | undefined,
): Promise<LibtorchPlan> {
  const { dataFolder, platform } = source;
  try {
    const found = await findArchives(build, source, signal);
    const archives = found.map(({ archive }) => archive);
    const downloadBytes = archives.reduce((sum, { bytes }) => sum + bytes, 0);
    const installedBytes = found.reduce((sum, { unpacked }) => sum + unpacked, 0);
    const there = await Promise.all(archives.map((archive) => fetchedBytes(dataFolder, archive)));
    const diskBytes = installedBytes + downloadBytes - there.reduce((sum, bytes) => sum + bytes, 0);
    const freeDiskBytes = await freeBytes(dataFolder);
    const version = libtorchVersion;
    const folder = libtorchFolder(dataFolder, { version, platform: platform.name, build });
    return {
      ...{ version, build, platform: platform.name, folder, archives },
      ...{ downloadBytes, installedBytes, diskBytes, freeDiskBytes },
      problems: diskProblems(dataFolder, diskBytes, freeDiskBytes),
    };
  } catch (error) {
    throw explained(error);
  }
}

export function diskProblems(
  dataFolder: string,
  diskBytes: number,
  freeDiskBytes: number | null,
): LibtorchPlan['problems'] {
  if (freeDiskBytes === null || freeDiskBytes >= diskBytes + reserveBytes) return [];
  return [
    {
      sentence: `libtorch needs ${gigabytes(diskBytes + reserveBytes)} on the disk with ${dataFolder}, where ${gigabytes(freeDiskBytes)} are free.`,
      remedy: 'Free some space, or name a data folder on another disk in MERV_HOME.',
    },
  ];
}

interface Found {
  readonly archive: Archive;
  readonly unpacked: number;
}

async function findArchives(
  build: LibtorchBuild,
  source: PlanSource,
  signal: AbortSignal | undefined,
): Promise<readonly Found[]> {
  const { platform } = source;
  const local = build === 'cpu' ? 'cpu' : cudaBuild;
  const links = await readIndex(`${source.indexes}/${local}/torch/`, source, signal);
  const link = pickWheel(links, libtorchVersion, local, platform.tag);
  if (link === null) throw absent(`libtorch ${libtorchVersion} for ${platform.name}`, source.indexes);
  const torch = await look(link, source, signal);
  checkNeeded(link.file, torch.names, platform);
  const found = [torch.found];
  if (build === 'cuda') {
    // Where NVIDIA's libraries come as archives of their own; on Windows they are in PyTorch's.
    const indexOf = (name: string) => readIndex(`${source.indexes}/${local}/${name}/`, source, signal);
    const find = async ({ name, version }: CudaRequirement): Promise<WheelLink> => {
      const fitting = (await indexOf(name)).filter(({ file }) => fits(file, name, version, platform));
      const picked = fitting.sort((a, b) => newer.compare(a.file, b.file)).at(-1);
      if (picked === undefined) throw absent(`${name} ${version ?? ''}`.trim(), source.indexes);
      return picked;
    };
    const open = async (each: WheelLink) => (await openLink(each, source, signal)).file;
    for (const each of await cudaRequirements(link, { find, open, system: platform.name }))
      found.push((await look(each, source, signal)).found);
  }
  return found;
}

/** Numbers in names by their value. */
const newer = new Intl.Collator('en', { numeric: true });

/** A wheel of that version, for any Python and this platform. */
function fits(file: string, name: string, version: string | null, { tag }: LibtorchPlatform): boolean {
  const [distribution = '', itsVersion = '', ...rest] = file.replace(/\.whl$/, '').split('-');
  const tags = (rest.at(-1) ?? '').split('.');
  const same = distribution.toLowerCase().replace(/_/g, '-') === name;
  const right =
    version === null ||
    (version.endsWith('.*') ? `${itsVersion}.`.startsWith(version.slice(0, -1)) : itsVersion === version);
  return same && right && tags.some((each) => each === 'any' || tag.test(each));
}

async function readIndex(
  url: string,
  { http }: PlanSource,
  signal: AbortSignal | undefined,
): Promise<readonly WheelLink[]> {
  const subject = 'The list of libtorch’s versions';
  const response = await withRetry(policy, signal, () =>
    http.send({
      ...{ url, subject, signal },
      purpose: 'Looking up libtorch',
      page: null,
      token: null,
      headers: { accept: 'application/vnd.pypi.simple.v1+html, text/html;q=0.9' },
    }),
  );
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body) {
    bytes += piece.byteLength;
    if (bytes > longestPage) {
      response.discard();
      throw new ExpectedError('wrong_content', `${subject} at ${url} is endless.`, '');
    }
    pieces.push(piece);
  }
  return wheelLinks(Buffer.concat(pieces).toString('utf8'), response.url);
}

async function openLink({ file: name, url }: WheelLink, source: PlanSource, signal: AbortSignal | undefined) {
  const remote = remoteArchive(source.http, { name, url });
  const answer = await withRetry(policy, signal, () => remote.read({ start: 0, end: 1 }, signal));
  answer.discard();
  if (answer.total === null)
    throw new ExpectedError('wrong_content', `The server does not say how large ${name} is.`, '');
  return { bytes: answer.total, file: openRemote(remote, answer.total, signal), ranged: answer.ranged };
}

async function look(link: WheelLink, source: PlanSource, signal: AbortSignal | undefined) {
  const { file: name, url, sha256 } = link;
  if (sha256 === null) {
    throw new ExpectedError(
      'wrong_content',
      `${source.indexes} names no hash of ${name}, so that nobody could tell whether it arrives whole.`,
      '',
    );
  }
  const { bytes, file, ranged } = await openLink(link, source, signal);
  const { names, bytes: unpacked } = ranged
    ? await lookInto(file, source.platform)
    : { names: source.platform.needed, bytes: bytes * usualGrowth };
  const archive: Archive = { name, url, host: new URL(url).host, bytes, sha256 };
  return { names, found: { archive, unpacked } };
}

function absent(what: string, indexes: string): ExpectedError {
  return new ExpectedError('not_found', `${new URL(indexes).host} does not have ${what}.`, '');
}
