import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The page: one bundle for the desktop window and for `merv serve`, hence the relative base. */
export default defineConfig({
  root: at('../renderer'),
  base: './',
  plugins: [react()],
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  build: {
    outDir: at('../dist/renderer'),
    emptyOutDir: true,
    /** Electron 22's Chromium is the oldest that the end-to-end tests run in. */
    target: 'chrome108',
    chunkSizeWarningLimit: 1500,
  },
});
