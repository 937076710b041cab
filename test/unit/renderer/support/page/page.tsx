import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { VideoInfo } from '../../../../../engine/contract/video.ts';
import { App } from '../../../../../renderer/app.tsx';
import { createStudio } from '../../../../../renderer/stores/studio.ts';
import { fillManager, manyModels } from '../manager-content.ts';
import { newScript } from '../scripted-engine.ts';
import { scriptedHost } from '../scripted-host.ts';
import { missingRuntime } from '../scripted-libtorch.ts';
import { fillTraining, scriptedPreflight } from '../training-content.ts';
import { fillHistory, sayings, videos } from './content.ts';

/** The window with a scripted engine. `?history=200&step=40&models&runs&libtorch` and `window.page` steer it. */
const wish = new URLSearchParams(location.search);
const script = newScript();
script.stepMs = Number(wish.get('step') ?? 30);
script.answer = (question) =>
  sayings.find(([word]) => question.toLowerCase().includes(word))?.[1] ?? sayings[0]![1];
for (const video of videos) script.videos.set(video.id, video);
fillHistory(script, Number(wish.get('history') ?? 0));
if (wish.has('runs')) fillTraining(script.training);
else script.training.preflight = scriptedPreflight;
if (wish.has('libtorch')) script.training.runtime = missingRuntime;
if (wish.has('models')) {
  script.models = manyModels;
  fillManager(script.manager);
}

const element = document.createElement('video');
element.muted = true;
let turn: Promise<unknown> = Promise.resolve();

/** The frame drawn by the browser itself; the engine's own are exact, these only have to look like it. */
function picture(video: VideoInfo, _index: number, seconds: number): Promise<string> {
  const drawn = turn.then(async () => {
    const source = `/media/${video.kind === 'video' ? 'sample.mp4' : video.name}`;
    if (video.kind === 'image') return source;
    if (!element.src.endsWith('/media/sample.mp4')) {
      element.src = '/media/sample.mp4';
      await new Promise((resolve) => element.addEventListener('loadeddata', resolve, { once: true }));
    }
    await new Promise((resolve) => {
      element.addEventListener('seeked', resolve, { once: true });
      element.currentTime = Math.min(seconds + 0.01, 9.9);
    });
    const canvas = document.createElement('canvas');
    canvas.height = 216;
    canvas.width = 384;
    canvas.getContext('2d')?.drawImage(element, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/jpeg', 0.85);
  });
  turn = drawn.catch(() => {});
  return drawn;
}
script.picture = picture;

const host = scriptedHost(script, (id) => `/media/${script.videos.get(id)?.name ?? 'sample.mp4'}`);
const studio = createStudio(host);
studio.start();
Object.assign(window, { page: { studio, script, host } });

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App studio={studio} />
  </StrictMode>,
);
