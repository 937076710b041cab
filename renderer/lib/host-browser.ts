import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { Disconnected, HostError } from './failure.ts';
import type { EngineClient, EngineLink, Host, UploadProgress } from './host.ts';

/**
 * The page in a browser in front of `merv serve`. The token of the printed address is kept for this tab and taken
 * out of the address bar, so that it is not copied along with it.
 */
export function browserHost(): Host {
  const address = serverAddress(takeToken());
  return {
    kind: 'browser',
    connect: (signal) => linkOverSocket(address('/rpc', location.protocol === 'https:' ? 'wss:' : 'ws:'), signal),
    onEngineState: () => () => {},
    restartEngine: null,
    chooseVideo: async (onProgress) => {
      const file = await pickFile();
      return file && upload(address(`/upload?name=${encodeURIComponent(file.name)}`), file, onProgress);
    },
    chooseFolder: null,
    receiveFile: (file, onProgress) =>
      upload(address(`/upload?name=${encodeURIComponent(file.name)}`), file, onProgress),
    openSample: null,
    saveText: async (fileName, text) => download(fileName, text),
    mediaUrl: (videoId) => address(`/media/${encodeURIComponent(videoId)}`),
    showInFolder: null,
    onMenu: () => () => {},
    onOpenPath: () => () => {},
  };
}

function takeToken(): string | null {
  const url = new URL(location.href);
  const token = url.searchParams.get('token');
  if (token === null) return sessionStorage.getItem('merv.token');
  sessionStorage.setItem('merv.token', token);
  url.searchParams.delete('token');
  history.replaceState(null, '', url);
  return token;
}

function serverAddress(token: string | null) {
  return (path: string, protocol: string = location.protocol): string => {
    const url = new URL(path, location.origin);
    if (token !== null) url.searchParams.set('token', token);
    url.protocol = protocol;
    return url.href;
  };
}

function linkOverSocket(address: string, signal: AbortSignal): Promise<EngineLink> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address);
    const giveUp = () => {
      socket.close();
      reject(new Disconnected());
    };
    signal.addEventListener('abort', giveUp, { once: true });
    socket.addEventListener('error', giveUp, { once: true });
    socket.addEventListener('close', giveUp, { once: true });
    socket.addEventListener(
      'open',
      () => {
        signal.removeEventListener('abort', giveUp);
        socket.removeEventListener('error', giveUp);
        const closed = new Promise<string>((tell) => {
          socket.addEventListener('close', (event) => tell(event.reason || 'The connection to the engine was cut.'));
        });
        const client = createORPCClient<EngineClient>(new RPCLink({ websocket: socket }));
        resolve({ client, closed, close: () => socket.close() });
      },
      { once: true },
    );
  });
}

function pickFile(): Promise<File | null> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = 'video/*,image/*,.mkv,.avi,.ts,.webm,.mov';
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null), { once: true });
    input.addEventListener('cancel', () => resolve(null), { once: true });
    input.click();
  });
}

/** XMLHttpRequest because fetch tells nothing about the progress of what it sends. */
function upload(address: string, file: File, onProgress: UploadProgress): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', address);
    request.responseType = 'json';
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(file.name, event.loaded / event.total);
    });
    request.addEventListener('load', () => {
      const answer = request.response as { readonly path?: unknown } | null;
      if (request.status < 300 && typeof answer?.path === 'string') resolve(answer.path);
      else reject(new HostError(`“${file.name}” could not be sent: the server answered ${request.status}.`));
    });
    request.addEventListener('error', () => reject(new Disconnected()));
    onProgress(file.name, 0);
    request.send(file);
  });
}

function download(fileName: string, text: string): boolean {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return true;
}
