import { appendFile, mkdir, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import protobuf from 'protobufjs/light.js';

/** What is used of tensorboard/compat/proto/event.proto and summary.proto, with their field numbers. */
const schema = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: { type: 'double', id: 1 },
        step: { type: 'int64', id: 2 },
        fileVersion: { type: 'string', id: 3 },
        summary: { type: 'Summary', id: 5 },
        sessionLog: { type: 'SessionLog', id: 7 },
      },
    },
    Summary: { fields: { value: { rule: 'repeated', type: 'Value', id: 1 } } },
    Value: {
      fields: { tag: { type: 'string', id: 1 }, simpleValue: { type: 'float', id: 2 } },
      // Of one kind or another, so that a value of 0 is written too.
      oneofs: { value: { oneof: ['simpleValue'] } },
    },
    SessionLog: { fields: { status: { type: 'int32', id: 1 } } },
  },
});
const eventProto = schema.lookupType('Event');
const sessionStarts = 1;

export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly value: readonly { readonly tag: string; readonly simpleValue: number }[] };
  readonly sessionLog?: { readonly status: number };
}

/**
 * A run's values for TensorBoard: `<folder>/events.out.tfevents.<seconds>.<host>.<process>`, one file a process. Each begins
 * with the step that comes next: TensorBoard then drops what earlier files say of that step and later ones, whose updates
 * are lost and made again.
 */
export class EventFile {
  private readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(folder: string, nextStep: number): Promise<EventFile> {
    await mkdir(folder, { recursive: true });
    const wallTime = Date.now() / 1000;
    const path = await newFile(folder, Math.floor(wallTime));
    const events = new EventFile(path);
    await events.write({ wallTime, fileVersion: 'brain.Event:2' });
    await events.write({ wallTime, step: nextStep, sessionLog: { status: sessionStarts } });
    return events;
  }

  async add(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    const value = Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue }));
    await this.write({ wallTime: Date.now() / 1000, step, summary: { value } });
  }

  private async write(event: TensorBoardEvent): Promise<void> {
    await appendFile(this.path, recordOf(event));
  }
}

/** TensorBoard reads a run's files in the order of their names: a later one must sort behind. */
async function newFile(folder: string, seconds: number): Promise<string> {
  const name = `events.out.tfevents.${String(seconds).padStart(10, '0')}.${hostname()}.${pid}`;
  try {
    await (await open(join(folder, name), 'wx')).close();
    return join(folder, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      return newFile(folder, seconds + 1);
    throw error;
  }
}

/** A TFRecord: length (8 bytes, little endian), its checksum, the event, its checksum (tensorflow/core/lib/io/record_writer). */
export function recordOf(event: TensorBoardEvent): Uint8Array {
  const data = eventProto.encode(event).finish();
  const record = Buffer.alloc(8 + 4 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(masked(crc32c(record.subarray(0, 8))), 8);
  record.set(data, 12);
  record.writeUInt32LE(masked(crc32c(data)), 12 + data.length);
  return record;
}

/** Checksums that are stored beside what they are of are turned and moved, so that a checksum over both says something. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Castagnoli's polynomial, reflected. */
const polynomial = 0x82f63b78;
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  return crc;
});

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}
