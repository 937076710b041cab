import { randomUUID } from 'node:crypto';
import { isAlive } from './alive.ts';
import type { Database } from './database.ts';

/**
 * The engines that live over one database: the window's, a served one, each command line's. What an engine holds (a
 * job, a turn) is free once it has died.
 */
export interface EngineRegister {
  /** Of this engine. */
  readonly id: string;
  /** To be called every few seconds for as long as this engine lives. */
  beat(): void;
  lives(engineId: string): boolean;
  /** Process numbers of the other living engines. */
  others(): readonly number[];
  /** True where this engine's job has the turn now; false where a living engine's other job has it. */
  takeTurn(name: 'convert', jobId: string): boolean;
  giveTurnBack(name: 'convert', jobId: string): void;
  leave(): void;
}

/**
 * A living engine beats far more often; a longer silence means that its process number was given away. Loading a large
 * model blocks an engine's thread for a minute at most.
 */
const silenceMs = 180_000;

export function createEngineRegister(database: Database, id: string = randomUUID()): EngineRegister {
  const lives = (engineId: string): boolean => {
    const row = database.get('SELECT pid, beat_at FROM engines WHERE id = ?', engineId);
    if (!row) return false;
    if (Number(row.pid) === process.pid && engineId !== id) return ownEngines.has(engineId);
    return isAlive(Number(row.pid)) && Date.now() - Number(row.beat_at) < silenceMs;
  };
  const beat = (): void => {
    database.run(
      'INSERT INTO engines (id, pid, beat_at) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET beat_at = ?3',
      id,
      process.pid,
      Date.now(),
    );
  };
  ownEngines.add(id);
  database.transaction(() => {
    for (const row of database.all('SELECT id FROM engines')) {
      if (!lives(String(row.id))) database.run('DELETE FROM engines WHERE id = ?', String(row.id));
    }
    beat();
  });

  return {
    id,
    beat,
    lives,
    others: () =>
      database
        .all('SELECT id, pid FROM engines WHERE id <> ?', id)
        .filter((row) => lives(String(row.id)))
        .map((row) => Number(row.pid)),
    takeTurn: (name, jobId) =>
      database.transaction(() => {
        const held = database.get('SELECT engine_id, job_id FROM turns WHERE name = ?', name);
        if (held && held.job_id !== jobId && lives(String(held.engine_id))) return false;
        database.run(
          `INSERT INTO turns (name, engine_id, job_id) VALUES (?1, ?2, ?3)
           ON CONFLICT (name) DO UPDATE SET engine_id = ?2, job_id = ?3`,
          name,
          id,
          jobId,
        );
        return true;
      }),
    giveTurnBack(name, jobId) {
      database.run('DELETE FROM turns WHERE name = ? AND engine_id = ? AND job_id = ?', name, id, jobId);
    },
    leave() {
      ownEngines.delete(id);
      database.run('DELETE FROM turns WHERE engine_id = ?', id);
      database.run('DELETE FROM engines WHERE id = ?', id);
    },
  };
}

/** Engines of this process: a number alone does not tell two of them apart, nor one from a dead one that had it. */
const ownEngines = new Set<string>();
