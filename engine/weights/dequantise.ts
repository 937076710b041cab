import { halfTable } from '../nn/half.ts';

/**
 * Blocks of GGUF's quantised types to float32, as `dequantize_row_*` of ggml-quants.c computes them. Every product
 * here is exact in a double (half 11 bits, scale 6 to 8, quant 4 to 8), so the one rounding is the store into
 * float32, as in the reference's float arithmetic: results are equal bit for bit.
 */
export type BlockDecoder = (raw: Uint8Array, blocks: number, out: Float32Array, at: number) => void;

const half = (raw: Uint8Array, at: number): number => halfTable()[raw[at]! | (raw[at + 1]! << 8)]!;

const q4_0: BlockDecoder = (raw, blocks, out, at) => {
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 18, y += 32) {
    const d = half(raw, p);
    for (let j = 0; j < 16; j++) {
      const q = raw[p + 2 + j]!;
      out[y + j] = ((q & 15) - 8) * d;
      out[y + j + 16] = ((q >> 4) - 8) * d;
    }
  }
};

const q4_1: BlockDecoder = (raw, blocks, out, at) => {
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 20, y += 32) {
    const d = half(raw, p);
    const m = half(raw, p + 2);
    for (let j = 0; j < 16; j++) {
      const q = raw[p + 4 + j]!;
      out[y + j] = (q & 15) * d + m;
      out[y + j + 16] = (q >> 4) * d + m;
    }
  }
};

/** The fifth bits of 32 quants, four bytes little endian. */
const highBits = (raw: Uint8Array, p: number): number =>
  raw[p]! | (raw[p + 1]! << 8) | (raw[p + 2]! << 16) | (raw[p + 3]! << 24);

const q5_0: BlockDecoder = (raw, blocks, out, at) => {
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 22, y += 32) {
    const d = half(raw, p);
    const high = highBits(raw, p + 2);
    for (let j = 0; j < 16; j++) {
      const q = raw[p + 6 + j]!;
      out[y + j] = (((q & 15) | (((high >>> j) & 1) << 4)) - 16) * d;
      out[y + j + 16] = (((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16) * d;
    }
  }
};

const q5_1: BlockDecoder = (raw, blocks, out, at) => {
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 24, y += 32) {
    const d = half(raw, p);
    const m = half(raw, p + 2);
    const high = highBits(raw, p + 4);
    for (let j = 0; j < 16; j++) {
      const q = raw[p + 8 + j]!;
      out[y + j] = ((q & 15) | (((high >>> j) & 1) << 4)) * d + m;
      out[y + j + 16] = ((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) * d + m;
    }
  }
};

const q8_0: BlockDecoder = (raw, blocks, out, at) => {
  const signed = new Int8Array(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 34, y += 32) {
    const d = half(raw, p);
    for (let j = 0; j < 32; j++) out[y + j] = signed[p + 2 + j]! * d;
  }
};

/** Six-bit scale and minimum number `j` (0..7) of a Q4_K or Q5_K block: `get_scale_min_k4`. */
const scaleK4 = (raw: Uint8Array, p: number, j: number): number =>
  j < 4 ? raw[p + j]! & 63 : (raw[p + j + 4]! & 15) | ((raw[p + j - 4]! >> 6) << 4);
const minimumK4 = (raw: Uint8Array, p: number, j: number): number =>
  j < 4 ? raw[p + j + 4]! & 63 : (raw[p + j + 4]! >> 4) | ((raw[p + j]! >> 6) << 4);

const q4_k: BlockDecoder = (raw, blocks, out, at) => {
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 144, y += 256) {
    const d = half(raw, p);
    const min = half(raw, p + 2);
    for (let group = 0; group < 8; group++) {
      const scale = d * scaleK4(raw, p + 4, group);
      const offset = min * minimumK4(raw, p + 4, group);
      const q = p + 16 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let j = 0; j < 32; j++) out[y + group * 32 + j] = scale * ((raw[q + j]! >> shift) & 15) - offset;
    }
  }
};

const q5_k: BlockDecoder = (raw, blocks, out, at) => {
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 176, y += 256) {
    const d = half(raw, p);
    const min = half(raw, p + 2);
    for (let group = 0; group < 8; group++) {
      const scale = d * scaleK4(raw, p + 4, group);
      const offset = min * minimumK4(raw, p + 4, group);
      const q = p + 48 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let j = 0; j < 32; j++) {
        const quant = ((raw[q + j]! >> shift) & 15) | (((raw[p + 16 + j]! >> group) & 1) << 4);
        out[y + group * 32 + j] = scale * quant - offset;
      }
    }
  }
};

const q6_k: BlockDecoder = (raw, blocks, out, at) => {
  const signed = new Int8Array(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let b = 0, p = 0, y = at; b < blocks; b++, p += 210, y += 256) {
    const d = half(raw, p + 208);
    for (let i = 0; i < 256; i++) {
      const part = i >> 7;
      const lane = (i >> 5) & 3;
      const l = i & 31;
      const low = raw[p + part * 64 + (lane & 1) * 32 + l]! >> (lane & 2 ? 4 : 0);
      const high = (raw[p + 128 + part * 32 + l]! >> (lane * 2)) & 3;
      out[y + i] = d * signed[p + 192 + (i >> 4)]! * (((low & 15) | (high << 4)) - 32);
    }
  }
};

export const blockDecoders = {
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q4_K: q4_k,
  Q5_K: q5_k,
  Q6_K: q6_k,
} as const;
