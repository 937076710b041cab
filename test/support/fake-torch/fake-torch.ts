import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createFaults, type Fault } from '../fake-hub/faults.ts';
import { sendContent } from '../fake-hub/send-content.ts';
import { addressOf, closed, listening } from '../local-server.ts';

export interface FakeWheel {
  /** "cpu", "cu132" */
  readonly index: string;
  /** As its name on the disk: torch-2.15.0+cpu-cp310-cp310-manylinux_2_28_x86_64.whl */
  readonly file: string;
  readonly bytes: Buffer;
  /** Instead of its own; null for none. */
  readonly sha256?: string | null;
}

export interface FakeTorch {
  /** For MERV_LIBTORCH_INDEX. */
  readonly indexes: string;
  readonly requests: readonly { readonly url: string; readonly range: string | null }[];
  /** Instead of those before. */
  fail(...faults: readonly Fault[]): void;
  forgetRequests(): void;
  put(...wheels: readonly FakeWheel[]): void;
  close(): Promise<void>;
}

/**
 * PyTorch's server on this machine: a page for each project of each index, whose links lead to another host with the
 * hash behind them, as download.pytorch.org's do.
 */
export async function startFakeTorch(...wheels: readonly FakeWheel[]): Promise<FakeTorch> {
  let served = wheels;
  const faults = createFaults();
  const requests: { url: string; range: string | null }[] = [];

  const server = (kind: 'hub' | 'cdn', answer: (path: string) => Buffer | null): Server =>
    createServer((request, response) => {
      const url = request.url ?? '';
      requests.push({ url, range: request.headers.range ?? null });
      const kinds = faults.at(kind, decodeURIComponent(url));
      const status = kinds.find((each) => each.kind === 'status');
      const bytes = status ? null : answer(decodeURIComponent(new URL(url, 'http://x').pathname));
      if (bytes === null) {
        response.writeHead(status?.status ?? 404, status?.headers).end('no');
        return;
      }
      const etag = createHash('md5').update(bytes).digest('hex');
      const type = kind === 'hub' ? { 'content-type': 'text/html' } : {};
      void sendContent(request, response, { bytes, etag, headers: type }, kinds);
    });

  const files = server('cdn', (path) => {
    const wheel = served.find(({ index, file }) => path === `/whl/${index}/${file}`);
    return wheel?.bytes ?? null;
  });
  const pages = server('hub', (path) => {
    const [, index, project] = /^\/whl\/(\w+)\/([\w-]+)\/$/.exec(path) ?? [];
    const listed = served.filter(
      (wheel) => wheel.index === index && wheel.file.split('-')[0]?.replaceAll('_', '-') === project,
    );
    return listed.length === 0 ? null : Buffer.from(page(project ?? '', addressOf(files), listed));
  });
  await Promise.all([listening(files), listening(pages)]);

  return {
    indexes: `${addressOf(pages)}/whl`,
    requests,
    fail: (...next) => faults.set(next),
    forgetRequests: () => void requests.splice(0),
    put: (...next) => {
      served = next;
    },
    async close() {
      await Promise.all([closed(files), closed(pages)]);
    },
  };
}

/** As PyTorch's own generator writes it. */
export function page(project: string, host: string, wheels: readonly FakeWheel[]): string {
  const links = wheels.map(({ index, file, bytes, sha256 }) => {
    const hash = sha256 === undefined ? createHash('sha256').update(bytes).digest('hex') : sha256;
    const fragment = hash === null ? '' : `#sha256=${hash}`;
    const metadata = `sha256=${'ab'.repeat(32)}`;
    return `    <a href="${host}/whl/${index}/${file.replaceAll('+', '%2B')}${fragment}" data-dist-info-metadata="${metadata}" data-core-metadata="${metadata}">${file}</a><br/>`;
  });
  return `<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for ${project}</h1>\n${links.join('\n')}\n  </body>\n</html>\n<!--TIMESTAMP 1795000000-->`;
}
