// npm run build: packages and bundles, as `npm start` makes them.
import { ensureBuilt } from './setup/bundle.mjs';
import { exclusively } from './setup/lock.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { fail } from './setup/say.mjs';

await exclusively(async () => {
  await ensurePackages();
  await ensureBuilt();
}).catch(fail);
