import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { ExpectedError } from '../../contract/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Connections kept for each way out: directly, or through one proxy. */
export interface Agents {
  for(url: URL, proxySetting: string | null): HttpAgent;
  close(): void;
}

/** Idle connections are closed before most servers do it. */
const options = { keepAlive: true, maxSockets: 64, maxFreeSockets: 8 } as const;

export function createAgents(env: Environment): Agents {
  const agents = new Map<string, HttpAgent>();
  return {
    for(url, setting) {
      const proxy = proxyFor(url, setting, env);
      const secure = url.protocol === 'https:';
      const key = `${secure} ${proxy ?? ''}`;
      const known = agents.get(key);
      if (known) return known;
      const agent = proxy === null ? direct(secure) : throughProxy(secure, proxy);
      agents.set(key, agent);
      return agent;
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function direct(secure: boolean): HttpAgent {
  return secure ? new HttpsAgent(options) : new HttpAgent(options);
}

function throughProxy(secure: boolean, proxy: string): HttpAgent {
  if (!/^https?:\/\//i.test(proxy)) {
    throw new ExpectedError(
      'bad_request',
      `The proxy ${proxy.replace(/\/\/.*@/, '//')} is of a kind that is not supported.`,
      'Name an HTTP proxy: http://host:port.',
    );
  }
  return secure ? new HttpsProxyAgent(proxy, options) : new HttpProxyAgent(proxy, options);
}

/**
 * The proxy of a request: the setting, else HTTPS_PROXY, HTTP_PROXY or ALL_PROXY in either case; null for none.
 * NO_PROXY forbids both; this machine's own addresses are never asked for through the environment's proxy.
 */
export function proxyFor(url: URL, setting: string | null, env: Environment): string | null {
  const read = (name: string): string | undefined => env[name.toLowerCase()] || env[name.toUpperCase()];
  if (isExcepted(url, read('NO_PROXY') ?? '')) return null;
  if (setting !== null) return setting;
  if (isLoopback(url.hostname)) return null;
  const proxy = read(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? read('ALL_PROXY');
  if (proxy === undefined) return null;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Entries of NO_PROXY: `*`, `host`, `.domain`, `*.domain`, each with `:port` where only that port is meant. */
function isExcepted(url: URL, noProxy: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const host = bareHost(url.hostname);
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', wantedPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (wantedPort !== undefined && wantedPort !== port) return false;
      const domain = name.replace(/^\*?\./, '');
      return host === domain || host.endsWith(`.${domain}`);
    });
}

function isLoopback(hostname: string): boolean {
  const host = bareHost(hostname);
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}
