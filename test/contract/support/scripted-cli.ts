import { runInThisProcess } from '../../../engine/doors/cli/this-process.ts';
import { scriptedAnswerer } from './scripted-answerer.ts';

/** The command line, whole, with a scripted model. */
runInThisProcess(scriptedAnswerer);
