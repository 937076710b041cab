import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { type Connect, defineConfig, type Plugin } from 'vite';

/** Serves the pictures and videos of MERV_PAGE_MEDIA under /media/, with the byte ranges that players ask for. */
function media(folder: string): Plugin {
  const serve = ({ middlewares }: { readonly middlewares: Connect.Server }) => {
    middlewares.use('/media/', (request, response) => {
      const path = join(folder, decodeURIComponent(new URL(request.url ?? '/', 'http://page').pathname));
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined) return void response.writeHead(404).end();
      const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
      const from = Number(range?.[1] ?? 0);
      const to = range?.[2] ? Number(range[2]) : size - 1;
      const type = path.endsWith('.gif') ? 'image/gif' : path.endsWith('.png') ? 'image/png' : 'video/mp4';
      response.writeHead(range ? 206 : 200, {
        'content-type': type,
        'accept-ranges': 'bytes',
        'content-length': to - from + 1,
        ...(range ? { 'content-range': `bytes ${from}-${to}/${size}` } : {}),
      });
      createReadStream(path, { start: from, end: to }).pipe(response);
    });
  };
  return { name: 'media', configureServer: serve, configurePreviewServer: serve };
}

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The window with a scripted engine: `npx vite -c test/unit/renderer/support/page/vite.config.ts`. */
export default defineConfig({
  root: at('.'),
  cacheDir: at('../../../../../node_modules/.vite-page'),
  plugins: [react(), media(process.env.MERV_PAGE_MEDIA ?? at('.'))],
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  build: {
    target: 'chrome108',
    outDir: at('../../../../../node_modules/.vite-page/dist'),
    emptyOutDir: true,
  },
  server: { fs: { allow: [at('../../../../..')] } },
});
