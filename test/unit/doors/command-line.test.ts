import { describe, expect, it } from 'vitest';
import { askFlags, serveFlags, UsageError } from '../../../engine/doors/cli/flags.ts';
import { parse } from '../../../engine/doors/cli/parse.ts';

function ask(...words: readonly string[]) {
  const invocation = parse(['ask', ...words]);
  if (invocation.command !== 'ask') throw new Error('another command');
  const { video, question, options } = invocation;
  return { video, question, ...askFlags(options) };
}

describe('the words of `merv ask`', () => {
  it('are a video and a question, both optional', () => {
    expect(ask()).toMatchObject({ video: null, question: null, clip: null, modelId: null, json: false });
    expect(ask('a b.mp4', 'Why?')).toMatchObject({ video: 'a b.mp4', question: 'Why?' });
    expect(ask('--json', '5', '007')).toMatchObject({ video: '5', question: '007', json: true });
    expect(ask('x.mp4', '--', '--why?')).toMatchObject({ video: 'x.mp4', question: '--why?' });
    expect(() => ask('x.mp4', 'What', 'is', 'this?')).toThrowError(UsageError);
  });

  it('keep values as they were typed', () => {
    expect(ask('--model', '007').modelId).toBe('007');
    expect(ask('--stop', '1.0', '--stop', '-').sampling.stop).toEqual(['1.0', '-']);
    expect(ask('--stop=a=b').sampling.stop).toEqual(['a=b']);
  });

  it('set the sampling', () => {
    const { sampling } = ask(
      ...['--max-tokens', '12', '--temperature=0.7', '--top-p', '.9', '--top-k', '40', '--min-p', '0.05'],
      ...['--repetition-penalty', '1.1', '--seed', '4294967295'],
    );
    expect(sampling).toEqual({
      maxTokens: 12,
      temperature: 0.7,
      topP: 0.9,
      topK: 40,
      minP: 0.05,
      repetitionPenalty: 1.1,
      seed: 4294967295,
      stop: [],
    });
    expect(ask().sampling).toMatchObject({ temperature: 0, maxTokens: 256, seed: null });
  });

  it('name a clip in seconds or as a time', () => {
    expect(ask('--from', '2', '--to', '8.5').clip).toEqual({ from: 2, to: 8.5 });
    expect(ask('--from', '0:07').clip).toEqual({ from: 7, to: null });
    expect(ask('--to', '1:02:03.5').clip).toEqual({ from: 0, to: 3723.5 });
  });

  it.each([
    [['--temperature', 'hot']],
    [['--temperature', '3']],
    [['--max-tokens', '1e9']],
    [['--max-tokens', '1.5']],
    [['--seed', '-1']],
    [['--seed', '']],
    [['--top-p', '0x1']],
    [['--seed']],
    [['--model', '--json']],
    [['--from', '-1']],
    [['--from', '5', '--to', '5']],
    [['--to', 'end']],
    [['--nonsense']],
    [['--stop', '']],
  ])('refuse %j', (words) => {
    expect(() => ask(...words)).toThrowError(UsageError);
  });
});

describe('other words', () => {
  it('are refused or mean a command', () => {
    expect(parse(['models', '--json'])).toMatchObject({ command: 'models', options: { json: true } });
    expect(parse(['models', 'list', '--json'])).toMatchObject({ command: 'models', options: { json: true } });
    expect(parse(['models', 'remove', 'x', '--json'])).toMatchObject({ options: { json: true } });
    expect(() => parse(['models', 'remove'])).toThrowError(UsageError);
    expect(parse(['doctor'])).toMatchObject({ command: 'doctor' });
    expect(() => parse(['askk'])).toThrowError(/no command "askk"/);
    expect(() => parse(['doctor', 'x'])).toThrowError(UsageError);
    expect(() => parse(['models', '--seed', '1'])).toThrowError(UsageError);
  });

  it('of `merv serve` say where', () => {
    const flags = (...words: readonly string[]) => {
      const invocation = parse(['serve', ...words]);
      if (invocation.command !== 'serve') throw new Error('another command');
      return serveFlags(invocation.options);
    };
    expect(flags()).toEqual({ port: null, host: '127.0.0.1', token: null });
    expect(flags('--port', '0', '--host', '::', '--token', '12345678901234567890')).toEqual({
      port: 0,
      host: '::',
      token: '12345678901234567890',
    });
    for (const wrong of [
      ['--port', '70000'],
      ['--port', 'x'],
      ['--token', 'short'],
      ['--token', 'with spaces in it, long'],
    ]) {
      expect(() => flags(...wrong)).toThrowError(UsageError);
    }
  });
});
