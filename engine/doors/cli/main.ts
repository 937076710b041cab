import { runInThisProcess } from './this-process.ts';

runInThisProcess();
