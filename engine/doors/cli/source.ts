import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { InstallPlan, ModelSource, PrecisionChoices } from '../../contract/hub.ts';
import { partRoles, precisionSchema } from '../../contract/models.ts';
import { UsageError } from './flags.ts';

/**
 * A model's source as people write it: a path (`./folder`, `~/model.gguf`, or what is there under that name), a
 * repository (`org/repo`, `org/repo@revision`, `org/repo:path/in/it`), else an id of the catalogue.
 */
export function sourceOf(word: string): ModelSource {
  const path = word.startsWith('~/') ? join(homedir(), word.slice(2)) : word;
  if (isAbsolute(path) || /^\.{1,2}([/\\]|$)/.test(path) || existsSync(path))
    return { kind: 'local', path: resolve(path) };
  const [, repo, revision = null, inside = null] =
    /^([\w.-]+\/[\w.-]+)(?:@([^:]+))?(?::(.+))?$/.exec(word) ?? [];
  if (repo) return { kind: 'hub', repo, revision, path: inside };
  if (/^[\w.-]+$/.test(word)) return { kind: 'catalogue', id: word };
  throw new UsageError(
    `${JSON.stringify(word)} is no path, no repository (org/repo) and no model of the catalogue`,
  );
}

const roleNames: Readonly<Record<string, (typeof partRoles)[number]>> = {
  ...Object.fromEntries(partRoles.map((role) => [role, role])),
  'language-model': 'languageModel',
};

/** `role=precision` or `role:id=precision`, for the parts of a plan. Throws UsageError. */
export function choicesOf(words: readonly string[], plan: InstallPlan): PrecisionChoices {
  return words.flatMap((word) => {
    const [, name = '', id, wanted] = /^([\w-]+)(?::([^=]+))?=(.+)$/.exec(word) ?? [];
    const precision = precisionSchema.safeParse(wanted);
    const role = roleNames[name];
    if (!role || !precision.success) {
      throw new UsageError(
        `--precision: encoder=int8 or languageModel=int4 is expected, not ${JSON.stringify(word)}`,
      );
    }
    const parts = plan.parts.filter((part) => part.role === role && (id === undefined || part.id === id));
    if (parts.length === 0)
      throw new UsageError(`--precision: ${plan.name} has no part ${word.split('=')[0]}`);
    return parts.map((part) => ({ role, id: part.id, precision: precision.data }));
  });
}
