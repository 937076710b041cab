/** Where the made files go, relative to the repository. */
export const output = 'release';

/** What the engine loads at run time besides its bundle: native code, which cannot be read out of an archive. */
const nativePackages = ['libsql', '@libsql', '@neon-rs', 'detect-libc', 'onnxruntime-common'];

/**
 * electron-builder's configuration. The bundles go into app.asar; native packages lie beside it in
 * resources/node_modules, where Node's own search finds them from inside the archive. The training addon lies in
 * resources/native without libtorch, which is fetched when somebody wants to train.
 * @param {string | null} native folder of the training addon; null packs none
 * @returns {import('electron-builder').Configuration}
 */
export const configurationWith = (native) => ({
  appId: 'studio.merv.app',
  productName: 'MERV Studio',
  directories: { output },
  asar: true,
  npmRebuild: false,
  files: ['dist/**/*', 'package.json', '!**/*.map', '!node_modules/**/*'],
  extraResources: [
    { from: 'resources', to: 'resources' },
    ...(native === null ? [] : [{ from: native, to: 'native' }]),
    ...nativePackages.map((name) => ({ from: `node_modules/${name}`, to: `node_modules/${name}` })),
    {
      from: 'node_modules/onnxruntime-node',
      to: 'node_modules/onnxruntime-node',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: electron-builder's own placeholders
      filter: ['package.json', 'dist/**/*', 'bin/napi-v*/${platform}/${arch}/**/*'],
    },
    {
      from: 'node_modules/ffmpeg-static',
      to: 'node_modules/ffmpeg-static',
      filter: ['package.json', 'index.js', 'ffmpeg*', 'LICENSE'],
    },
  ],
  linux: { target: ['AppImage', 'deb'], category: 'AudioVideo', executableName: 'merv-studio' },
  deb: { depends: ['libgtk-3-0', 'libnss3', 'libnotify4', 'libsecret-1-0', 'libxss1', 'libxtst6'] },
  mac: { target: ['dmg'], category: 'public.app-category.video' },
  win: { target: ['nsis'] },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
});
