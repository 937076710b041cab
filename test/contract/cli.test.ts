import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { samplingSchema } from '../../engine/contract/sampling.ts';
import { createLocalClient } from '../../engine/doors/in-process.ts';
import { startEngine } from '../../engine/doors/start-engine.ts';
import { openDatabase } from '../../engine/store/database.ts';
import { openFolders } from '../../engine/store/folders.ts';
import { type BuiltScript, buildScript, type Ended, startCli } from './support/child.ts';
import { clientOf, openSocket } from './support/doors.ts';
import { type Media, makeMedia } from './support/media.ts';
import { scriptedAnswerer } from './support/scripted-answerer.ts';

let media: Media;
let home: string;
let cli: BuiltScript;
beforeAll(async () => {
  media = makeMedia();
  cli = await buildScript(new URL('./support/scripted-cli.ts', import.meta.url));
});
afterAll(() => {
  media.remove();
  cli.remove();
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'merv cli '));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const merv = (...words: readonly string[]): Promise<Ended> => startCli(cli, words, home).ended;

describe('merv ask', () => {
  it('streams the answer to stdout and progress to stderr', async () => {
    const { code, out, err } = await merv('ask', media.clip, 'Which animal?', '--max-tokens', '4');
    expect([code, out]).toEqual([0, 'A short answer 🐶\n']);
    expect(err).toMatch(/Frames: 2/);
    expect(err).toMatch(/Prompt: 20 tokens, 8 of them visual/);
    expect(err).not.toContain('\r');
  });

  it('prints one line of JSON and nothing else on stdout', async () => {
    const { code, out } = await merv('ask', media.clip, 'count 3', '--json', '--seed', '5');
    expect(code).toBe(0);
    expect(out.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(out)).toEqual({
      answer: '1 2 3 ',
      model: 'scripted',
      mixing: null,
      frames: [
        { encoder: 'eye', index: 0, seconds: 0 },
        { encoder: 'eye', index: 19, seconds: 2 },
      ],
      tokens: { visual: 8, prompt: 20, generated: 3 },
      ms: expect.objectContaining({ decode: 1, encode: 2, prefill: 3, generate: 4 }),
      warnings: [],
    });
  });

  it('says an expected error in a sentence, with its remedy', async () => {
    const plain = await merv('ask', media.missing, 'x');
    expect([plain.code, plain.out]).toEqual([1, '']);
    expect(plain.err).toMatch(/gone\.mp4.*\n.+/);
    expect(plain.err).not.toMatch(/ {4}at /);
    const json = await merv('ask', media.clip, 'refuse', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toEqual({
      error: { code: 'context_full', sentence: 'The prompt is too long.', remedy: 'Ask less.' },
    });
    const model = await merv('ask', media.clip, '--model', 'nothing');
    expect([model.code, model.err]).toEqual([1, expect.stringContaining('Installed: scripted.')]);
  });

  it('keeps no conversation, and needs no database that works', async () => {
    await merv('ask', media.clip, 'count 1');
    const folders = openFolders(home);
    const database = openDatabase(folders.database);
    expect(database.all('SELECT * FROM conversations')).toEqual([]);
    database.run('PRAGMA user_version = 99');
    database.close();
    const { code, out, err } = await merv('ask', media.clip, 'count 1');
    expect([code, out]).toEqual([0, '1 \n']);
    expect(err).toContain('newer version');
    expect((await merv('doctor')).out).toMatch(/PROBLEM {2}History.*newer version/);
  });

  it('ends with 130 on Ctrl-C, with what was said', async () => {
    const child = startCli(cli, ['ask', media.clip, 'endless'], home);
    await child.says(/1 2 3 /);
    child.process.kill('SIGINT');
    const { code, out } = await child.ended;
    expect([code, out]).toEqual([130, expect.stringMatching(/^1 2 3 [\d ]*\n$/)]);
  });

  it('stops when nobody reads any more', async () => {
    const child = startCli(cli, ['ask', media.clip, 'endless'], home);
    await child.says(/1 2 3 /);
    child.process.stdout?.destroy();
    expect((await child.ended).code).toBe(130);
  });
});

describe('merv', () => {
  it('refuses what it does not understand with 2', async () => {
    for (const words of [
      ['nonsense'],
      ['ask', '--nonsense'],
      ['ask', 'a', 'b', '--seed', 'x'],
      ['serve', '--port', 'x'],
    ]) {
      const { code, out, err } = await merv(...words);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(/^merv: .*--help/);
    }
  });

  it('shows help with examples, and its version, without a data folder', async () => {
    const help = await merv('--help');
    for (const command of ['ask', 'models', 'serve', 'doctor']) expect(help.out).toContain(`  ${command}`);
    expect((await merv('ask', '--help')).out).toContain('merv ask holiday.mp4');
    expect((await merv('--version')).out).toMatch(/\d+\.\d+\.\d+/);
    expect([(await merv()).code, existsSync(join(home, 'studio.db'))]).toEqual([0, false]);
  });

  it('lists models and examines the machine', async () => {
    expect((await merv('models')).out).toMatch(/^scripted {2}Scripted\n {2}for tests\n/);
    expect(JSON.parse((await merv('models', '--json')).out)).toMatchObject([{ id: 'scripted' }]);
    const doctor = await merv('doctor', '--json');
    const checks: { id: string; status: string }[] = JSON.parse(doctor.out);
    expect(doctor.code).toBe(checks.some(({ status }) => status === 'problem') ? 1 : 0);
    const lacking = await startCli(cli, ['doctor'], home, { FFMPEG_BIN: '/nowhere/ffmpeg' }).ended;
    expect(lacking.code).toBe(1);
    expect(lacking.out).toMatch(/PROBLEM {2}ffmpeg.*\/nowhere\/ffmpeg.*\n +→ .*FFMPEG_BIN/);
  });
});

describe('merv serve', () => {
  it('prints its address, serves, and ends well when stopped', async () => {
    const child = startCli(cli, ['serve', '--port', '0', '--token', 'a-token-of-my-own'], home);
    const [address] = await child.says(/http:\/\/127\.0\.0\.1:\d+\/\?token=a-token-of-my-own/);
    const socket = await openSocket(address);
    expect((await clientOf(socket).models.list())[0]?.id).toBe('scripted');
    child.process.kill('SIGTERM');
    expect((await child.ended).code).toBe(0);
  });

  it('killed in the middle of an answer, leaves it interrupted and everything else whole', async () => {
    const child = startCli(cli, ['serve', '--port', '0'], home);
    const [address] = await child.says(/http:\S+/);
    const client = clientOf(await openSocket(address));
    const subject = {
      modelId: 'scripted',
      videoId: null,
      clip: null,
      conversationId: null,
      replaceFrom: null,
    };
    const sampling = samplingSchema.parse({});
    for await (const event of await client.ask.send({ ...subject, sampling, question: 'count 2' })) {
      if (event.type === 'done') break;
    }
    const events = await client.ask.send({ ...subject, sampling, question: 'endless' });
    let seen = '';
    // Longer than the time between two saves.
    while (!seen.includes('40 ')) {
      const { value, done } = await events.next();
      if (done) break;
      if (value.type === 'token') seen += value.text;
    }
    child.process.kill('SIGKILL');
    await child.ended;

    const engine = startEngine({
      folders: openFolders(home),
      keepHistory: true,
      runs: 'all',
      mayOpen: () => true,
      answererFor: scriptedAnswerer,
    });
    expect(engine.warnings).toEqual([]);
    const after = createLocalClient(engine);
    const [endless, counted] = await after.conversations.list({ search: '' });
    const { messages } = await after.conversations.get({ id: endless!.id });
    expect(messages[0]?.text).toBe('endless');
    expect(messages[1]).toMatchObject({ state: 'interrupted' });
    const kept = messages[1]!.text;
    expect(kept.split(' ').length).toBeGreaterThan(10);
    expect(seen.startsWith(kept) || kept.startsWith(seen)).toBe(true);
    expect((await after.conversations.get({ id: counted!.id })).messages[1]).toMatchObject({
      text: '1 2 ',
      state: 'done',
    });
    await engine.close();
  });
});
