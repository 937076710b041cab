// A process that downloads made/model, to be killed: download-child.ts <endpoint> <folder>. Prints bytes done.
import { join } from 'node:path';
import { createActivity } from '../../../../engine/hub/http/activity.ts';
import { createHttp } from '../../../../engine/hub/http/http.ts';
import { createHub } from '../../../../engine/hub/huggingface/hub.ts';

const [endpoint = '', folder = ''] = process.argv.slice(2);
const settings = { offline: false, proxy: null, bandwidth: 6_000_000 };
const http = createHttp({ settings: () => settings, activity: createActivity(), env: {} });
const hub = createHub({
  http,
  endpoint: () => endpoint,
  token: async () => null,
  cacheFolder: join(folder, 'cache'),
  symlinks: true,
  checkedFile: join(folder, 'checked.json'),
});
const { commit, files } = await hub.listFiles('made/model', 'main');
await hub.download('made/model', commit, files, { onProgress: ({ doneBytes }) => console.log(doneBytes) });
http.close();
