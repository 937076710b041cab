import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeHub, startFakeHub } from '../support/fake-hub/fake-hub.ts';
import { tinyLlama } from '../support/tiny-repos.ts';
import { type BuiltScript, buildScript, type Child, type Ended, startCli } from './support/child.ts';

let cli: BuiltScript;
let fake: FakeHub;
let home: string;
beforeAll(async () => {
  cli = await buildScript(new URL('./support/real-cli.ts', import.meta.url));
  fake = await startFakeHub({ repos: [tinyLlama(), { ...tinyLlama('tiny/gated'), gated: true }] });
});
afterAll(async () => {
  cli.remove();
  await fake.close();
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'merv models cli '));
  fake.fail();
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const start = (...words: readonly string[]): Child =>
  startCli(cli, words, home, { HF_ENDPOINT: fake.endpoint, HF_HOME: join(home, 'hf'), HF_TOKEN: '' });
const merv = (...words: readonly string[]): Promise<Ended> => start(...words).ended;

describe('merv, for models', () => {
  it('finds, plans, installs, shows, exports, imports and removes', { timeout: 120_000 }, async () => {
    expect((await merv('models')).out).toContain('merv install starter');
    expect((await merv('catalogue')).out).toMatch(/^merv-full {2}MERV Full$/m);
    expect((await merv('search', 'llama')).out).toMatch(/^tiny\/llama {2}text-generation, apache-2.0/m);
    expect((await merv('info', 'tiny/llama')).out).toContain('merv install tiny/llama');
    const plan = await merv('plan', 'tiny/llama', '--precision', 'languageModel=int4', '--json');
    expect(JSON.parse(plan.out)).toMatchObject({ modelId: 'llama', problems: [] });

    const installed = await merv('install', 'tiny/llama', '--precision', 'languageModel=fp32');
    expect([installed.code, installed.out]).toEqual([0, 'Installed llama.\n']);
    // Which of its phases one sees depends on how fast they are.
    expect(installed.err).toMatch(/^(Looking|Fetching|Converting) \(Install llama\)$/m);
    const models = JSON.parse((await merv('models', '--json')).out);
    expect(models).toMatchObject([{ id: 'llama', problem: null }]);
    expect((await merv('models', 'show', 'llama')).out).toContain('<|im_start|>user\nWhat happens');
    expect((await merv('rename', 'llama', 'My Llama')).code).toBe(0);
    expect((await merv('verify', 'llama')).out).toBe('llama is whole.\n');
    expect((await merv('repair', 'llama')).err).toContain('Nothing of it is broken.');

    const file = join(home, 'llama.merv');
    expect((await merv('export', 'llama', file)).out).toBe(`${file}\n`);
    expect((await merv('remove', 'llama')).out).toMatch(/^Removed llama; .* are free again/);
    expect((await merv('import', file, '--json')).code).toBe(0);
    const folder = join(home, 'elsewhere');
    expect((await merv('move', folder)).out).toBe(`${folder}\n`);
    expect((await merv('models')).out).toMatch(/^llama {2}My Llama$/m);
    expect(existsSync(join(folder, 'llama', 'bundle.json'))).toBe(true);
    expect((await merv('activity')).out).toContain('Fetching model.safetensors of tiny/llama');
    expect((await merv('activity', 'clear')).out).toBe('Nothing left this machine.\n');
  });

  it('pauses on Ctrl-C, says how to go on, and does', { timeout: 60_000 }, async () => {
    fake.fail({ path: 'model.safetensors', server: 'cdn', what: { kind: 'slow', bytesPerSecond: 300_000 } });
    const child = start('install', 'tiny/llama');
    await child.says(/Fetching/, 'err');
    child.process.kill('SIGINT');
    const { code, err } = await child.ended;
    expect(code).toBe(130);
    const [, id = ''] = /merv jobs resume (\w+)/.exec(err) ?? [];
    expect((await merv('jobs')).out).toMatch(new RegExp(`^${id} .*paused`));
    fake.fail();
    const resumed = await merv('jobs', 'resume', id);
    expect([resumed.code, resumed.out]).toEqual([0, expect.stringMatching(/: done\.\n$/)]);
    expect((await merv('jobs', 'forget', id)).code).toBe(0);
    expect((await merv('jobs')).out).toBe('There are no jobs.\n');
  });

  it('says what it does not understand, and what fails', { timeout: 60_000 }, async () => {
    for (const words of [
      ['models', 'nonsense'],
      ['jobs', 'resume'],
      ['settings', 'nonsense', '1'],
      ['settings', 'bandwidth', 'x'],
      ['install', 'a b'],
    ])
      expect((await merv(...words)).code, words.join(' ')).toBe(2);
    const gated = await merv('install', 'tiny/gated', '--json');
    expect(gated.code).toBe(1);
    expect(JSON.parse(gated.out)).toMatchObject({ error: { code: 'gated' } });
    expect(gated.err).toContain(`${fake.endpoint}/tiny/gated`);
    expect((await merv('remove', 'nothing')).err).toContain('There is no model nothing');
    expect((await merv('jobs', 'cancel', 'nothing')).code).toBe(1);
    expect((await merv('settings', 'offline', 'true')).out).toMatch(/^offline = true$/m);
    expect((await merv('search', 'x')).err).toMatch(/offline/);
    const token = await merv('settings', 'token', 'hf_secret');
    expect([token.code, token.out]).toEqual([0, expect.stringMatching(/^token = entered$/m)]);
    expect(token.out).not.toContain('hf_secret');
    expect(statSync(join(home, 'token')).mode & 0o777).toBe(0o600);
  });
});
