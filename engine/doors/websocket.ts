import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { RPCHandler } from '@orpc/server/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { ExpectedError } from '../contract/errors.ts';
import type { Engine } from '../services/engine.ts';
import { freeBytes } from '../store/disk.ts';
import { type Access, createAccess, randomToken, type Verdict } from './web/access.ts';
import { sendJson, sendText, setSecurityHeaders } from './web/responses.ts';
import { sendFile } from './web/send-file.ts';
import { staticFile } from './web/static-files.ts';
import { receiveUpload, type UploadOptions } from './web/upload.ts';

export interface WebOptions {
  readonly engine: Engine;
  /** The built interface. */
  readonly rendererFolder: string;
  readonly uploadsFolder: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** null draws one of 256 bits. */
  readonly token: string | null;
  readonly freeBytes?: UploadOptions['freeBytes'];
}

export interface WebDoor {
  /** With the token: whoever has it may ask. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

const largestMessage = 4 * 2 ** 20;
/** A window that lost its network is noticed after two of these: its answer stops. */
const pingEveryMs = 15_000;

/**
 * The contract over a WebSocket at /rpc, and over HTTP what a browser needs beside it: the interface, GET /media/:id
 * and POST /upload?name=. Throws ExpectedError 'busy' or 'not_allowed' where it cannot listen.
 */
export async function serveWeb(options: WebOptions): Promise<WebDoor> {
  const { engine, host } = options;
  const token = options.token ?? randomToken();
  const server = createServer();
  await listen(server, host, options.port);
  const { port } = server.address() as AddressInfo;
  const access = createAccess({ token, host, port });

  // An upload takes as long as it takes; slow headers do not.
  server.requestTimeout = 0;
  server.headersTimeout = 20_000;
  server.on('request', (request, response) => {
    handle(request, response, access, options).catch((error: unknown) => fail(error, request, response));
  });
  const closeSockets = speakRpc(server, engine, access);

  const name = host.includes(':') ? `[${host}]` : host;
  return {
    port,
    address: `http://${name}:${port}/?token=${encodeURIComponent(token)}`,
    async close() {
      closeSockets();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  options: WebOptions,
): Promise<void> {
  const url = urlOf(request);
  if (!url) return sendText(response, 400, 'This address was not understood.');
  const verdict = access.judge(request, url);
  if (verdict.kind === 'refused') return sendText(response, verdict.status, verdict.sentence);
  setSecurityHeaders(response, request.headers.host ?? '');
  if (verdict.kind === 'login') {
    url.searchParams.delete('token');
    response.setHeader('Set-Cookie', access.cookie);
    // One slash only: "//name" would lead to another host.
    response.setHeader('Location', `${url.pathname.replace(/^\/+/, '/')}${url.search}`);
    return sendText(response, 303, 'Go on.');
  }
  if (url.pathname === '/upload') return upload(request, response, url, options);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendText(response, 405, 'Only GET and HEAD work here.');
  }
  const media = /^\/media\/([^/]+)$/.exec(url.pathname);
  if (media) return sendMedia(request, response, media[1]!, options.engine);
  const file = await staticFile(options.rendererFolder, url.pathname);
  if (!file) return sendText(response, 404, 'There is no such page.');
  // Built names carry a hash of their content.
  if (url.pathname.startsWith('/assets/')) {
    response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
  }
  return sendFile(request, response, file);
}

async function sendMedia(
  request: IncomingMessage,
  response: ServerResponse,
  encodedId: string,
  engine: Engine,
): Promise<void> {
  const path = engine.mediaPath(decode(encodedId));
  if (!path) return sendText(response, 404, 'This video was not opened here.');
  // Whatever the file holds, it must not act as a page of this server.
  response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
  response.setHeader('Cache-Control', 'private, no-cache');
  return sendFile(request, response, path);
}

async function upload(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  { uploadsFolder, freeBytes: free = freeBytes }: WebOptions,
): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST');
    return sendText(response, 405, 'Uploads are sent by POST.');
  }
  try {
    const place = { folder: uploadsFolder, freeBytes: free };
    const path = await receiveUpload(request, url.searchParams.get('name'), place);
    sendJson(response, 201, { path });
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    // The rest of the body is not read: the connection ends with the answer.
    response.setHeader('Connection', 'close');
    sendJson(response, error.code === 'disk_full' ? 507 : 400, error.toData());
  }
}

function fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
  // A reader that goes away in the middle of a file is everyday.
  if (response.destroyed || request.destroyed) return;
  console.error(`Bug in ${request.method} ${request.url?.replace(/token=[^&]*/, 'token=…')}:`, error);
  if (response.headersSent) response.destroy();
  else sendText(response, 500, 'The server failed inside.');
}

function speakRpc(server: Server, engine: Engine, access: Access): () => void {
  const handler = new RPCHandler(engine.router);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    perMessageDeflate: false,
  });
  const alive = new WeakSet<WebSocket>();

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const url = urlOf(request);
    const verdict: Verdict = url
      ? access.judge(request, url)
      : { kind: 'refused', status: 400, sentence: 'This address was not understood.' };
    if (verdict.kind === 'refused') return refuse(socket, verdict.status, verdict.sentence);
    if (url?.pathname !== '/rpc') return refuse(socket, 404, 'Only /rpc speaks WebSocket.');
    sockets.handleUpgrade(request, socket, head, (peer) => {
      alive.add(peer);
      peer.on('pong', () => alive.add(peer));
      peer.on('error', () => peer.terminate());
      void handler.upgrade(peer, { context: {} });
    });
  });
  server.on('clientError', (_, socket: Duplex) => {
    if (socket.writable) refuse(socket, 400, 'This request was not understood.');
  });

  const ping = setInterval(() => {
    for (const peer of sockets.clients) {
      if (!alive.delete(peer)) peer.terminate();
      else peer.ping();
    }
  }, pingEveryMs);
  ping.unref();

  return () => {
    clearInterval(ping);
    for (const peer of sockets.clients) peer.terminate();
    sockets.close();
  };
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
};

function refuse(socket: Duplex, status: number, sentence: string): void {
  const body = `${sentence}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function urlOf(request: IncomingMessage): URL | null {
  try {
    // A leading "//" would be read as a host.
    return new URL(`http://server${(request.url ?? '').replace(/^\/*/, '/')}`);
  } catch {
    return null;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  const options = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new ExpectedError(
        'busy',
        `Port ${port} on ${host} is in use.`,
        'Name another one with --port.',
        options,
      );
    case 'EACCES':
      return new ExpectedError(
        'not_allowed',
        `Port ${port} may not be used.`,
        'Name one above 1023 with --port.',
        options,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ExpectedError(
        'bad_request',
        `This machine has no address ${host}.`,
        'Name another with --host.',
        options,
      );
    default:
      return error;
  }
}
