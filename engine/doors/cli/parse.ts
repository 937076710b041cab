import cac, { type Command } from 'cac';
import { version } from '../version.ts';
import type { CarryOut } from './command.ts';
import { UsageError } from './flags.ts';
import { find } from './models/find.ts';
import { install } from './models/install.ts';
import { installed } from './models/installed.ts';
import { jobs } from './models/jobs.ts';
import { settings } from './models/settings.ts';
import { libtorch } from './training/libtorch.ts';
import { runs } from './training/runs.ts';
import { train } from './training/train.ts';

/** What is not needed to ask a question: each family declares its own commands. */
const families = [find, install, installed, jobs, settings, train, runs, libtorch];

/** A command line that was understood. `options` is for flags.ts to read. */
export type Invocation =
  | {
      readonly command: 'ask';
      readonly video: string | null;
      readonly question: string | null;
      readonly options: unknown;
    }
  | { readonly command: 'serve' | 'doctor' | 'setup'; readonly options: unknown }
  /** A command of one of the families. */
  | { readonly command: 'models'; readonly options: unknown; readonly carryOut: CarryOut }
  /** Help or the version, which the parser has printed. */
  | { readonly command: 'none' };

/** argv without the program's own two words. Throws UsageError. */
export function parse(argv: readonly string[]): Invocation {
  const cli = cac('merv');
  let invocation = null as Invocation | null;

  cli
    .command('ask [video] [question]', 'Ask a question about a video (the sample clip where none is named)')
    .option('--from <time>', 'Look from here on: seconds (2) or a time (0:02)')
    .option('--to <time>', 'Look up to here')
    .option('--model <id>', 'Which model answers (see `merv models`)')
    .option('--max-tokens <n>', 'Longest answer, in tokens (256)')
    .option('--temperature <x>', '0 picks the likeliest token each time (0)')
    .option('--top-p <x>', 'Keep the likeliest tokens up to this probability (1)')
    .option('--top-k <n>', 'Keep the k likeliest tokens; 0 keeps all (0)')
    .option('--min-p <x>', 'Drop tokens below this part of the likeliest (0)')
    .option('--repetition-penalty <x>', 'Above 1: say less twice (1)')
    .option('--seed <n>', 'The same seed gives the same answer')
    .option('--stop <text>', 'End the answer before this text; may be given several times')
    .option('--system <text>', 'Instead of the instruction that comes with the model')
    .option('--json', 'One line of JSON on stdout, nothing else')
    .example('merv ask')
    .example('merv ask holiday.mp4 "Which animals are there?"')
    .example('merv ask holiday.mp4 "What happens here?" --from 0:02 --to 8.5 --json')
    .action((video: unknown, question: unknown, options: { readonly '--': readonly string[] }) => {
      // What comes after "--" may begin with a dash.
      const words = [video, question, ...options['--']].filter((word) => word !== undefined).map(String);
      if (words.length > 2) throw new UsageError('put the question into quotes');
      invocation = { command: 'ask', video: words[0] ?? null, question: words[1] ?? null, options };
    });
  for (const declare of families) {
    declare(cli, (carryOut, options) => {
      invocation = { command: 'models', options, carryOut };
    });
  }
  cli
    .command('serve', 'Serve the interface to a browser, until stopped with Ctrl-C')
    .option('--port <n>', 'Port; 0 takes any free one (4717 where it is free)')
    .option(
      '--host <name>',
      'Address to listen on; anything else than this machine is not encrypted (127.0.0.1)',
    )
    .option('--token <text>', 'What a browser must know (a new random one)')
    .example('merv serve')
    .example('merv serve --port 8000')
    .action((options: unknown) => {
      invocation = { command: 'serve', options };
    });
  cli
    .command('doctor', 'Examine what answers need: ffmpeg, providers, disk, models')
    .option('--json', 'As JSON')
    .action((options: unknown) => {
      invocation = { command: 'doctor', options };
    });
  cli
    .command('setup', 'Fetch and build the starter model where it is missing or of another version')
    .action((options: unknown) => {
      invocation = { command: 'setup', options };
    });
  cli.help();
  cli.version(version);

  try {
    cli.parse(['node', 'merv', ...protect(shortForm(argv), cli.commands)], { run: false });
    if (cli.options.help === true || cli.options.version === true) return { command: 'none' };
    if (!cli.matchedCommand) {
      if (cli.args[0] !== undefined)
        throw new UsageError(`there is no command ${JSON.stringify(cli.args[0])}`);
      cli.outputHelp();
      return { command: 'none' };
    }
    unprotect(cli.options);
    cli.runMatchedCommand();
  } catch (error) {
    if (error instanceof Error && error.name === 'CACError') throw new UsageError(error.message);
    throw error;
  }
  if (!invocation) throw new Error('The parser ran no command.');
  return invocation;
}

/** What is done with models is also understood behind the word `models`: `merv models install x`. */
const modelActions = new Set(
  'search catalogue info plan install import remove verify repair export rename jobs move'.split(' '),
);

function shortForm(argv: readonly string[]): readonly string[] {
  const [first, second] = argv;
  if (first !== 'models' || second === undefined) return argv;
  if (second === 'list') return ['models', ...argv.slice(2)];
  return modelActions.has(second) ? argv.slice(1) : argv;
}

/**
 * The parser turns values that look like numbers into numbers ("--stop 1.0" would become 1), and reads an empty or
 * a negative one as none. So each value gets a mark in front, which `unprotect` takes away; a switch gets its "true",
 * or the next word would be tried as its value.
 */
function protect(argv: readonly string[], commands: readonly Command[]): readonly string[] {
  const options = commands.flatMap((command) => command.options);
  const named = (word: string, wantsValue: boolean): boolean =>
    options.some(({ names, isBoolean }) => !isBoolean === wantsValue && names.includes(camel(word.slice(2))));
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '--') return [...words, ...argv.slice(at)];
    const equals = word.indexOf('=');
    const next = argv[at + 1];
    if (!word.startsWith('--')) words.push(word);
    else if (equals > 0 && named(word.slice(0, equals), true)) {
      words.push(`${word.slice(0, equals)}=${mark}${word.slice(equals + 1)}`);
    } else if (named(word, true) && next !== undefined && !next.startsWith('--')) {
      words.push(`${word}=${mark}${next}`);
      at++;
    } else words.push(named(word, false) ? `${word}=true` : word);
  }
  return words;
}

const mark = '=';

function unprotect(options: Record<string, unknown>): void {
  const strip = (value: unknown): unknown =>
    typeof value === 'string' && value.startsWith(mark) ? value.slice(mark.length) : value;
  for (const [name, value] of Object.entries(options)) {
    if (name !== '--') options[name] = Array.isArray(value) ? value.map(strip) : strip(value);
  }
}

const camel = (name: string): string =>
  name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
