import type { CAC } from 'cac';
import type { EngineClient } from '../in-process.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export interface CommandContext {
  readonly client: EngineClient;
  readonly terminal: Terminal;
  /** One line of JSON on stdout, nothing else. */
  readonly json: boolean;
}

/** A command line that was understood, to be carried out by an engine. Throws ExpectedError. */
export type CarryOut = (context: CommandContext) => Promise<void>;

/** Commands that belong together: they declare their words and flags, and say what a command line of theirs does. */
export type Family = (cli: CAC, chosen: (work: CarryOut, options: unknown) => void) => void;

/** The result as JSON, or as text for people. */
export function show<T>({ terminal, json }: CommandContext, value: T, text: (value: T) => string): void {
  terminal.out(json ? `${JSON.stringify(value)}\n` : text(value));
}
