import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { Disconnected, HostError, isExpectedData } from './failure.ts';
import type { EngineClient, EngineLink, Host, UploadProgress } from './host.ts';

/** The page in a browser in front of `merv serve`, which knows the browser by the cookie that its address gave. */
export function browserHost(): Host {
  return {
    kind: 'browser',
    connect: (signal) => linkOverSocket(`${location.origin.replace(/^http/, 'ws')}/rpc`, signal),
    onEngineState: () => () => {},
    restartEngine: null,
    chooseVideo: async (onProgress) => {
      const file = await pickFile();
      return file && upload(file, onProgress);
    },
    chooseFolder: null,
    receiveFile: upload,
    openSample: null,
    saveText: async (fileName, text) => download(fileName, text),
    mediaUrl: (videoId) => `/media/${encodeURIComponent(videoId)}`,
    showInFolder: null,
    models: null,
    training: null,
    openLink: async (url) => {
      window.open(url, '_blank', 'noopener,noreferrer');
    },
    onMenu: () => () => {},
    onOpenPath: () => () => {},
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
          socket.addEventListener('close', (event) =>
            tell(event.reason || 'The connection to the engine was cut.'),
          );
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
function upload(file: File, onProgress: UploadProgress): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/upload?name=${encodeURIComponent(file.name)}`);
    request.responseType = 'json';
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(file.name, event.loaded / event.total);
    });
    request.addEventListener('load', () => {
      const answer: unknown = request.response;
      if (request.status < 300 && isPath(answer)) resolve(answer.path);
      else if (isExpectedData(answer)) reject(new HostError(answer.sentence, answer.remedy));
      else reject(new HostError(`“${file.name}” could not be sent: the server answered ${request.status}.`));
    });
    request.addEventListener('error', () => {
      reject(new HostError(`“${file.name}” could not be sent: the connection was cut.`, 'Try again.'));
    });
    onProgress(file.name, 0);
    request.send(file);
  });
}

function isPath(answer: unknown): answer is { readonly path: string } {
  return typeof answer === 'object' && answer !== null && 'path' in answer && typeof answer.path === 'string';
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
