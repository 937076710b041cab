import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { ExpectedError, type ExpectedErrorData, expectedErrorSchema } from '../contract/errors.ts';
import { choicesSchema, modelSourceSchema } from '../contract/hub.ts';
import { isEnded, type Job, type JobState, jobSchema } from '../contract/jobs.ts';
import { libtorchBuildSchema } from '../contract/libtorch.ts';
import type { Database, Row } from './database.ts';
import type { EngineRegister } from './engines.ts';
import { parsed } from './parsed.ts';

/** What a job has to do; paths are absolute. */
export const jobRequestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('install'), source: modelSourceSchema, choices: choicesSchema }),
  z.object({ kind: z.literal('repair'), modelId: z.string() }),
  z.object({ kind: z.literal('export'), modelId: z.string(), path: z.string() }),
  z.object({ kind: z.literal('move'), from: z.string(), to: z.string() }),
  z.object({ kind: z.literal('libtorch'), build: libtorchBuildSchema }),
]);
export type JobRequest = z.infer<typeof jobRequestSchema>;

const progressSchema = jobSchema.pick({
  stage: true,
  fraction: true,
  bytesPerSecond: true,
  secondsLeft: true,
});
export type JobProgress = z.infer<typeof progressSchema>;

export const noProgress: JobProgress = { stage: null, fraction: 0, bytesPerSecond: null, secondsLeft: null };

export interface JobRecord {
  readonly job: Job;
  readonly request: JobRequest;
  /** What the job has noted for its next run, as it wrote it; null where it has not. */
  readonly memory: unknown;
  /** What its engine is asked to do with it. */
  readonly wish: 'pause' | 'cancel' | null;
  readonly engineId: string | null;
}

/** Jobs in the database. Methods that take an id throw ExpectedError 'not_found' for one that is not kept. */
export interface JobStore {
  /** Queued, for this engine; another one takes it only when this one has died. */
  add(request: JobRequest, title: string, modelId: string | null): string;
  /** Newest first. */
  list(): readonly JobRecord[];
  /** Those that are neither done nor cancelled, newest first: what a runner looks at all the time. */
  active(): readonly JobRecord[];
  /** Whether a living engine has it in hand: runs it, or will. */
  isHeld(record: JobRecord): boolean;
  get(id: string): JobRecord;
  /**
   * Makes a queued job, or one whose engine died, this engine's and running. False where it is not to be had, or `may`
   * says no: no other engine claims one between its look and the claim.
   */
  claim(id: string, may?: () => boolean): boolean;
  /** Queues a job that runs nowhere, for this engine. False where it runs or has ended well. */
  enqueue(id: string): boolean;
  /**
   * Asks the engine that runs it. One that nobody runs is paused at once, or queued here to be cancelled: what it has
   * not finished has to be removed.
   */
  wish(id: string, wish: 'pause' | 'cancel'): void;
  saveProgress(id: string, progress: JobProgress): void;
  note(id: string, sentence: string): void;
  /** Survives restarts: what the next run must do as this one did. */
  remember(id: string, memory: unknown): void;
  setModel(id: string, modelId: string, title: string): void;
  /** Parts that it counts on; all of them, before it looks whether they are there. */
  setParts(id: string, keys: readonly string[]): void;
  /** What {@link setParts} was told. */
  partsOf(id: string): readonly string[];
  /**
   * Runs `work`, which must not wait, with the parts that jobs which have not ended count on; no engine can count on
   * more until it is done. Who removes parts does it in here.
   */
  withPartsInUse<T>(work: (inUse: ReadonlySet<string>) => T): T;
  /** Ends this engine's run of it. 'queued' keeps its progress: the next engine goes on. */
  finish(
    id: string,
    state: Exclude<JobState, 'running'>,
    error: ExpectedErrorData | null,
    forThisEngine?: boolean,
  ): void;
  /** Takes an ended job off the list. Throws ExpectedError 'busy' for one that has not ended. */
  remove(id: string): void;
}

/** Ended jobs are forgotten after a month. */
const keptMs = 30 * 24 * 3600 * 1000;

export function createJobStore(database: Database, engines: EngineRegister): JobStore {
  const get = (id: string): JobRecord => {
    const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
    const record = row && recordOf(row);
    if (!record) throw notFound();
    return record;
  };
  const change = (id: string, assignments: string, ...values: readonly (string | number | null)[]): void => {
    database.run(`UPDATE jobs SET updated_at = ?, ${assignments} WHERE id = ?`, Date.now(), ...values, id);
  };
  const isHeld = ({ job, engineId }: JobRecord): boolean =>
    (job.state === 'running' || job.state === 'queued') && engineId !== null && engines.lives(engineId);

  return {
    add(request, title, modelId) {
      const id = randomUUID();
      const now = Date.now();
      database.run("DELETE FROM jobs WHERE state IN ('done', 'cancelled') AND updated_at < ?", now - keptMs);
      database.run(
        `INSERT INTO jobs (id, title, model_id, request, state, engine_id, progress, created_at, updated_at)
         VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?)`,
        id,
        title,
        modelId,
        JSON.stringify(request),
        engines.id,
        JSON.stringify(noProgress),
        now,
        now,
      );
      return id;
    },
    list: () =>
      database
        .all('SELECT * FROM jobs ORDER BY number DESC')
        .map(recordOf)
        .filter((record) => record !== null),
    active: () =>
      database
        .all("SELECT * FROM jobs WHERE state NOT IN ('done', 'cancelled') ORDER BY number DESC")
        .map(recordOf)
        .filter((record) => record !== null),
    isHeld,
    get,
    claim: (id, may = () => true) =>
      database.transaction(() => {
        const record = get(id);
        const { state } = record.job;
        if (state !== 'queued' && state !== 'running') return false;
        if (isHeld(record) && (state === 'running' || record.engineId !== engines.id)) return false;
        if (!may()) return false;
        change(id, "state = 'running', error = NULL, engine_id = ?", engines.id);
        return true;
      }),
    enqueue: (id) =>
      database.transaction(() => {
        const record = get(id);
        if (isHeld(record) || isEnded(record.job)) return false;
        change(id, "state = 'queued', wish = NULL, error = NULL, engine_id = ?", engines.id);
        return true;
      }),
    wish(id, wish) {
      database.transaction(() => {
        const record = get(id);
        if (record.job.state === 'running' && isHeld(record)) change(id, 'wish = ?', wish);
        else if (wish === 'cancel' && !isEnded(record.job))
          change(id, "state = 'queued', wish = ?, engine_id = ?", wish, engines.id);
        else if (record.job.state === 'queued' || record.job.state === 'running')
          change(id, "state = 'paused'");
      });
    },
    saveProgress: (id, progress) => change(id, 'progress = ?', JSON.stringify(progress)),
    note: (id, sentence) => change(id, "notes = json_insert(notes, '$[#]', ?)", sentence),
    remember: (id, memory) => change(id, 'memory = ?', JSON.stringify(memory)),
    setModel: (id, modelId, title) => change(id, 'model_id = ?, title = ?', modelId, title),
    setParts(id, keys) {
      database.transaction(() => {
        for (const key of keys)
          database.run('INSERT OR IGNORE INTO job_parts (job_id, part_key) VALUES (?, ?)', id, key);
      });
    },
    partsOf: (id) =>
      database
        .all('SELECT part_key FROM job_parts WHERE job_id = ? ORDER BY part_key', id)
        .map((row) => String(row.part_key)),
    withPartsInUse: (work) =>
      database.transaction(() => {
        const rows = database.all(
          `SELECT part_key FROM job_parts JOIN jobs ON jobs.id = job_id
           WHERE state NOT IN ('done', 'cancelled') AND wish IS NOT 'cancel'`,
        );
        return work(new Set(rows.map((row) => String(row.part_key))));
      }),
    finish(id, state, error, forThisEngine = false) {
      const going = state === 'queued' || state === 'paused' || state === 'failed';
      change(
        id,
        `state = ?, error = ?, wish = NULL, engine_id = ?${going ? '' : ', progress = ?'}`,
        state,
        error && JSON.stringify(error),
        forThisEngine ? engines.id : null,
        ...(going ? [] : [JSON.stringify({ ...noProgress, fraction: state === 'done' ? 1 : 0 })]),
      );
    },
    remove(id) {
      const { state } = get(id).job;
      if (state === 'queued' || state === 'running' || state === 'paused') {
        throw new ExpectedError('busy', 'This job has not ended.', 'Cancel it first.');
      }
      database.run('DELETE FROM jobs WHERE id = ?', id);
    },
  };
}

const rowSchema = z.object({
  id: z.string(),
  title: z.string(),
  model_id: z.string().nullable(),
  state: jobSchema.shape.state,
  wish: z.enum(['pause', 'cancel']).nullable(),
  engine_id: z.string().nullable(),
  created_at: z.number(),
  updated_at: z.number(),
});

/** Null for a job of another version of the application, whose request is not understood. */
function recordOf(row: Row): JobRecord | null {
  const request = parsed(jobRequestSchema, row.request);
  if (!request) return null;
  const kept = rowSchema.parse(row);
  const progress = parsed(progressSchema, row.progress) ?? noProgress;
  const running = kept.state === 'running';
  return {
    job: {
      id: kept.id,
      kind: request.kind,
      title: kept.title,
      modelId: kept.model_id,
      state: kept.state,
      stage: progress.stage,
      fraction: progress.fraction,
      bytesPerSecond: running ? progress.bytesPerSecond : null,
      secondsLeft: running ? progress.secondsLeft : null,
      error: parsed(expectedErrorSchema, row.error),
      notes: parsed(z.array(z.string()), row.notes) ?? [],
      createdAt: kept.created_at,
      updatedAt: kept.updated_at,
    },
    request,
    memory: parsed(z.unknown(), row.memory),
    wish: kept.wish,
    engineId: kept.engine_id,
  };
}

function notFound(): ExpectedError {
  return new ExpectedError('not_found', 'This job is no longer kept.', 'Look at the list of jobs.');
}
