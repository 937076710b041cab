// npm run native: builds the training addon, where it is not built yet, and prints where it lies.
import { exclusively } from './setup/lock.mjs';
import { ensureNative } from './setup/native.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { fail } from './setup/say.mjs';

const path = await exclusively(async () => {
  await ensurePackages();
  return ensureNative();
}).catch(fail);
console.log(path);
