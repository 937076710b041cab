import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { moveWork } from '../../../engine/hub/jobs/move.ts';
import { createProgress } from '../../../engine/hub/jobs/progress.ts';
import type { JobContext } from '../../../engine/hub/jobs/work.ts';
import { openDatabase } from '../../../engine/store/database.ts';
import { createEngineRegister } from '../../../engine/store/engines.ts';
import { openFolders, setModelsFolder } from '../../../engine/store/folders.ts';
import type { JobRecord } from '../../../engine/store/jobs.ts';

let home: string;
let to: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'merv move '));
  to = join(home, 'other disk', 'models');
  const { models } = openFolders(home);
  for (const path of ['parts/a/part.json', 'parts/a/graph.onnx', 'one/bundle.json', '.parts/x.gguf']) {
    mkdirSync(join(models, path, '..'), { recursive: true });
    writeFileSync(join(models, path), path.repeat(5000));
  }
  writeFileSync(join(models, 'notes.txt'), 'not ours');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Runs a move whose signal aborts, or which throws as a kill does, after so many reports of progress. */
async function move(
  stopAfter = Number.POSITIVE_INFINITY,
  beforeSwitch = () => {},
  id = 'job',
  cancelled = false,
) {
  const database = openDatabase(join(home, 'studio.db'));
  const engines = createEngineRegister(database);
  const folders = openFolders(home);
  const abort = new AbortController();
  let reports = 0;
  const progress = createProgress(() => {});
  const context: JobContext = {
    id,
    createdAt: 0,
    signal: abort.signal,
    memory: null,
    progress: {
      ...progress,
      at(stage) {
        progress.at(stage);
        if (++reports >= stopAfter) throw new Error('killed');
      },
    },
    remember: () => {},
    note: () => {},
    setModel: () => {},
    countOn: () => {},
    inTurn: (work) => work(),
  };
  const work = moveWork({
    engines,
    modelsFolder: () => folders.models,
    async switchTo(folder) {
      beforeSwitch();
      setModelsFolder(folders.data, folder);
    },
  });
  const request = { kind: 'move', from: join(home, 'models'), to } as const;
  try {
    if (cancelled) await work.clean(request, { job: { id } } as JobRecord);
    else await work.run(request, context);
  } finally {
    engines.leave();
    database.close();
  }
  return reports;
}

const files = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort()
    : [];
const all = ['.parts/x.gguf', 'one/bundle.json', 'parts/a/graph.onnx', 'parts/a/part.json'];

describe('moving the models', () => {
  it('takes ours along and leaves what is not', async () => {
    await move();
    expect(openFolders(home).models).toBe(to);
    expect(files(to)).toEqual(all);
    expect(files(join(home, 'models'))).toEqual(['notes.txt']);
    expect(readFileSync(join(to, 'parts/a/graph.onnx'), 'utf8')).toBe('parts/a/graph.onnx'.repeat(5000));
  });

  it('killed at any step is whole on one side, and ends when it is run again', async () => {
    const steps = await move(Number.POSITIVE_INFINITY);
    expect(steps).toBe(8);
    for (let kill = 1; kill <= steps + 1; kill++) {
      rmSync(home, { recursive: true, force: true });
      const { models } = openFolders(home);
      for (const path of all) {
        mkdirSync(join(models, path, '..'), { recursive: true });
        writeFileSync(join(models, path), path.repeat(5000));
      }
      const stop = (): never => {
        throw new Error('killed');
      };
      await expect(kill > steps ? move(undefined, stop) : move(kill)).rejects.toThrow('killed');
      expect([openFolders(home).models, files(models)]).toEqual([models, all]);
      // What a kill in the middle of a file leaves.
      if (kill === 4) writeFileSync(join(to, 'parts', 'a.7.partial'), 'x');
      await move();
      expect([files(to), files(models), existsSync(models)]).toEqual([all, [], false]);
    }
  });

  it('leaves alone what somebody puts into the new folder meanwhile', async () => {
    const others = ['holiday/photo.jpg', 'letter.txt', 'notes.7.partial'];
    for (const end of ['cancelled', 'finished']) {
      await expect(move(3)).rejects.toThrow('killed');
      for (const path of others) {
        mkdirSync(join(to, path, '..'), { recursive: true });
        writeFileSync(join(to, path), 'mine');
      }
      await move(undefined, undefined, 'job', end === 'cancelled');
      expect(files(to)).toEqual(end === 'cancelled' ? others : [...all, ...others].sort());
      if (end === 'cancelled') rmSync(to, { recursive: true });
    }
  });

  it('cancelled leaves no trace', async () => {
    await expect(move(3)).rejects.toThrow('killed');
    await move(undefined, undefined, 'job', true);
    expect(existsSync(to)).toBe(false);
    expect(files(join(home, 'models'))).toEqual([...all.slice(0, 1), 'notes.txt', ...all.slice(1)]);
  });

  it('killed after the switch deletes what was copied when it is run again, and that only', async () => {
    cpSync(join(home, 'models'), to, { recursive: true });
    rmSync(join(to, 'parts', 'a', 'graph.onnx'));
    setModelsFolder(home, to);
    await move();
    expect(files(join(home, 'models'))).toEqual(['notes.txt', 'parts/a/graph.onnx']);
  });

  it('refuses a folder with other files, one inside the other, and while another engine lives', async () => {
    mkdirSync(to, { recursive: true });
    writeFileSync(join(to, 'x'), '');
    await expect(move()).rejects.toMatchObject({ code: 'not_allowed' });
    to = join(home, 'models', 'inner');
    await expect(move()).rejects.toMatchObject({ code: 'bad_request' });
    to = join(home, 'new');
    const database = openDatabase(join(home, 'studio.db'));
    const other = createEngineRegister(database);
    await expect(move()).rejects.toMatchObject({ code: 'busy' });
    other.leave();
    database.close();
    await move();
  });
});
