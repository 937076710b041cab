import type { SourceFile } from './arrows.ts';

// In two halves, so that this file does not hold what it looks for.
const hosts = [
  ['registry.npmjs', 'org'],
  ['registry.yarnpkg', 'com'],
  ['pypi', 'org'],
  ['pythonhosted', 'org'],
  ['deb.debian', 'org'],
].map((parts) => parts.join('.'));

/**
 * Package registries are reached through their clients, which know (or are told) where they are: a host name in a
 * file would go round a mirror or a proxy. Returns a sentence for each name found.
 */
export function registryHosts(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const host = hosts.find((name) => line.includes(name));
      return host === undefined ? [] : [`${path}:${index + 1}: names the registry host ${host}.`];
    }),
  );
}
