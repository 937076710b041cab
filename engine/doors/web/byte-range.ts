/** Which bytes of a file a request wants; `to` is the last byte, as in HTTP. */
export type ByteRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly from: number; readonly to: number }
  | { readonly kind: 'unsatisfiable' };

/**
 * RFC 9110, section 14: one range of bytes. A header of another unit, of another form or with several ranges is
 * ignored, which the RFC allows: the whole file is a right answer to it.
 */
export function byteRange(header: string | undefined, size: number): ByteRange {
  const parts = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '');
  if (!parts || (parts[1] === '' && parts[2] === '')) return { kind: 'whole' };
  const first = parts[1] === '' ? null : Number(parts[1]);
  const last = parts[2] === '' ? null : Number(parts[2]);
  if (first === null) {
    if (last === 0 || size === 0) return { kind: 'unsatisfiable' };
    return { kind: 'part', from: Math.max(0, size - last!), to: size - 1 };
  }
  if (last !== null && last < first) return { kind: 'whole' };
  if (first >= size) return { kind: 'unsatisfiable' };
  return { kind: 'part', from: first, to: Math.min(last ?? size - 1, size - 1) };
}
