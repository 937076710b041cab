import type { VideoInfo } from '../contract/video.ts';
import type { Database, Row } from './database.ts';
import { videoOf } from './rows.ts';

/** A video the user once opened: enough to find the file again and to tell whether it has changed. */
export interface VideoRecord {
  readonly info: VideoInfo;
  readonly size: number;
  readonly mtimeMs: number;
}

export interface VideoStore {
  save(record: VideoRecord): void;
  get(id: string): VideoRecord | null;
  /** What was last opened from this absolute path; a changed file has another id. */
  getByPath(path: string): VideoRecord | null;
}

export function createVideoStore(database: Database): VideoStore {
  return {
    save({ info, size, mtimeMs }) {
      database.run(
        `INSERT INTO videos (id, path, size, mtime_ms, info, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET path = ?2, size = ?3, mtime_ms = ?4, info = ?5, opened_at = ?6`,
        info.id,
        info.path,
        size,
        mtimeMs,
        JSON.stringify(info),
        Date.now(),
      );
    },
    get(id) {
      const row = database.get('SELECT * FROM videos WHERE id = ?', id);
      return row ? recordOf(row) : null;
    },
    getByPath(path) {
      const row = database.get('SELECT * FROM videos WHERE path = ? ORDER BY opened_at DESC LIMIT 1', path);
      return row ? recordOf(row) : null;
    },
  };
}

function recordOf(row: Row): VideoRecord | null {
  const info = videoOf(row.info);
  return info && { info, size: Number(row.size), mtimeMs: Number(row.mtime_ms) };
}
