import { join } from 'node:path';
import { app } from 'electron';

export interface ShellPaths {
  readonly page: string;
  readonly preload: string;
  readonly engine: string;
  readonly resources: string;
  readonly sample: string;
}

/** Where the built parts lie, in a checkout and in an installed application. */
export function shellPaths(): ShellPaths {
  const root = app.getAppPath();
  const resources = app.isPackaged ? join(process.resourcesPath, 'resources') : join(root, 'resources');
  return {
    page: join(root, 'dist', 'renderer'),
    preload: join(root, 'dist', 'electron', 'preload.cjs'),
    engine: join(root, 'dist', 'engine', 'utility.cjs'),
    resources,
    sample: join(resources, 'sample.mp4'),
  };
}

/** What the engine is told by its environment. */
export function engineEnvironment(paths: ShellPaths): Readonly<Record<string, string | undefined>> {
  return { ...process.env, MERV_RESOURCES: paths.resources };
}
