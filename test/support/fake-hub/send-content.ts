import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultKind } from './faults.ts';

export interface Content {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A file or a range of it, with what goes wrong at it. */
export async function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  content: Content,
  faults: readonly FaultKind[],
): Promise<void> {
  const find = <K extends FaultKind['kind']>(kind: K) =>
    faults.find((fault): fault is Extract<FaultKind, { kind: K }> => fault.kind === kind);
  let { bytes } = content;
  if (find('wrong-body')) {
    bytes = Buffer.from(bytes);
    for (let at = 7; at < bytes.byteLength; at += 1000) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  }
  const truncated = find('truncated');
  if (truncated) bytes = bytes.subarray(0, truncated.bytes);

  const headers: Record<string, string> = {
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    etag: `"${find('etag')?.etag ?? content.etag}"`,
    ...content.headers,
  };
  const range = find('no-range') ? null : rangeOf(request.headers.range, bytes.byteLength);
  if (range === 'beyond') {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${bytes.byteLength}` }).end();
    return;
  }
  const body = range === null ? bytes : bytes.subarray(range.start, range.end);
  headers['content-length'] = String(body.byteLength);
  if (range !== null) headers['content-range'] = `bytes ${range.start}-${range.end - 1}/${bytes.byteLength}`;
  response.writeHead(range === null ? 200 : 206, headers);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const cut = find('cut');
  const sent = cut === undefined ? body : body.subarray(0, cut.afterBytes);
  await write(response, sent, find('slow')?.bytesPerSecond ?? null);
  if (cut !== undefined && sent.byteLength < body.byteLength) {
    // After what was sent has left, so that the other side gets it.
    await new Promise((resolve) => setTimeout(resolve, 30));
    response.destroy();
  } else response.end();
}

function rangeOf(
  header: string | undefined,
  bytes: number,
): { readonly start: number; readonly end: number } | 'beyond' | null {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined) return null;
  const start = Number(from);
  if (start >= bytes) return 'beyond';
  return { start, end: to ? Math.min(bytes, Number(to) + 1) : bytes };
}

const pieceBytes = 64 << 10;

async function write(response: ServerResponse, body: Buffer, bytesPerSecond: number | null): Promise<void> {
  const piece = bytesPerSecond === null ? pieceBytes : Math.max(1, Math.min(pieceBytes, bytesPerSecond / 20));
  for (let at = 0; at < body.byteLength && !response.destroyed; at += Math.floor(piece)) {
    const more = response.write(body.subarray(at, at + Math.floor(piece)));
    if (bytesPerSecond !== null)
      await new Promise((resolve) => setTimeout(resolve, (piece / bytesPerSecond) * 1000));
    else if (!more) await drained(response);
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
