import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findPip, pipDownload } from '../../engine/hub/starter-pip.ts';
import { openFile } from '../../engine/weights/random-access-file.ts';
import { readZip } from '../../engine/weights/zip.ts';

// Makes resources/sample.mp4: three free photographs, slowly zoomed, one after the other, so that a question about
// the clip has a right answer that changes with time. Run: npx tsx build/scripts/make-sample.ts
// Needs ffmpeg with libx264 (FFMPEG_BIN or on the PATH) and pip, for the photographs in scikit-image's wheel.

/** A window into the photograph cut to 16:9: its centre as fractions of width and height, and how much it enlarges. */
interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

interface Shot {
  readonly photo: string;
  readonly sha256: string;
  readonly from: View;
  readonly to: View;
}

const requirement = 'scikit-image==0.26.0';

const shots: readonly Shot[] = [
  {
    photo: 'chelsea.png',
    sha256: '596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb',
    from: { x: 0.5, y: 0.5, zoom: 1 },
    to: { x: 0.47, y: 0.46, zoom: 1.12 },
  },
  {
    photo: 'coffee.png',
    sha256: 'cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7',
    from: { x: 0.47, y: 0.46, zoom: 1.12 },
    to: { x: 0.5, y: 0.5, zoom: 1 },
  },
  {
    photo: 'rocket.jpg',
    sha256: 'c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c',
    from: { x: 0.5, y: 0.45, zoom: 1.2 },
    to: { x: 0.5, y: 0.42, zoom: 1.7 },
  },
];

const rate = 25;
const shotSeconds = 3.4;
const fadeSeconds = 0.6;
const frames = shotSeconds * rate;

/** The size that views are cut from and the size they are cut at: large, so that a slow zoom moves by parts of a pixel. */
const inner = { width: 2560, height: 1440 };
const cut = { width: 1280, height: 720 };

function filterOf({ from, to }: Shot, index: number): string {
  const between = (a: number, b: number): string => `(${a}+${b - a}*on/${frames - 1})`;
  const zoom = between(from.zoom, to.zoom);
  const x = `iw*${between(from.x, to.x)}-iw/zoom/2`;
  const y = `ih*${between(from.y, to.y)}-ih/zoom/2`;
  return [
    `[${index}:v]scale=${inner.width}:-2:flags=lanczos`,
    `crop=${inner.width}:${inner.height}:0:(ih-${inner.height})*${from.y}`,
    `zoompan=z='${zoom}':x='${x}':y='${y}':d=${frames}:s=${cut.width}x${cut.height}:fps=${rate}`,
    `scale=640:360:flags=area:out_color_matrix=bt709,format=yuv420p,setsar=1,settb=1/${rate}[shot${index}]`,
  ].join(',');
}

function joined(): string {
  const fades: string[] = [];
  let last = 'shot0';
  for (let i = 1; i < shots.length; i++) {
    const offset = (i * (shotSeconds - fadeSeconds)).toFixed(2);
    fades.push(`[${last}][shot${i}]xfade=transition=fade:duration=${fadeSeconds}:offset=${offset}[join${i}]`);
    last = `join${i}`;
  }
  return [...shots.map(filterOf), ...fades, `[${last}]null[out]`].join(';');
}

async function photographs(folder: string): Promise<readonly string[]> {
  const signal = new AbortController().signal;
  const wheels = join(folder, 'wheel');
  await mkdir(wheels);
  await pipDownload(await findPip(signal), { requirement, folder: wheels, signal, onBytes: () => {} });
  const wheel = (await readdir(wheels)).find((name) => name.endsWith('.whl'));
  const file = await openFile(join(wheels, wheel ?? ''));
  const zip = await readZip(file);
  const paths: string[] = [];
  for (const { photo, sha256 } of shots) {
    const entry = zip.entries.get(`skimage/data/${photo}`);
    const bytes = entry && (await zip.read(entry, 0, entry.size));
    if (!bytes || createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new Error(`${photo} in ${requirement} is not the photograph this script was written for`);
    }
    const path = join(folder, photo);
    await writeFile(path, bytes);
    paths.push(path);
  }
  await file.close();
  return paths;
}

const target = fileURLToPath(new URL('../../resources/sample.mp4', import.meta.url));
const partial = `${target}.partial.mp4`;
const folder = await mkdtemp(join(tmpdir(), 'sample-'));
try {
  const inputs = (await photographs(folder)).flatMap((path) => ['-i', path]);
  const colours = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'];
  const quality = ['-c:v', 'libx264', '-preset', 'veryslow', '-crf', '22', '-g', '50', '-pix_fmt', 'yuv420p'];
  const stable = [
    '-map_metadata',
    '-1',
    '-fflags',
    '+bitexact',
    '-flags:v',
    '+bitexact',
    '-movflags',
    '+faststart',
  ];
  await promisify(execFile)(process.env.FFMPEG_BIN ?? 'ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-y', ...inputs, '-filter_complex', joined()],
    ...['-map', '[out]', '-an', ...quality, ...colours, ...stable, partial],
  ]);
  await rename(partial, target);
  process.stdout.write(`${target}: ${(await stat(target)).size} bytes\n`);
} finally {
  await rm(partial, { force: true });
  await rm(folder, { recursive: true, force: true });
}
