let table: Float32Array | undefined;

/** float32 of every IEEE half, indexed by its 16 bits (256 KiB, made at first use). */
export function halfTable(): Float32Array {
  table ??= makeTable();
  return table;
}

function makeTable(): Float32Array {
  const values = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    values[bits] =
      exponent === 0
        ? sign * fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? sign * Infinity
            : Number.NaN
          : sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return values;
}
