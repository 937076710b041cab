import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { type SourceFile, wrongArrows } from './arrows.ts';
import { registryHosts } from './host-names.ts';

/** Files of the repository, new ones included, ignored ones not. */
function filesOf(pattern: RegExp): readonly SourceFile[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return list
    .split('\0')
    .filter((path) => pattern.test(path) && existsSync(path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

const problems = [
  ...wrongArrows(filesOf(/^(engine|electron|renderer)\/.*\.tsx?$/)),
  ...registryHosts(
    filesOf(/^(?!test\/fixtures\/).*\.(tsx?|mjs|cjs|jsx?|json|md|yml|yaml|sh|css|html|run)$|^\.ci\//),
  ),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
