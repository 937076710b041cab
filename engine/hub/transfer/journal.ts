import { type FileHandle, open } from 'node:fs/promises';
import * as z from 'zod';
import type { ByteRange } from '../huggingface/remote-file.ts';

/**
 * Which bytes of a file that is being fetched are on the disk: lines of JSON, each written after what it speaks of.
 * First `{format, bytes}`, then `{identity}` once the server named the content, then one `[start, end]` a piece.
 * A line that a kill cut short is skipped: its piece is fetched again.
 */
export interface Journal {
  /** How the server named the content that the pieces are of; null while it has not. */
  identity(): string | null;
  doneBytes(): number;
  /** What is missing, in pieces of at most `most` bytes. */
  missing(most: number): readonly ByteRange[];
  /** Call when the bytes are on the disk. */
  add(range: ByteRange): Promise<void>;
  name(identity: string): Promise<void>;
  /** Nothing is done any more. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const format = 1;
const headSchema = z.object({ format: z.literal(format), bytes: z.number() });
const identitySchema = z.object({ identity: z.string() });
const rangeSchema = z.tuple([z.number().int().min(0), z.number().int().min(0)]);

/**
 * @param bytes of the whole file; a journal of another length is begun anew.
 * @param present length of the file with the pieces: what lies beyond it is not done, whatever the journal says.
 */
export async function openJournal(path: string, bytes: number, present: number): Promise<Journal> {
  const file = await open(path, 'r+').catch(() => open(path, 'w+'));
  const text = (await file.readFile()).toString('utf8');
  const lines = text.split('\n').map(parsed);
  const known = headSchema.safeParse(lines[0]).data?.bytes === bytes;
  let state: State = known ? stateOf(lines.slice(1), Math.min(bytes, present)) : nothing;
  let position = Buffer.byteLength(text);

  const append = async (value: unknown): Promise<void> => {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    const at = position;
    position += line.byteLength;
    await file.write(line, 0, line.byteLength, at);
    await file.datasync();
  };
  const begin = async (): Promise<void> => {
    state = nothing;
    position = 0;
    await file.truncate(0);
    await append({ format, bytes });
  };
  try {
    if (!known) await begin();
    else if (!text.endsWith('\n')) await endLine(file, position++);
  } catch (error) {
    await file.close();
    throw error;
  }

  return {
    identity: () => state.identity,
    doneBytes: () => state.done.reduce((sum, { start, end }) => sum + end - start, 0),
    missing: (most) => gaps(state.done, bytes).flatMap((gap) => pieces(gap, most)),
    async add(range) {
      if (range.end <= range.start) return;
      await append([range.start, range.end]);
      state = { ...state, done: merged([...state.done, range]) };
    },
    async name(identity) {
      state = { ...state, identity };
      await append({ identity });
    },
    reset: begin,
    close: () => file.close(),
  };
}

interface State {
  readonly identity: string | null;
  /** Sorted, apart from each other. */
  readonly done: readonly ByteRange[];
}

const nothing: State = { identity: null, done: [] };

async function endLine(file: FileHandle, position: number): Promise<void> {
  await file.write(Buffer.from('\n'), 0, 1, position);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function stateOf(lines: readonly unknown[], present: number): State {
  let identity: string | null = null;
  const done: ByteRange[] = [];
  for (const line of lines) {
    identity = identitySchema.safeParse(line).data?.identity ?? identity;
    const range = rangeSchema.safeParse(line).data;
    if (range !== undefined && range[0] < range[1] && range[1] <= present)
      done.push({ start: range[0], end: range[1] });
  }
  return { identity, done: merged(done) };
}

function merged(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const result: ByteRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last === undefined || range.start > last.end) result.push(range);
    else result[result.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
  }
  return result;
}

function gaps(done: readonly ByteRange[], bytes: number): readonly ByteRange[] {
  const result: ByteRange[] = [];
  let at = 0;
  for (const { start, end } of [...done, { start: bytes, end: bytes }]) {
    if (start > at) result.push({ start: at, end: start });
    at = end;
  }
  return result;
}

function pieces({ start, end }: ByteRange, most: number): readonly ByteRange[] {
  const count = Math.ceil((end - start) / most);
  return Array.from({ length: count }, (_, index) => ({
    start: start + index * most,
    end: Math.min(end, start + (index + 1) * most),
  }));
}
