import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StoredFile, StoredRepo } from './repos.ts';
import { pointer } from './repos.ts';
import type { Content } from './send-content.ts';

export interface ApiContext {
  readonly repos: ReadonlyMap<string, StoredRepo>;
  readonly tokens: Readonly<Record<string, readonly string[]>>;
  readonly pageRows: number;
  readonly endpoint: string;
  /** Instead of the content's own. */
  readonly linkedEtag: string | null;
  readonly locate: (repo: string, path: string) => string;
  readonly send: (content: Content) => void;
}

interface Refusal {
  readonly status: number;
  readonly code: string | null;
  readonly message: string;
}

/** One request to the API or to `resolve`. */
export function answerApi(request: IncomingMessage, response: ServerResponse, context: ApiContext): void {
  const url = new URL(request.url ?? '', context.endpoint);
  const steps = url.pathname.split('/').slice(1).map(decodeURIComponent);
  const json = (value: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
  const refuse = ({ status, code, message }: Refusal): void => {
    const headers = { ...(code === null ? {} : { 'x-error-code': code }), 'x-error-message': message };
    response.writeHead(status, headers).end(JSON.stringify({ error: message }));
  };

  if (url.pathname === '/api/models') {
    json(found(context, url));
    return;
  }
  const inApi = steps[0] === 'api';
  const cached = inApi && steps[1] === 'resolve-cache';
  const [owner, name, verb, revision = 'main', ...rest] = inApi ? steps.slice(cached ? 3 : 2) : steps;
  const repo = context.repos.get(`${owner}/${name}`);
  const access = accessOf(request, repo, context);
  if (repo === undefined || access.refusal !== null) {
    refuse(access.refusal ?? notFound('RepoNotFound', 'Repository not found'));
    return;
  }
  if (inApi && verb === 'auth-check') {
    if (repo.gated && !access.granted) refuse(gate(access.token));
    else json('OK');
    return;
  }
  // In resolve-cache the commit stands where other addresses have a verb.
  const at = cached ? (verb ?? '') : revision;
  if (at !== 'main' && at !== repo.commit) {
    refuse(notFound('RevisionNotFound', `Invalid rev id: ${at}`));
    return;
  }
  if (inApi && !cached && verb === 'tree') tree(repo, url, context, json);
  else if (inApi && !cached) json({ ...row(repo), siblings: siblings(repo) });
  else if (repo.gated && !access.granted) refuse(gate(access.token));
  else {
    const path = (cached ? [revision, ...rest] : rest).join('/');
    const file = repo.stored.get(path);
    if (file === undefined) refuse(notFound('EntryNotFound', 'Entry not found'));
    else resolved(repo, file, cached, response, context);
  }
}

interface Access {
  readonly refusal: Refusal | null;
  readonly token: string | null;
  readonly granted: boolean;
}

function accessOf(request: IncomingMessage, repo: StoredRepo | undefined, { tokens }: ApiContext): Access {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
  const readable = token === null ? [] : tokens[token];
  const refused = (refusal: Refusal): Access => ({ refusal, token, granted: false });
  if (readable === undefined)
    return refused({ status: 401, code: null, message: 'Invalid credentials in Authorization header' });
  const granted = repo !== undefined && readable.includes(repo.id);
  if (repo === undefined || (repo.private === true && !granted)) {
    return refused(
      token === null
        ? { status: 401, code: 'RepoNotFound', message: 'Invalid username or password.' }
        : notFound('RepoNotFound', 'Repository not found'),
    );
  }
  return { refusal: null, token, granted };
}

const notFound = (code: string, message: string): Refusal => ({ status: 404, code, message });

function gate(token: string | null): Refusal {
  return { status: token === null ? 401 : 403, code: 'GatedRepo', message: 'Access to this repo is gated' };
}

function found({ repos }: ApiContext, url: URL): readonly unknown[] {
  const query = (url.searchParams.get('search') ?? '').toLowerCase();
  const limit = Number(url.searchParams.get('limit') ?? 1000);
  return [...repos.values()]
    .filter((repo) => repo.private !== true && repo.id.toLowerCase().includes(query))
    .sort((a, b) => (b.downloads ?? 0) - (a.downloads ?? 0))
    .slice(0, limit)
    .map(row);
}

function row(repo: StoredRepo): Record<string, unknown> {
  return {
    _id: repo.commit.slice(0, 24),
    id: repo.id,
    modelId: repo.id,
    author: repo.id.split('/')[0],
    sha: repo.commit,
    lastModified: '2024-05-01T12:00:00.000Z',
    private: repo.private === true,
    gated: repo.gated ? 'manual' : false,
    disabled: false,
    downloads: repo.downloads ?? 0,
    likes: 7,
    tags: repo.tags ?? [],
    pipeline_tag: repo.task,
    cardData: repo.cardData,
  };
}

function siblings(repo: StoredRepo): readonly unknown[] {
  return [...repo.stored.values()].map(({ path, content, oid, sha256 }) => ({
    rfilename: path,
    size: content.byteLength,
    blobId: oid,
    ...(sha256 === null ? {} : { lfs: { sha256, size: content.byteLength, pointerSize: 130 } }),
  }));
}

function tree(
  repo: StoredRepo,
  url: URL,
  { pageRows, endpoint }: ApiContext,
  json: (value: unknown, headers?: Record<string, string>) => void,
): void {
  const files = [...repo.stored.values()].map(({ path, content, oid, sha256 }) => ({
    type: 'file',
    oid,
    size: content.byteLength,
    path,
    ...(sha256 === null
      ? {}
      : {
          lfs: {
            oid: sha256,
            size: content.byteLength,
            pointerSize: pointer(sha256, content.byteLength).length,
          },
        }),
  }));
  const folders = [...new Set(files.flatMap(({ path }) => (path.includes('/') ? [path.split('/')[0]] : [])))];
  const rows = [...folders.map((path) => ({ type: 'directory', oid: repo.commit, size: 0, path })), ...files];
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const next = new URL(url.pathname + url.search, endpoint);
  next.searchParams.set('cursor', String(from + pageRows));
  json(
    rows.slice(from, from + pageRows),
    from + pageRows < rows.length ? { link: `<${next.href}>; rel="next"` } : {},
  );
}

/** Large files are at another server, small ones behind an address of the hub's own. */
function resolved(
  repo: StoredRepo,
  file: StoredFile,
  cached: boolean,
  response: ServerResponse,
  { locate, linkedEtag, send }: ApiContext,
): void {
  const common = { 'x-repo-commit': repo.commit };
  if (file.sha256 === null) {
    const etag = linkedEtag ?? file.oid;
    const path = file.path.split('/').map(encodeURIComponent).join('/');
    if (cached) send({ bytes: file.content, etag, headers: common });
    else {
      const location = `/api/resolve-cache/models/${repo.id}/${repo.commit}/${path}`;
      response.writeHead(307, { ...common, location, etag: `"${etag}"` }).end();
    }
    return;
  }
  response
    .writeHead(302, {
      ...common,
      location: locate(repo.id, file.path),
      'x-linked-size': String(file.content.byteLength),
      'x-linked-etag': `"${linkedEtag ?? file.sha256}"`,
    })
    .end();
}
