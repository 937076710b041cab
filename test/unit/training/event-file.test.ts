import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { expect, it, onTestFinished } from 'vitest';
import { recordOf } from '../../../engine/training/event-file.ts';
import { Metrics } from '../../../engine/training/metrics.ts';

/** Three records as the Python package writes them (tensorboard 2.21: RecordWriter, Event, Summary, SessionLog). */
const golden =
  'GAAAAAAAAACjf0siCQAAEED8VNlBGg1icmFpbi5FdmVudDoyM40v6Q8AAAAAAAAAbVMrCQkAACBA/FTZQRApOgIIAWqIW107AAAAAAAAABoj' +
  'rFwJAABwQPxU2UEQ4KcSKiwKEQoKQWxpZ24vTG9zcxVPHhZAChcKEEFsaWduL0xvc3MgKFJhdykVAAAAAJks3yo=';

it('writes records as the Python package does, byte for byte', () => {
  const value = [
    { tag: 'Align/Loss', simpleValue: 2.3456 },
    { tag: 'Align/Loss (Raw)', simpleValue: 0 },
  ];
  const records = [
    recordOf({ wallTime: 1700000000.25, fileVersion: 'brain.Event:2' }),
    recordOf({ wallTime: 1700000000.5, step: 41, sessionLog: { status: 1 } }),
    recordOf({ wallTime: 1700000001.75, step: 300_000, summary: { value } }),
  ];
  expect(Buffer.concat(records).toString('base64')).toBe(golden);
});

it('shows every step once, also after a trainer was killed in the middle of a record and went on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'merv-events-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const train = async (after: number, last: number, loss: number) => {
    const metrics = await Metrics.open(folder, 'finetune', after);
    for (let step = after + 1; step <= last; step++) {
      const record = {
        ...{ step, loss, lr: 0.1, gradNorm: 2, ms: 500, lossTokens: 5, tokens: 9, memoryBytes: 1 },
        ...{ mixing: null, evalLoss: step === 3 ? 0.25 : null },
      };
      await metrics.add(record, { lr: 0.05, stepsLeft: 10 - step });
    }
  };
  await train(0, 5, 1);
  // From the checkpoint of step 3; the first one's last record was not written whole.
  await train(3, 6, 0.5);
  const place = join(folder, 'tensorboard');
  const [first, second, ...more] = (await readdir(place)).sort();
  expect(more).toEqual([]);
  const files = [(await readFile(join(place, first!))).subarray(0, -7), await readFile(join(place, second!))];
  expect(files.map((bytes) => recordsIn(bytes).length)).toEqual([2 + 4, 2 + 3]);
  const { 'Finetune/Loss (Raw)': raw, 'Finetune/Evaluation Loss': evaluated, ...others } = shown(files);
  expect([...raw!]).toEqual([1, 1, 1, 0.5, 0.5, 0.5].map((loss, i) => [i + 1, loss]));
  expect([...evaluated!]).toEqual([[3, 0.25]]);
  expect(others['Finetune/Loss']!.get(4)).toBeCloseTo(3.5 / 4);
  expect(Object.keys(others).sort()).toEqual(
    ['Gradient Norm', 'Learning Rate', 'Left Time', 'Loss', 'Step', 'Step Time'].map(
      (key) => `Finetune/${key}`,
    ),
  );
});

/** Castagnoli's checksum, a bit at a time. */
function crc32c(bytes: Uint8Array): bigint {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  return crc ^ 0xffffffffn;
}

/** The records' data by the framing's own rules; one that is cut off at the end is not there. */
function recordsIn(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  const check = (bytes: Buffer, at: number) => {
    const crc = crc32c(bytes);
    expect(BigInt(file.readUInt32LE(at))).toBe((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
  };
  for (let at = 0; at + 12 <= file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    if (at + 16 + length > file.length) break;
    check(file.subarray(at, at + 8), at + 8);
    records.push(file.subarray(at + 12, at + 12 + length));
    check(records.at(-1)!, at + 12 + length);
    at += 16 + length;
  }
  return records;
}

const { Event } = protobuf.parse(`
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    string file_version = 3;
    message Summary { message Value { string tag = 1; float simple_value = 2; } repeated Value value = 1; }
    Summary summary = 5;
    message SessionLog { enum Status { NONE = 0; START = 1; } Status status = 1; }
    SessionLog session_log = 7;
  }`).root.nested as { Event: protobuf.Type };

/** Values by tag and step as TensorBoard shows them: where a session starts, values of its step and later ones go. */
function shown(files: readonly Buffer[]): Record<string, Map<number, number>> {
  const tags: Record<string, Map<number, number>> = {};
  for (const record of files.flatMap(recordsIn)) {
    const event = Event.toObject(Event.decode(record), { longs: Number, enums: String }) as {
      readonly step?: number;
      readonly sessionLog?: { readonly status: string };
      readonly summary?: {
        readonly value: readonly { readonly tag: string; readonly simpleValue: number }[];
      };
    };
    const step = event.step ?? 0;
    if (event.sessionLog?.status === 'START') {
      for (const values of Object.values(tags)) {
        for (const old of [...values.keys()]) if (old >= step) values.delete(old);
      }
    }
    for (const { tag, simpleValue } of event.summary?.value ?? []) {
      tags[tag] ??= new Map();
      expect(tags[tag].has(step)).toBe(false);
      tags[tag].set(step, simpleValue);
    }
  }
  return tags;
}
