import { isDefinedError } from '@orpc/client';
import { ExpectedError, type ExpectedErrorData } from '../../contract/errors.ts';
import { setUpStarter } from '../../hub/setup.ts';
import { type Folders, openFolders } from '../../store/folders.ts';
import { createLocalClient, type EngineClient } from '../in-process.ts';
import { resourcesFolder } from '../places.ts';
import { type StartOptions, startEngine } from '../start-engine.ts';
import { ask } from './ask.ts';
import { askFlags, jsonFlag, serveFlags, UsageError } from './flags.ts';
import { doctorText } from './lists.ts';
import { type Invocation, parse } from './parse.ts';
import { serve } from './serve.ts';
import type { Terminal } from './terminal.ts';

const exits = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The command line. argv without the program's own two words. Resolves with the exit code. */
export async function run(
  argv: readonly string[],
  terminal: Terminal,
  answererFor?: StartOptions['answererFor'],
): Promise<number> {
  let json = false;
  try {
    const invocation = parse(argv);
    if (invocation.command === 'none') return exits.ok;
    json = invocation.command !== 'serve' && jsonFlag(invocation.options);
    const code = await carryOut(invocation, json, terminal, answererFor);
    return terminal.signal.aborted && invocation.command !== 'serve' ? exits.interrupted : code;
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`merv: ${error.message}. Try \`merv --help\`.\n`);
      return exits.usage;
    }
    if (terminal.signal.aborted) return exits.interrupted;
    const expected = expectedOf(error);
    if (!expected) throw error;
    terminal.err(`${expected.sentence}\n${expected.remedy}\n`);
    if (json) terminal.out(`${JSON.stringify({ error: expected })}\n`);
    return exits.failed;
  }
}

async function carryOut(
  invocation: Exclude<Invocation, { readonly command: 'none' }>,
  json: boolean,
  terminal: Terminal,
  answererFor: StartOptions['answererFor'],
): Promise<number> {
  switch (invocation.command) {
    case 'ask': {
      const { video, question, options } = invocation;
      const flags = askFlags(options);
      await withEngine(openFolders(), answererFor, terminal, (client) =>
        ask(client, { video, question, ...flags }, terminal),
      );
      return exits.ok;
    }
    case 'models':
      await withEngine(openFolders(), answererFor, terminal, (client) =>
        invocation.carryOut({ client, terminal, json }),
      );
      return exits.ok;
    case 'doctor': {
      const checks = await withEngine(openFolders(), answererFor, terminal, (client) =>
        client.system.doctor(),
      );
      terminal.out(json ? `${JSON.stringify(checks)}\n` : doctorText(checks));
      return checks.some(({ status }) => status === 'problem') ? exits.failed : exits.ok;
    }
    case 'setup': {
      const folders = openFolders();
      // An engine, so that another one that starts meanwhile does not take new parts for garbage.
      const folder = await withEngine(folders, answererFor, terminal, () => setUp(folders, terminal));
      terminal.out(`${folder}\n`);
      return exits.ok;
    }
    case 'serve':
      await serve(serveFlags(invocation.options), openFolders(), terminal, answererFor);
      return exits.ok;
    default:
      return invocation satisfies never;
  }
}

async function setUp({ models }: Folders, { err, signal }: Terminal): Promise<string> {
  let last = '';
  return setUpStarter({
    modelsFolder: models,
    resourcesFolder: resourcesFolder(),
    signal,
    onProgress(sentence) {
      if (sentence !== last) err(`${sentence}\n`);
      last = sentence;
    },
  });
}

/** One engine for one command; what is asked on the command line is not kept in the history. */
async function withEngine<T>(
  folders: Folders,
  answererFor: StartOptions['answererFor'],
  terminal: Terminal,
  work: (client: EngineClient) => Promise<T>,
): Promise<T> {
  const engine = startEngine({
    folders,
    keepHistory: false,
    runs: 'own',
    mayOpen: () => true,
    ...(answererFor && { answererFor }),
  });
  for (const warning of engine.warnings) terminal.err(`Note: ${warning}\n`);
  try {
    return await work(createLocalClient(engine));
  } finally {
    await engine.close();
  }
}

function expectedOf(error: unknown): ExpectedErrorData | null {
  if (error instanceof ExpectedError) return error.toData();
  if (!(error instanceof Error) || !isDefinedError(error)) return null;
  return (error as Error & { readonly data: ExpectedErrorData }).data;
}
