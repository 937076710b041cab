import type { RandomAccessFile } from '../../weights/random-access-file.ts';
import { readZip } from '../../weights/zip.ts';
import type { WheelLink } from './wheel-index.ts';

/** An archive of NVIDIA's libraries that PyTorch's needs beside it: "13.2.1", any of "13.2.*", or any at all (null). */
export interface CudaRequirement {
  readonly name: string;
  readonly version: string | null;
}

export interface RequirementSource {
  /** Throws ExpectedError 'not_found'. */
  readonly find: (requirement: CudaRequirement) => Promise<WheelLink>;
  readonly open: (link: WheelLink) => Promise<RandomAccessFile>;
  /** "linux-x64" */
  readonly system: string;
}

const longestMetadata = 4 << 20;

/**
 * The archives of NVIDIA's that PyTorch's wheel asks for in its METADATA (`Requires-Dist`, PEP 508): those named nvidia-*,
 * and those behind the names of cuda-toolkit's extras. Requirements of theirs among each other name nothing that
 * PyTorch does not, so they are not followed. Throws ExpectedError of reading and finding.
 */
export async function cudaRequirements(
  torch: WheelLink,
  source: RequirementSource,
): Promise<readonly WheelLink[]> {
  const found = new Map<string, WheelLink>();
  const visit = async (link: WheelLink, extras: ReadonlySet<string>): Promise<void> => {
    const metadata = await readMetadata(await source.open(link));
    for (const requirement of parseRequirements(metadata, source.system, extras)) {
      const { name, version } = requirement;
      if (found.has(name)) continue;
      if (name === 'cuda-toolkit') await visit(await source.find({ name, version }), requirement.extras);
      else if (name.startsWith('nvidia-')) found.set(name, await source.find({ name, version }));
    }
  };
  await visit(torch, new Set());
  return [...found.values()];
}

async function readMetadata(file: RandomAccessFile): Promise<string> {
  const zip = await readZip(file);
  const entry = [...zip.entries.values()].find(({ name }) => /^[^/]+\.dist-info\/METADATA$/.test(name));
  if (entry === undefined || entry.size > longestMetadata) return '';
  return Buffer.from(await zip.read(entry, 0, entry.size)).toString('utf8');
}

interface Requirement extends CudaRequirement {
  readonly extras: ReadonlySet<string>;
}

const systems: Readonly<Record<string, string>> = { linux: 'Linux', win32: 'Windows', darwin: 'Darwin' };

/** What METADATA asks for on this system when these extras are wanted. */
export function parseRequirements(
  metadata: string,
  system: string,
  extras: ReadonlySet<string>,
): readonly Requirement[] {
  const name = systems[system.split('-')[0] ?? ''] ?? '';
  return metadata.split(/\r?\n/).flatMap((line) => {
    const found = /^Requires-Dist:\s*([\w.-]+)\s*(?:\[([^\]]*)\])?\s*([^;]*)(?:;(.*))?$/.exec(line);
    if (found === null) return [];
    const [, distribution = '', wanted = '', version = '', marker = ''] = found;
    if (!holds(marker, name, extras)) return [];
    return [
      {
        name: distribution.toLowerCase().replace(/[-_.]+/g, '-'),
        version: /==\s*([\w.+!-]+(?:\.\*)?)\s*[,)]*\s*$/.exec(version)?.[1] ?? null,
        extras: new Set(wanted.split(',').map((each) => each.trim())),
      },
    ];
  });
}

/** Markers as PyTorch and NVIDIA write them: comparisons of the system and of extras; others are taken to hold. */
function holds(marker: string, system: string, extras: ReadonlySet<string>): boolean {
  for (const [, key, value = ''] of marker.matchAll(/(\w+)\s*==\s*["']([^"']*)["']/g)) {
    if (key === 'platform_system' && value !== system) return false;
    if (key === 'sys_platform' && systems[value] !== system) return false;
    if (key === 'extra' && !extras.has(value)) return false;
  }
  return true;
}
