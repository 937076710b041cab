import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedError } from '../../contract/errors.ts';
import type { LibtorchPlan } from '../../contract/libtorch.ts';
import { freeBytes } from '../../store/disk.ts';
import { openFile } from '../../weights/random-access-file.ts';
import { writeWhole } from '../starter-files.ts';
import { writeFailure } from '../write-failure.ts';
import { type ArchiveOptions, discardArchive, fetchArchive } from './archive.ts';
import {
  type LibtorchManifest,
  libtorchHome,
  manifestFile,
  readInstalled,
  removeFolder,
  removeInstalled,
  sweepLibtorch,
} from './installed.ts';
import { diskProblems } from './plan.ts';
import type { LibtorchPlatform } from './platforms.ts';
import { checkNeeded, lookInto, unpack } from './unpack.ts';

export interface InstallOptions extends Omit<ArchiveOptions, 'onBytes' | 'onChecking'> {
  readonly plan: Omit<LibtorchPlan, 'problems'>;
  readonly platform: LibtorchPlatform;
  readonly onProgress: (
    doing: 'download' | 'check' | 'copy',
    file: string,
    done: number,
    total: number,
  ) => void;
}

/**
 * Fetches what the plan names, checks it, unpacks it beside its place and renames: libtorch is there whole or not at
 * all. A kill at any moment leaves what the next call goes on with. Other libtorches are removed afterwards.
 * Throws ExpectedError of {@link fetchArchive} and {@link unpack}.
 */
export async function installLibtorch(options: InstallOptions): Promise<void> {
  const { plan, dataFolder, platform } = options;
  await sweepLibtorch(dataFolder);
  if (!(await isWhole(dataFolder, plan.folder))) {
    const paths = await fetchAll(options);
    await checkDisk(dataFolder, paths, platform);
    const work = workFolder(dataFolder, plan);
    try {
      await rm(work, { recursive: true, force: true });
      await unpackAll(paths, work, options);
      await removeFolder(dataFolder, plan.folder);
      await rename(work, plan.folder);
    } catch (error) {
      await rm(work, { recursive: true, force: true });
      throw writeFailure(error, plan.folder);
    }
  }
  for (const archive of plan.archives) await discardArchive(dataFolder, archive);
  // Whoever trains with one of them has it open; where the system forbids to remove it, it stays until the next time.
  await removeInstalled(dataFolder, plan.folder).catch((error: unknown) => {
    options.onNote(error instanceof ExpectedError ? error.message : String(error));
  });
}

/** Takes away what a plan has fetched and not made use of. */
export async function discardLibtorch(dataFolder: string, plan: InstallOptions['plan']): Promise<void> {
  await rm(workFolder(dataFolder, plan), { recursive: true, force: true });
  for (const archive of plan.archives) await discardArchive(dataFolder, archive);
}

const workFolder = (dataFolder: string, { folder }: InstallOptions['plan']): string =>
  join(libtorchHome(dataFolder), `.unpacking-${folder.split(/[\\/]/).at(-1)}`);

async function fetchAll(options: InstallOptions): Promise<readonly string[]> {
  const { plan, onProgress } = options;
  const paths: string[] = [];
  let done = 0;
  for (const archive of plan.archives) {
    const path = await fetchArchive(archive, {
      ...options,
      onBytes(bytes) {
        done += bytes;
        onProgress('download', archive.name, done, plan.downloadBytes);
      },
      onChecking: () => onProgress('check', archive.name, 0, 1),
    });
    paths.push(path);
  }
  return paths;
}

/** Before the first library is written: that the disk suffices, and that it is libtorch at all. */
async function checkDisk(
  dataFolder: string,
  paths: readonly string[],
  platform: LibtorchPlatform,
): Promise<void> {
  let bytes = 0;
  const names: string[] = [];
  for (const path of paths) {
    const archive = await openFile(path);
    try {
      const inside = await lookInto(archive, platform);
      bytes += inside.bytes;
      names.push(...inside.names);
    } finally {
      await archive.close();
    }
  }
  checkNeeded(paths[0] ?? '', names, platform);
  const [problem] = diskProblems(dataFolder, bytes, await freeBytes(dataFolder));
  if (problem) throw new ExpectedError('disk_full', problem.sentence, problem.remedy);
}

async function unpackAll(paths: readonly string[], work: string, options: InstallOptions): Promise<void> {
  const { plan, platform, signal, onProgress } = options;
  const { version, build, archives } = plan;
  const files: LibtorchManifest['files'] = [];
  let done = 0;
  await mkdir(work, { recursive: true, mode: 0o700 });
  for (const path of paths) {
    const onBytes = (file: string, bytes: number): void => {
      done += bytes;
      onProgress('copy', file.slice(file.lastIndexOf('/') + 1), done, plan.installedBytes);
    };
    files.push(...(await unpack({ path, folder: work, platform, signal, onBytes })));
  }
  const manifest: LibtorchManifest = {
    ...{ format: 1, version, build, platform: plan.platform, files },
    archives: archives.map(({ name, sha256 }) => ({ name, sha256 })),
  };
  await writeWhole(join(work, manifestFile), [Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`)]);
}

/** By its manifest and the lengths of its files: their content was checked when they were written. */
async function isWhole(dataFolder: string, folder: string): Promise<boolean> {
  const found = readInstalled(dataFolder).find((each) => each.folder === folder);
  if (found === undefined) return false;
  for (const { path, bytes } of found.manifest.files) {
    if ((await stat(join(folder, path)).catch(() => null))?.size !== bytes) return false;
  }
  return true;
}
