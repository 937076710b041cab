/** Names of the messages between the preload script and the main process. Nothing else crosses that border. */
export const channels = {
  connectEngine: 'merv:connect-engine',
  enginePort: 'merv:port',
  engineState: 'merv:engine-state',
  readEngineState: 'merv:read-engine-state',
  restartEngine: 'merv:restart-engine',
  chooseVideo: 'merv:choose-video',
  chooseFolder: 'merv:choose-folder',
  grantDropped: 'merv:grant-dropped',
  openSample: 'merv:open-sample',
  saveText: 'merv:save-text',
  showInFolder: 'merv:show-in-folder',
  chooseModelFile: 'merv:choose-model-file',
  chooseModelFolder: 'merv:choose-model-folder',
  chooseExportPath: 'merv:choose-export-path',
  chooseModelsFolder: 'merv:choose-models-folder',
  chooseDataFile: 'merv:choose-data-file',
  chooseMediaFolder: 'merv:choose-media-folder',
  chooseRunExport: 'merv:choose-run-export',
  showModelFolder: 'merv:show-model-folder',
  openLink: 'merv:open-link',
  menu: 'merv:menu',
  openPath: 'merv:open-path',
  takeOpenPath: 'merv:take-open-path',
} as const;

/** The page's own address space: everything the window shows comes from here. */
export const appScheme = 'app';
export const appHost = 'merv';
export const appOrigin = `${appScheme}://${appHost}`;

/** Opened videos, by the engine's id, with byte ranges. */
export const mediaScheme = 'media';
export const mediaHost = 'video';

/** Where a <video> element plays an opened video from. */
export function mediaUrl(videoId: string): string {
  return `${mediaScheme}://${mediaHost}/${encodeURIComponent(videoId)}`;
}
