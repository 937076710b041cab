import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { addressOf, closed, listening } from '../local-server.ts';
import { answerApi } from './api.ts';
import { createFaults, type Fault, type FaultKind } from './faults.ts';
import { type FakeRepo, type StoredRepo, storedRepo } from './repos.ts';
import { sendContent } from './send-content.ts';

/** What came in. */
export interface SeenRequest {
  readonly server: 'hub' | 'cdn';
  readonly method: string;
  readonly url: string;
  readonly range: string | null;
  readonly authorization: string | null;
}

export interface FakeHub {
  /** http://127.0.0.1:port */
  readonly endpoint: string;
  readonly cdn: string;
  commit(repo: string): string;
  readonly requests: readonly SeenRequest[];
  /** Instead of those before. */
  fail(...faults: readonly Fault[]): void;
  forgetRequests(): void;
  /** Adds a repository or puts it in place of the one of its name. */
  put(repo: FakeRepo): void;
  close(): Promise<void>;
}

export interface FakeHubOptions {
  readonly repos: readonly FakeRepo[];
  /** Which repositories each token may read; any other token is refused. */
  readonly tokens?: Readonly<Record<string, readonly string[]>>;
  /** Rows on a page of a listing. */
  readonly pageRows?: number;
  readonly port?: number;
}

/**
 * Hugging Face's API on this machine: search, repositories, trees in pages, files that are sent on to a second server
 * which takes no tokens, and faults. `POST /__faults` sets them from another process, `GET /__requests` tells what came.
 */
export async function startFakeHub(options: FakeHubOptions): Promise<FakeHub> {
  const { tokens = {}, pageRows = 1000 } = options;
  const repos = new Map(options.repos.map((repo) => [repo.id, storedRepo(repo)]));
  const faults = createFaults();
  const requests: SeenRequest[] = [];

  const cdnServer = createServer((request, response) => {
    void answerCdn(request, response, noted('cdn', request));
  });
  const hubServer = createServer((request, response) => {
    if (request.url?.startsWith('/__')) {
      control(request, response);
      return;
    }
    const kinds = noted('hub', request);
    if (spoiled(response, kinds)) return;
    answerApi(request, response, {
      repos,
      tokens,
      pageRows,
      endpoint,
      linkedEtag: kinds.find((kind) => kind.kind === 'etag')?.etag ?? null,
      locate: (repo, path) => located(cdn, repo, path),
      send: (content) => void sendContent(request, response, content, kinds),
    });
  });
  await listening(cdnServer);
  await listening(hubServer, options.port);
  const cdn = addressOf(cdnServer);
  const endpoint = addressOf(hubServer);

  function noted(server: 'hub' | 'cdn', request: IncomingMessage): readonly FaultKind[] {
    const { method = '', url = '', headers } = request;
    const { range = null, authorization = null } = headers;
    requests.push({ server, method, url, range, authorization });
    return faults.at(server, decodeURIComponent(url));
  }

  async function answerCdn(
    request: IncomingMessage,
    response: ServerResponse,
    kinds: readonly FaultKind[],
  ): Promise<void> {
    if (spoiled(response, kinds)) return;
    const url = new URL(request.url ?? '', cdn);
    const [, owner, name, ...steps] = decodeURIComponent(url.pathname).split('/');
    const file = repos.get(`${owner}/${name}`)?.stored.get(steps.join('/'));
    if (url.searchParams.get('X-Amz-Signature') !== signature(url.pathname) || file === undefined) {
      response.writeHead(403).end('AccessDenied');
      return;
    }
    const etag = createHash('md5').update(file.oid).digest('hex');
    await sendContent(request, response, { bytes: file.content, etag, headers: {} }, kinds);
  }

  function control(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(requests));
      return;
    }
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      faults.set(JSON.parse(Buffer.concat(pieces).toString('utf8')) as Fault[]);
      response.writeHead(204).end();
    });
  }

  return {
    endpoint,
    cdn,
    requests,
    commit: (repo) => (repos.get(repo) as StoredRepo).commit,
    fail: (...next) => faults.set(next),
    forgetRequests: () => void requests.splice(0),
    put: (repo) => void repos.set(repo.id, storedRepo(repo)),
    async close() {
      await Promise.all([closed(hubServer), closed(cdnServer)]);
    },
  };
}

/** A signed address, as that of a store behind the hub. */
function located(cdn: string, repo: string, path: string): string {
  const pathname = `/${repo}/${path.split('/').map(encodeURIComponent).join('/')}`;
  return `${cdn}${pathname}?X-Amz-Expires=3600&X-Amz-Signature=${signature(pathname)}`;
}

function signature(pathname: string): string {
  return createHash('sha256').update(`signed ${pathname}`).digest('hex');
}

/** Faults that take the place of any answer. */
function spoiled(response: ServerResponse, kinds: readonly FaultKind[]): boolean {
  for (const kind of kinds) {
    if (kind.kind === 'silent') return true;
    if (kind.kind === 'status') {
      response.writeHead(kind.status, kind.headers).end();
      return true;
    }
    if (kind.kind === 'redirect') {
      response.writeHead(302, { location: kind.to }).end();
      return true;
    }
    if (kind.kind === 'login-page') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome to the hotel</html>');
      return true;
    }
  }
  return false;
}
