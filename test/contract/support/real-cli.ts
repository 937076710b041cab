import { runInThisProcess } from '../../../engine/doors/cli/this-process.ts';

/** The command line as it is. */
runInThisProcess();
