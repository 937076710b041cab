import type Libsql from 'libsql';

/**
 * libsql ends the whole process on a text that is not UTF-8, which SQLite's own check lets pass. Looks at every text
 * as bytes and writes those with damaged characters again, with U+FFFD in their place. Returns how many there were.
 * Throws SqliteError where one cannot be written.
 */
export function repairTexts(raw: Libsql.Database): number {
  let repaired = 0;
  for (const table of names(
    raw,
    "SELECT CAST(name AS BLOB) FROM pragma_table_list WHERE type = 'table' AND wr = 0",
  )) {
    const inTable = quoted(table);
    const columns = names(raw, `SELECT CAST(name AS BLOB) FROM pragma_table_info(${text(table)})`);
    for (const column of columns.map(quoted)) {
      // Most values are plain: only those with a byte above 127 are brought here.
      const rows = raw
        .prepare(
          `SELECT rowid, CAST(${column} AS BLOB) FROM ${inTable}
           WHERE typeof(${column}) = 'text' AND ${column} GLOB ${beyondAscii}`,
        )
        .raw()
        .all() as readonly (readonly [number, Uint8Array])[];
      for (const [rowid, bytes] of rows) {
        if (isUtf8(bytes)) continue;
        const sound = new TextDecoder().decode(bytes);
        raw.prepare(`UPDATE ${inTable} SET ${column} = ? WHERE rowid = ?`).run(sound, rowid);
        repaired += 1;
      }
    }
  }
  return repaired;
}

const beyondAscii = `'*[^' || char(1) || '-' || char(127) || ']*'`;

function names(raw: Libsql.Database, sql: string): readonly string[] {
  const rows = raw.prepare(sql).raw().all() as readonly (readonly [Uint8Array])[];
  return rows.map(([name]) => Buffer.from(name).toString('utf8'));
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
