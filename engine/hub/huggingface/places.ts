import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from '../http/proxy.ts';

/**
 * Where Hugging Face's own tools keep things, by the environment variables that they read
 * (huggingface_hub, constants.py); absolute paths.
 */
export interface HubPlaces {
  readonly endpoint: string;
  readonly cacheFolder: string;
  readonly tokenFile: string;
  /** HF_TOKEN; null where it is not set. */
  readonly environmentToken: string | null;
  /** HF_HUB_OFFLINE. */
  readonly offline: boolean;
  /** False where HF_HUB_DISABLE_SYMLINKS asks for files instead. */
  readonly symlinks: boolean;
}

const usualEndpoint = 'https://huggingface.co';

export function hubPlaces(env: Environment = process.env, home: string = homedir()): HubPlaces {
  const path = (text: string): string => resolve(expanded(text, env, home));
  const hubHome = path(env.HF_HOME || join(env.XDG_CACHE_HOME || join(home, '.cache'), 'huggingface'));
  return {
    endpoint: (env.HF_ENDPOINT || usualEndpoint).replace(/\/+$/, ''),
    cacheFolder: path(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubHome, 'hub')),
    tokenFile: path(env.HF_TOKEN_PATH || join(hubHome, 'token')),
    environmentToken: cleanToken(env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN),
    offline: isOn(env.HF_HUB_OFFLINE) || isOn(env.TRANSFORMERS_OFFLINE),
    symlinks: !isOn(env.HF_HUB_DISABLE_SYMLINKS),
  };
}

/** A token, and who gave it. */
export interface FoundToken {
  readonly token: string | null;
  readonly from: 'none' | 'environment' | 'file' | 'entered';
}

/** What was entered here, else HF_TOKEN, else what `hf auth login` wrote; read anew each time. */
export async function findToken(places: HubPlaces, entered: string | null): Promise<FoundToken> {
  const typed = cleanToken(entered ?? undefined);
  if (typed !== null) return { token: typed, from: 'entered' };
  if (places.environmentToken !== null) return { token: places.environmentToken, from: 'environment' };
  const written = cleanToken(await readFile(places.tokenFile, 'utf8').catch(() => undefined));
  return written === null ? { token: null, from: 'none' } : { token: written, from: 'file' };
}

/** A token goes into a header: line ends and spaces around it come from copying. */
function cleanToken(text: string | undefined): string | null {
  const token = (text ?? '').replace(/[\r\n]/g, '').trim();
  return /^[\x21-\x7e]+$/.test(token) ? token : null;
}

function isOn(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

function expanded(text: string, env: Environment, home: string): string {
  return text
    .replace(/^~(?=$|[\\/])/, home)
    .replace(/\$(\w+)|\$\{(\w+)\}/g, (whole, plain, braced) => env[plain ?? braced] ?? whole);
}
