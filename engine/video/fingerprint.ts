import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { PacketTable } from './packets.ts';

const block = 16 * 1024;
const blocks = 32;

/**
 * Names a video by its content: SHA-256 (hex) over its packet table and, for each file, the size and 32 blocks of 16 KB
 * spread over it (the whole file when it is no larger than that). The same bytes elsewhere have the same name.
 */
export async function fingerprint(files: readonly string[], packets: PacketTable): Promise<string> {
  const hash = createHash('sha256');
  hash.update(`merv-video-1 ${packets.count} ${packets.secondsPerTick}\n`);
  // Key and discarded only: which other flags a packet has depends on who reads it.
  const flags = packets.flags.map((value) => value & 5);
  for (const column of [packets.pts, packets.bytes, flags]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  for (const path of files) {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      hash.update(`${size}\n`);
      for (const at of sampleOffsets(size)) hash.update(await readBlock(file, at));
    } finally {
      await file.close();
    }
  }
  return hash.digest('hex');
}

function sampleOffsets(size: number): readonly number[] {
  const whole = Math.ceil(size / block);
  if (whole <= blocks) return Array.from({ length: whole }, (_, i) => i * block);
  const step = (size - block) / (blocks - 1);
  return Array.from({ length: blocks }, (_, i) => Math.floor(i * step));
}

async function readBlock(file: FileHandle, at: number): Promise<Buffer> {
  const bytes = Buffer.alloc(block);
  const { bytesRead } = await file.read(bytes, 0, block, at);
  return bytes.subarray(0, bytesRead);
}
