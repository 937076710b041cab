import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import * as z from 'zod';
import { App } from './app.tsx';
import { browserHost } from './lib/host-browser.ts';
import { desktopHost } from './lib/host-desktop.ts';
import { createStudio } from './stores/studio.ts';

// zod's compiled parsers need `new Function`, which the page's content security policy forbids.
z.config({ jitless: true });

const studio = createStudio(window.merv ? desktopHost(window.merv) : browserHost());
studio.start();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App studio={studio} />
  </StrictMode>,
);
