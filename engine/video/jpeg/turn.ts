/** rgb24 pixels set upright by an EXIF orientation of 1 to 8. */
export function turned(rgb: Uint8Array, width: number, height: number, orientation: number): Uint8Array {
  if (orientation === 1) return rgb;
  const sideways = orientation >= 5;
  const [across, down] = sideways ? [height, width] : [width, height];
  const out = new Uint8Array(rgb.length);
  const mirrored = [2, 3, 7, 8].includes(orientation);
  const flipped = [3, 4, 6, 7].includes(orientation);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const [column, row] = sideways ? [y, x] : [x, y];
      const from = (flipped ? height - 1 - row : row) * width + (mirrored ? width - 1 - column : column);
      const at = (y * across + x) * 3;
      out[at] = rgb[from * 3]!;
      out[at + 1] = rgb[from * 3 + 1]!;
      out[at + 2] = rgb[from * 3 + 2]!;
    }
  }
  return out;
}
