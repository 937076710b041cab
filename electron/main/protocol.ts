import { Readable } from 'node:stream';
import { protocol } from 'electron';

export interface SchemeRequest {
  readonly method: string;
  readonly url: URL;
  /** The Range header, the only one our schemes read. */
  readonly range: string | undefined;
}

export interface SchemeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | Uint8Array<ArrayBuffer> | string | null;
}

export type SchemeHandler = (request: SchemeRequest) => Promise<SchemeReply>;

/**
 * Serves a scheme of ours: through `protocol.handle` where Electron has it (25 and later), else through the older
 * stream protocol. The one place that knows of the difference.
 */
export function serveScheme(scheme: string, handler: SchemeHandler): void {
  // Typed as always there; absent in Electron 22, where the end-to-end tests run.
  const handle: typeof protocol.handle | undefined = protocol.handle;
  if (handle) {
    handle.call(protocol, scheme, async (request) => {
      const range = request.headers.get('range') ?? undefined;
      const reply = await handler({ method: request.method, url: new URL(request.url), range });
      const body =
        reply.body instanceof Readable ? (Readable.toWeb(reply.body) as ReadableStream) : reply.body;
      return new Response(body, { status: reply.status, headers: { ...reply.headers } });
    });
    return;
  }
  protocol.registerStreamProtocol(scheme, (request, callback) => {
    const range = Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'range')?.[1];
    handler({ method: request.method, url: new URL(request.url), range }).then(
      (reply) => {
        const data =
          reply.body instanceof Readable
            ? reply.body
            : Readable.from([
                typeof reply.body === 'string' ? Buffer.from(reply.body) : (reply.body ?? Buffer.alloc(0)),
              ]);
        callback({ statusCode: reply.status, headers: { ...reply.headers }, data });
      },
      // -2 is Chromium's net::ERR_FAILED.
      () => callback({ error: -2 }),
    );
  });
}
