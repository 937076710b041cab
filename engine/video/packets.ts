import { StringDecoder } from 'node:string_decoder';
import type { Ffmpeg } from './ffmpeg.ts';
import { fileInput } from './input.ts';
import { runFfmpeg } from './run.ts';

/** Every packet of a video stream in decode order, one array a column. Times are in ticks; NaN where absent. */
export interface PacketTable {
  readonly count: number;
  readonly secondsPerTick: number;
  readonly pts: Float64Array;
  readonly dts: Float64Array;
  readonly duration: Float64Array;
  readonly bytes: Float64Array;
  /** ffmpeg's AV_PKT_FLAG_*: 1 key, 2 corrupt, 4 discarded by an edit list, 16 no other frame needs it. */
  readonly flags: Uint8Array;
  /** What ffmpeg complained of while reading; empty for a sound file. */
  readonly complaints: string;
  key(packet: number): boolean;
  corrupt(packet: number): boolean;
  discarded(packet: number): boolean;
}

/**
 * Reads the packet table by copying the stream into ffmpeg's framecrc writer: demux only, one line a packet
 * (`stream, dts, pts, duration, size, checksum[, F=flags]`; a plain keyframe has no F). Reads the file once.
 * Returns an empty table for what cannot be read.
 */
export async function readPackets(ffmpeg: Ffmpeg, path: string, signal?: AbortSignal): Promise<PacketTable> {
  const columns = [new Column(), new Column(), new Column(), new Column(), new Column()] as const;
  let secondsPerTick = 1;
  const readLine = (line: string): void => {
    if (line.startsWith('#')) {
      const base = /^#tb 0: (\d+)\/(\d+)/.exec(line);
      if (base) secondsPerTick = Number(base[1]) / Number(base[2]);
      return;
    }
    const fields = line.split(',', 7);
    if (fields.length < 6) return;
    columns[0].push(ticks(fields[1]!));
    columns[1].push(ticks(fields[2]!));
    columns[2].push(Number(fields[3]));
    columns[3].push(Number(fields[4]));
    const flags = fields[6]?.trimStart();
    columns[4].push(flags?.startsWith('F=') ? Number.parseInt(flags.slice(4), 16) : 1);
  };
  const decoder = new StringDecoder('latin1');
  let partial = '';
  const exit = await runFfmpeg(ffmpeg, {
    args: [
      ...['-nostdin', '-v', 'error', '-copyts', ...fileInput(path)],
      // Without -copyinkf packets before the first keyframe would be left out and the count would not be the file's.
      ...['-map', '0:V:0', '-c', 'copy', '-copyinkf', '-f', 'framecrc', '-'],
    ],
    signal,
    onOutput: (chunk) => {
      const lines = (partial + decoder.write(chunk)).split('\n');
      partial = lines.pop()!;
      for (const line of lines) readLine(line);
    },
  });
  const [dts, pts, duration, bytes, flagColumn] = columns.map((column) => column.values()) as Five;
  const flags = Uint8Array.from(flagColumn);
  return {
    count: flags.length,
    secondsPerTick,
    pts,
    dts,
    duration,
    bytes,
    flags,
    complaints: exit.messages,
    key: (packet) => (flags[packet]! & 1) !== 0,
    corrupt: (packet) => (flags[packet]! & 2) !== 0,
    discarded: (packet) => (flags[packet]! & 4) !== 0,
  };
}

type Five = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

function ticks(field: string): number {
  const value = Number(field);
  return value < -(2 ** 62) ? Number.NaN : value;
}

/** A growing typed array: a two-hour film has half a million packets. */
class Column {
  #values = new Float64Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  values(): Float64Array {
    return this.#values.slice(0, this.#length);
  }
}
