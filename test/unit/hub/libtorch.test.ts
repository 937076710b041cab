import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LibtorchPlan } from '../../../engine/contract/libtorch.ts';
import { createActivity } from '../../../engine/hub/http/activity.ts';
import { createHttp, type Http } from '../../../engine/hub/http/http.ts';
import { parseRequirements } from '../../../engine/hub/libtorch/cuda-requirements.ts';
import { createLibtorch, type Libtorch } from '../../../engine/hub/libtorch/libtorch.ts';
import { platformOf } from '../../../engine/hub/libtorch/platforms.ts';
import { cudaBuild, libtorchVersion } from '../../../engine/hub/libtorch/version.ts';
import { pickWheel, wheelLinks } from '../../../engine/hub/libtorch/wheel-index.ts';
import type { Fault } from '../../support/fake-hub/faults.ts';
import { type FakeTorch, type FakeWheel, startFakeTorch } from '../../support/fake-torch/fake-torch.ts';
import { cpuFile, cpuWheel, libraries, type WheelEntry } from '../../support/fake-torch/fake-wheel.ts';
import { zip } from '../weights/containers.ts';

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const hash = (digit: string) => digit.repeat(64);
const linux = platformOf('linux', 'x64');

describe('the index page', () => {
  const cdn = 'https://download-r2.pytorch.org/whl/cpu';
  const base = 'https://download.pytorch.org/whl/cpu/torch/';
  const text = `<!DOCTYPE html><html><body><h1>Links for torch</h1>
    <a href="${cdn}/torch-2.14.0%2Bcpu-cp310-cp310-manylinux_2_28_x86_64.whl#sha256=${hash('1')}">old</a><br/>
    <a data-core-metadata="sha256=${hash('0')}" href='${cdn}/torch-2.15.0%2Bcpu-cp312-cp312-manylinux_2_28_x86_64.whl#sha256=${hash('2')}'>x</a><br/>
    <a href="/whl/cpu/torch-2.15.0%2Bcpu-cp310-cp310-manylinux_2_28_x86_64.manylinux2014_x86_64.whl#sha256=${hash('3').toUpperCase().replaceAll('3', 'A')}&amp;x=1"
       data-dist-info-metadata="sha256=${hash('0')}">x</a><br/>
    <A HREF="../torch-2.15.0%2Bcpu-cp310-cp310-manylinux_2_28_aarch64.whl#sha256=${hash('4')}">x</A>
    <a href="http://elsewhere/torch-2.15.0%2Bcpu-cp39-cp39-manylinux_2_28_x86_64.whl#sha256=${hash('5')}">weaker</a>
    <a href="${cdn}/torch-2.15.0%2Bcpu-cp310-cp310-win_amd64.whl#sha256=${hash('6')}">x</a>
    <a href="${cdn}/torch-2.15.0-cp311-none-macosx_14_0_arm64.whl">no hash</a>
    <a href="${cdn}/torch-2.15.0%2Bcpu.cxx11.abi-cp310-cp310-linux_x86_64.whl#sha256=${hash('7')}">another build</a>
    <a href="${cdn}/torch-%E0%A4%A.whl">broken</a> <a href="http://[">broken</a> <a>none</a> <a href="notes.txt">x</a>`;
  const links = wheelLinks(text, base);

  it('is read whatever the order of attributes, the case, the quotes and the kind of address', () => {
    expect(links.map(({ url }) => url)).toEqual([
      `${cdn}/torch-2.14.0%2Bcpu-cp310-cp310-manylinux_2_28_x86_64.whl`,
      `${cdn}/torch-2.15.0%2Bcpu-cp312-cp312-manylinux_2_28_x86_64.whl`,
      'https://download.pytorch.org/whl/cpu/torch-2.15.0%2Bcpu-cp310-cp310-manylinux_2_28_x86_64.manylinux2014_x86_64.whl',
      'https://download.pytorch.org/whl/cpu/torch-2.15.0%2Bcpu-cp310-cp310-manylinux_2_28_aarch64.whl',
      `${cdn}/torch-2.15.0%2Bcpu-cp310-cp310-win_amd64.whl`,
      `${cdn}/torch-2.15.0-cp311-none-macosx_14_0_arm64.whl`,
      `${cdn}/torch-2.15.0%2Bcpu.cxx11.abi-cp310-cp310-linux_x86_64.whl`,
    ]);
  });

  it.each([
    ['linux', 'x64', hash('a')],
    ['linux', 'arm64', hash('4')],
    ['win32', 'x64', hash('6')],
    ['darwin', 'arm64', null],
  ])('has one archive for %s %s', (system, processor, sha256) => {
    const { tag } = platformOf(system, processor);
    expect(pickWheel(links, '2.15.0', 'cpu', tag)?.sha256).toBe(sha256);
  });

  it('has none of another version or build', () => {
    expect(pickWheel(links, '2.15.1', 'cpu', linux.tag)).toBeNull();
    expect(pickWheel(links, '2.15.0', 'cu132', linux.tag)).toBeNull();
    expect(() => platformOf('darwin', 'x64')).toThrow(/no libtorch for this system/);
  });
});

let fake: FakeTorch;
let data: string;
let http: Http;
let settings: { offline: boolean; proxy: null; bandwidth: number | null };
let libtorch: Libtorch;
let notes: string[];
let seen: { doing: string; done: number; total: number }[];

beforeEach(async () => {
  fake = await startFakeTorch(cpuWheel());
  data = await mkdtemp(join(tmpdir(), 'merv libtorch '));
  settings = { offline: false, proxy: null, bandwidth: null };
  http = createHttp({ settings: () => settings, activity: createActivity(), env: {}, silenceMs: 5000 });
  const env = { MERV_LIBTORCH_INDEX: `${fake.indexes}/` };
  libtorch = createLibtorch({ http, dataFolder: data, env, system: { platform: 'linux', arch: 'x64' } });
  notes = [];
  seen = [];
});
afterEach(async () => {
  http.close();
  await fake.close();
  await rm(data, { recursive: true, force: true });
});

const signal = new AbortController().signal;
const plan = () => libtorch.plan('cpu', signal);
const install = (planned: LibtorchPlan, stop: AbortSignal = signal) =>
  libtorch.install(planned, {
    signal: stop,
    onNote: (sentence) => notes.push(sentence),
    onProgress: (doing, _, done, total) => seen.push({ doing, done, total }),
  });
const files = (): readonly string[] =>
  readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(data, join(entry.parentPath, entry.name)))
    .sort();
const folder = `libtorch/${libtorchVersion}-linux-x64`;
const whole = [
  ...Object.keys(libraries).map((name) => `${folder}/${name}`),
  `${folder}/libtorch.json`,
].sort();

describe('a plan', () => {
  it('says what is fetched from where, with which hash, and what it takes, without fetching it', async () => {
    const { bytes } = cpuWheel();
    const installedBytes = Object.values(libraries).reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(await plan()).toMatchObject({
      version: libtorchVersion,
      folder: join(data, folder),
      archives: [{ name: cpuFile, bytes: bytes.byteLength, sha256: hashOf(bytes) }],
      downloadBytes: bytes.byteLength,
      installedBytes,
      diskBytes: bytes.byteLength + installedBytes,
      problems: [],
    });
    expect(files()).toEqual([]);
  });

  it('is made also where the server does not give pieces', async () => {
    fake.fail({ server: 'cdn', what: { kind: 'no-range' } });
    expect((await plan()).installedBytes).toBe(cpuWheel().bytes.byteLength * 4);
  });

  it.each<readonly [string, readonly Fault[], string, RegExp]>([
    [
      'no page',
      [{ path: 'torch/', what: { kind: 'status', status: 404 } }],
      'not_found',
      /MERV_LIBTORCH_INDEX/,
    ],
    ['no archive', [{ path: '.whl', what: { kind: 'status', status: 404 } }], 'not_found', /looked up anew/],
    [
      'a login page of a hotel',
      [{ path: 'torch/', what: { kind: 'truncated', bytes: 40 } }],
      'not_found',
      /.+/,
    ],
    ['a server that fails', [{ what: { kind: 'status', status: 503 } }], 'network', /start again later/],
  ])('%s is a sentence with a remedy', async (_, faults, code, remedy) => {
    fake.fail(...faults);
    await expect(plan()).rejects.toMatchObject({ code, remedy: expect.stringMatching(remedy) });
  });

  it('an archive without a hash is refused', async () => {
    fake.put({ ...cpuWheel(), sha256: null });
    await expect(plan()).rejects.toMatchObject({ code: 'wrong_content', message: /names no hash/ });
  });

  it('offline mode asks for nothing', async () => {
    settings.offline = true;
    await expect(plan()).rejects.toMatchObject({ code: 'offline' });
    expect(fake.requests).toEqual([]);
  });
});

describe('an install', () => {
  it('keeps the libraries alone, each as it was, and leaves nothing else', async () => {
    mkdirSync(join(data, 'libtorch', 'old'), { recursive: true });
    const old = { format: 1, version: '2.0.0', build: 'cpu', platform: 'linux-x64', archives: [], files: [] };
    writeFileSync(join(data, 'libtorch', 'old', 'libtorch.json'), JSON.stringify(old));
    for (const left of ['.removed-1-2', '.unpacking-2.0.0-linux-x64', '.fetched/0123']) {
      mkdirSync(join(data, 'libtorch', left), { recursive: true });
      writeFileSync(join(data, 'libtorch', left, 'half'), '');
      utimesSync(join(data, 'libtorch', left), 1, 1);
    }
    await install(await plan());
    expect(files()).toEqual(whole);
    for (const [name, content] of Object.entries(libraries))
      expect(readFileSync(join(data, folder, name)).equals(content), name).toBe(true);
    expect(libtorch.installed()).toMatchObject([
      { folder: join(data, folder), manifest: { version: libtorchVersion, build: 'cpu' } },
    ]);
    expect(seen.at(-1)).toMatchObject({ doing: 'copy' });
    expect(seen.at(-1)?.done).toBe(seen.at(-1)?.total);
    expect(await libtorch.remove()).toBeGreaterThan(5_000_000);
    expect(files()).toEqual([]);
  });

  it('goes on where a cut and a pause stopped it', async () => {
    const planned = await plan();
    fake.forgetRequests();
    fake.fail({ path: '.whl', count: 1, what: { kind: 'cut', afterBytes: 1_000_000 } });
    settings.bandwidth = 3_000_000;
    const stop = new AbortController();
    const paused = install(planned, stop.signal);
    await expect.poll(() => (seen.at(-1)?.done ?? 0) > 1_500_000, { timeout: 15_000 }).toBe(true);
    stop.abort();
    await expect(paused).rejects.toMatchObject({ code: 'cancelled' });
    expect(notes).toEqual([expect.stringMatching(/torch-.* It was tried again\.$/)]);
    const before = seen.at(-1)?.done ?? 0;
    settings.bandwidth = null;
    seen = [];
    await install(planned);
    expect(seen[0]?.done).toBeGreaterThan(before / 2);
    expect(files()).toEqual(whole);
  });

  it('unpacks nothing of an archive with another hash, and says so', async () => {
    fake.put({ ...cpuWheel(), sha256: hash('e') });
    await expect(plan().then((planned) => install(planned))).rejects.toMatchObject({
      code: 'wrong_content',
      remedy: expect.stringMatching(/proxy/),
    });
    expect(files()).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('a full disk is a sentence, and what was there stays', async () => {
    await install(await plan());
    const planned = await plan();
    await rm(join(data, folder, 'torch', 'lib', 'libc10.so'));
    mkdirSync(join(data, 'libtorch', '.fetched'), { recursive: true });
    const part = join(data, 'libtorch', '.fetched', `${planned.archives[0]!.sha256}.merv.incomplete`);
    symlinkSync('/dev/full', part);
    await expect(install(planned)).rejects.toMatchObject({ code: 'disk_full' });
    expect(existsSync(join(data, folder, 'libtorch.json'))).toBe(true);
    await rm(part);
    await install(planned);
    expect(files()).toEqual(whole);
  });

  const outside = (name: string): WheelEntry => ({ name, data: Buffer.from('harm'), deflate: true });
  const lying = (): FakeWheel => {
    const { bytes, ...wheel } = cpuWheel();
    const name = Buffer.from('torch/lib/libc10.so');
    const at = bytes.lastIndexOf(name) - 46;
    const changed = Buffer.from(bytes);
    changed.writeUInt32LE(200_000, at + 24);
    return { ...wheel, bytes: changed };
  };
  it.each<readonly [string, () => FakeWheel, string, RegExp]>([
    ['a name outside', () => cpuWheel([outside('../../../.bashrc')]), 'file_corrupt', /\.bashrc/],
    ['a name of Windows outside', () => cpuWheel([outside('torch\\lib\\x.dll')]), 'file_corrupt', /x\.dll/],
    ['an absolute name', () => cpuWheel([outside('/etc/passwd')]), 'file_corrupt', /passwd/],
    [
      'a link for a library',
      () => cpuWheel([{ name: 'torch/lib/libx.so', data: Buffer.from('/etc/passwd'), mode: 0o120777 }]),
      'file_corrupt',
      /libx\.so is a link/,
    ],
    ['a library that is longer than it says', lying, 'file_corrupt', /longer than the directory says/],
    [
      'a bomb',
      () => cpuWheel([{ name: 'torch/lib/libbomb.so', data: Buffer.alloc(80_000_000), deflate: true }]),
      'file_corrupt',
      /libbomb\.so claims 80000000/,
    ],
    [
      'no zip',
      () => ({ ...cpuWheel(), bytes: Buffer.alloc(100_000, 'x') }),
      'file_corrupt',
      /no zip directory/,
    ],
    [
      'not libtorch',
      () => cpuWheel([], ['torch/lib/libtorch_cpu.so']),
      'file_unsupported',
      /no torch\/lib\/libtorch_cpu\.so/,
    ],
  ])('refuses an archive with %s', async (_, wheel, code, message) => {
    // Its hash is right: the index itself is not to be trusted.
    fake.put(wheel());
    const outcome = plan().then((planned) => install(planned));
    await expect(outcome).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(files().filter((path) => !path.startsWith('libtorch/.fetched/'))).toEqual([]);
  });
});

describe('libtorch for CUDA', () => {
  const library = (name: string) => ({ name, data: Buffer.from(name), deflate: true });
  const wheel = (file: string, entries: readonly WheelEntry[]): FakeWheel => ({
    index: cudaBuild,
    file,
    bytes: zip(entries),
  });
  const metadata = (name: string, ...lines: readonly string[]) => ({
    name: `${name}.dist-info/METADATA`,
    data: Buffer.from(`Metadata-Version: 2.4\n${lines.map((line) => `Requires-Dist: ${line}\n`).join('')}`),
  });

  it('comes with NVIDIA’s libraries that its description asks for', async () => {
    const torch = `torch-${libtorchVersion}+${cudaBuild}-cp310-cp310-manylinux_2_28_x86_64.whl`;
    fake.put(
      wheel(torch, [
        ...['torch_cpu', 'c10', 'torch_cuda', 'c10_cuda'].map((name) => library(`torch/lib/lib${name}.so`)),
        metadata(
          'torch-2.15.0+cu132',
          'filelock',
          'cuda-toolkit[cublas,cudart]==13.2.2; platform_system == "Linux"',
          'nvidia-cudnn-cu13==9.26.0.51; platform_system == "Linux"',
          'triton~=3.9.0; platform_system == "Linux" and python_version < "3.16"',
        ),
      ]),
      wheel('cuda_toolkit-13.2.2-py2.py3-none-any.whl', [
        metadata(
          'cuda_toolkit-13.2.2',
          'nvidia-cublas==13.4.*; (sys_platform == "linux") and extra == "cublas"',
          'nvidia-cuda-runtime==13.2.86; extra == "cudart"',
          'nvidia-cufft==12.0.1; extra == "cufft"',
        ),
      ]),
      wheel('nvidia_cublas-13.4.9-py3-none-manylinux_2_27_x86_64.whl', [
        library('nvidia/cu13/lib/libcublas.so.13'),
      ]),
      wheel('nvidia_cublas-13.4.10-py3-none-manylinux_2_27_x86_64.whl', [
        library('nvidia/cu13/lib/libcublas.so.13'),
      ]),
      wheel('nvidia_cublas-13.4.11-py3-none-win_amd64.whl', [library('nvidia/cu13/bin/cublas.dll')]),
      wheel('nvidia_cuda_runtime-13.2.86-py3-none-manylinux2014_x86_64.whl', [
        library('nvidia/cu13/lib/libcudart.so.13'),
        library('nvidia/cu13/include/cuda.h'),
      ]),
      wheel('nvidia_cudnn_cu13-9.26.0.51-py3-none-manylinux_2_27_x86_64.whl', [
        library('nvidia/cudnn/lib/libcudnn.so.9'),
      ]),
    );
    const planned = await libtorch.plan('cuda', signal);
    expect(planned.archives.map(({ name }) => name.split('-').slice(0, 2).join(' '))).toEqual([
      `torch ${libtorchVersion}+${cudaBuild}`,
      'nvidia_cublas 13.4.10',
      'nvidia_cuda_runtime 13.2.86',
      'nvidia_cudnn_cu13 9.26.0.51',
    ]);
    await install(planned);
    const [installed] = libtorch.installed();
    expect(installed?.manifest.files.map(({ path }) => path)).toEqual([
      'torch/lib/libtorch_cpu.so',
      'torch/lib/libc10.so',
      'torch/lib/libtorch_cuda.so',
      'torch/lib/libc10_cuda.so',
      'nvidia/cu13/lib/libcublas.so.13',
      'nvidia/cu13/lib/libcudart.so.13',
      'nvidia/cudnn/lib/libcudnn.so.9',
    ]);
  });

  it('asks on Windows for nothing beside PyTorch’s own archive', () => {
    const text = 'Requires-Dist: nvidia-cudnn-cu13==9.26.0.51; platform_system == "Linux"\n';
    expect(parseRequirements(text, 'win32-x64', new Set())).toEqual([]);
    expect(parseRequirements(text, 'linux-x64', new Set())).toHaveLength(1);
  });
});
