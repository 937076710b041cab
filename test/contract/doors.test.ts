import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { safe } from '@orpc/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AskEvent, AskRequest } from '../../engine/contract/ask.ts';
import type { Message } from '../../engine/contract/conversations.ts';
import { samplingSchema } from '../../engine/contract/sampling.ts';
import type { EngineClient } from '../../engine/doors/in-process.ts';
import { doors, type OpenDoor } from './support/doors.ts';
import { type Media, makeMedia } from './support/media.ts';

let media: Media;
beforeAll(() => {
  media = makeMedia();
});
afterAll(() => media.remove());

const sampling = samplingSchema.parse({});
const textOnly = {
  modelId: 'scripted',
  videoId: null,
  clip: null,
  conversationId: null,
  sampling,
  replaceFrom: null,
};

async function all(events: AsyncIterable<AskEvent>): Promise<readonly AskEvent[]> {
  const seen: AskEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}
const said = (events: readonly AskEvent[]): string =>
  events.map((event) => (event.type === 'token' ? event.text : '')).join('');
const idOf = (events: readonly AskEvent[]): string => {
  const first = events[0];
  if (first?.type !== 'started') throw new Error('The first event does not say where the question is kept.');
  return first.conversationId;
};
const texts = (messages: readonly Message[]): readonly string[] => messages.map((message) => message.text);
const lastState = (messages: readonly Message[]): string | undefined => {
  const last = messages.at(-1);
  return last?.role === 'assistant' ? last.state : undefined;
};

describe.each(doors)('through the door %s', (name, openAt) => {
  let home: string;
  let door: OpenDoor;
  let client: EngineClient;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'merv home '));
    door = await openAt(home);
    client = door.client;
  });
  afterEach(async () => {
    await door.close();
    rmSync(home, { recursive: true, force: true });
  });

  const askAll = async (question: string, rest: Partial<AskRequest> = {}) =>
    all(await client.ask.send({ ...textOnly, question, ...rest }));
  /** What a call that must fail with an expected error said. */
  const refusal = async (
    call: Promise<unknown>,
  ): Promise<{ code: string; sentence: string; remedy: string }> => {
    const { error } = await safe(call as ReturnType<EngineClient['video']['open']>);
    if (!error || !('code' in error) || error.code !== 'EXPECTED')
      throw error ?? new Error('It did not fail.');
    return error.data;
  };
  const eventually = async (probe: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 200; tries++) {
      if (await probe()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('It did not happen within four seconds.');
  };
  /** Starts an endless answer and reads it up to its third token. */
  const begin = async (asking: EngineClient, question: string, signal?: AbortSignal) => {
    const events = await asking.ask.send({ ...textOnly, question }, signal ? { signal } : {});
    const seen: AskEvent[] = [];
    while (seen.filter(({ type }) => type === 'token').length < 3) {
      const { done, value } = await events.next();
      if (done) throw new Error('The answer ended early.');
      seen.push(value);
    }
    return { events, seen, conversationId: idOf(seen) };
  };

  it('says what it is, lists models and examines itself', async () => {
    expect((await client.system.info()).dataFolder).toBe(home);
    expect((await client.models.list()).map(({ id }) => id)).toEqual(['scripted']);
    const checks = await client.system.doctor();
    expect(checks.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'ffmpeg',
        'providers',
        'gpu',
        'memory',
        'disk',
        'folders',
        'models',
        'history',
      ]),
    );
    for (const { status, remedy, id } of checks)
      if (status === 'problem') expect([id, remedy]).not.toContain(null);
    expect(
      checks.filter(({ id }) => ['folders', 'models', 'history'].includes(id)).map(({ status }) => status),
    ).toEqual(['ok', 'ok', 'ok']);
  });

  it('beats, until the listener leaves', async () => {
    const beats = await client.system.heartbeat();
    expect(await beats.next()).toMatchObject({ done: false, value: { at: expect.any(Number) } });
    await beats.return?.();
  });

  it('opens a video that was chosen and draws its frames', async () => {
    await door.grant(media.clip);
    const video = await client.video.open({ path: media.clip });
    expect(video).toMatchObject({ name: 'clip one.mp4', frameCount: 20, width: 64, height: 48 });
    const request = { id: video.id, indexes: [0, 19], height: 48 };
    const drawn: number[] = [];
    for await (const { index, dataUrl } of await client.video.thumbnails(request)) {
      expect(dataUrl).toMatch(/^data:image\/jpeg;base64,/);
      drawn.push(index);
    }
    expect(drawn.sort((one, other) => one - other)).toEqual([0, 19]);
  });

  it('refuses files with an error that names them and says what to do', async () => {
    for (const path of [media.missing, media.text]) await door.grant(path);
    const missing = await refusal(client.video.open({ path: media.missing }));
    expect(missing).toMatchObject({ code: 'file_missing', sentence: expect.stringContaining('gone.mp4') });
    expect(missing.remedy).not.toBe('');
    const unreadable = await refusal(client.video.open({ path: media.text }));
    expect(unreadable.sentence).toContain('notes.mp4');
    expect((await refusal(client.video.open({ path: 'relative.mp4' }))).code).toBe('bad_request');
    expect((await refusal(client.video.open({ path: '/a\0b' }))).code).toBe('bad_request');
  });

  it.skipIf(name === 'in-process')(
    'refuses a file that was not chosen, and opens it again once it was',
    async () => {
      expect(await refusal(client.video.open({ path: media.clip }))).toMatchObject({ code: 'not_allowed' });
      const around = `${media.folder}/x/../clip one.mp4`;
      expect(await refusal(client.video.open({ path: around }))).toMatchObject({ code: 'not_allowed' });
      await door.grant(media.clip);
      await client.video.open({ path: media.clip });
      await door.close();
      door = await openAt(home);
      client = door.client;
      expect((await client.video.open({ path: media.clip })).name).toBe('clip one.mp4');
    },
  );

  it('streams an answer in order, keeps it, and says where', async () => {
    await door.grant(media.clip);
    const { id: videoId } = await client.video.open({ path: media.clip });
    const events = await askAll('count 50', { videoId, clip: { from: 0.5, to: 1.5 } });
    const wanted = Array.from({ length: 50 }, (_, at) => `${at + 1} `).join('');
    expect(said(events)).toBe(wanted);
    const types = events.map(({ type }) => type).filter((type, at, list) => type !== list[at - 1]);
    expect(types).toEqual(['started', 'loading', 'frames', 'encoder', 'prompt', 'prefill', 'token', 'done']);

    const kept = await client.conversations.get({ id: idOf(events) });
    expect(texts(kept.messages)).toEqual(['count 50', wanted]);
    expect(kept).toMatchObject({ title: 'count 50', clip: { from: 0.5, to: 1.5 }, videoMissing: false });
    expect(kept.video?.path).toBe(media.clip);
    expect(kept.messages[1]).toMatchObject({
      state: 'done',
      stats: { tokens: { generated: 50 }, finish: 'stop' },
    });
  });

  it('keeps a question before anything runs, and a failure with its reason', async () => {
    const events = await client.ask.send({ ...textOnly, question: 'refuse' });
    const first = await events.next();
    const id = idOf([first.value as AskEvent]);
    expect(texts((await client.conversations.get({ id })).messages)[0]).toBe('refuse');
    expect(await refusal(all(events))).toMatchObject({ code: 'context_full', remedy: 'Ask less.' });
    const { messages } = await client.conversations.get({ id });
    expect(messages[1]).toMatchObject({ state: 'failed', error: { code: 'context_full' } });
    const unknown = await refusal(askAll('hello', { modelId: 'nothing' }));
    expect(unknown.code).toBe('model_missing');
  });

  it('tells of a bug without its inside, which goes to the log, and goes on', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { error } = await safe(askAll('bug') as unknown as ReturnType<EngineClient['video']['open']>);
    expect(error).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(JSON.stringify(error)).not.toContain('secret inner detail');
    expect(error?.message).not.toContain('secret inner detail');
    expect(
      log.mock.calls
        .flat()
        .some((said) => said instanceof TypeError && /scripted-answerer/.test(said.stack ?? '')),
    ).toBe(true);
    log.mockRestore();
    const [failed] = await client.conversations.list({ search: '' });
    const { messages } = await client.conversations.get({ id: failed!.id });
    expect(messages[1]).toMatchObject({ state: 'failed', text: 'A ' });
    expect(said(await askAll('count 2'))).toBe('1 2 ');
  });

  it('refuses input of the wrong form as an expected error', async () => {
    expect(await refusal(askAll(''))).toMatchObject({
      code: 'bad_request',
      sentence: expect.stringContaining('question'),
    });
    expect(await refusal(askAll('x', { sampling: { ...sampling, temperature: 9 } }))).toMatchObject({
      code: 'bad_request',
    });
    for (const absent of [{ conversationId: 'none' }, { videoId: 'none' }]) {
      expect(await refusal(askAll('x', absent))).toMatchObject({ code: 'not_found' });
    }
    expect(await client.conversations.list({ search: '' })).toEqual([]);
  });

  it('stops at once and keeps what was said, with its figures as they come', async () => {
    const stop = new AbortController();
    const { events, conversationId } = await begin(client, 'slow to stop', stop.signal);
    stop.abort();
    // In this order on one connection: whoever stops and then looks must find it stopped.
    const { messages } = await client.conversations.get({ id: conversationId });
    expect(lastState(messages)).toBe('stopped');
    expect(messages[1]?.text).toMatch(/^1 2 3 /);
    await all(events).catch(() => {});
    await eventually(async () => {
      const now = await client.conversations.get({ id: conversationId });
      const answer = now.messages[1];
      return (
        answer?.role === 'assistant' && answer.state === 'stopped' && answer.stats?.finish === 'cancelled'
      );
    });
  });

  it('stops when the reader leaves without a word', async () => {
    const { events, conversationId } = await begin(client, 'endless');
    await events.return?.();
    await eventually(
      async () => lastState((await client.conversations.get({ id: conversationId })).messages) === 'stopped',
    );
    expect(said(await askAll('count 1'))).toBe('1 ');
  });

  it.skipIf(name === 'in-process')('stops when the window is gone', async () => {
    const { conversationId } = await begin(client, 'endless');
    const other = await door.another();
    door.cut();
    await eventually(
      async () => lastState((await other.conversations.get({ id: conversationId })).messages) === 'stopped',
    );
  });

  it('answers one at a time; those who wait say so and can be stopped', async () => {
    const first = new AbortController();
    const one = await begin(client, 'endless', first.signal);
    const second = new AbortController();
    const two = await client.ask.send({ ...textOnly, question: 'count 2' }, { signal: second.signal });
    const three = await client.ask.send({ ...textOnly, question: 'count 3' });
    const read = async (events: AsyncIterator<AskEvent>) => (await events.next()).value as AskEvent;
    const twoStarted = await read(two);
    expect(await read(two)).toEqual({ type: 'waiting', ahead: 1 });
    expect([(await read(three)).type, await read(three)]).toEqual(['started', { type: 'waiting', ahead: 2 }]);
    second.abort();
    await all(two).catch(() => {});
    first.abort();
    await all(one.events).catch(() => {});
    expect(said(await all(three))).toBe('1 2 3 ');
    const stopped = await client.conversations.get({ id: idOf([twoStarted]) });
    expect(stopped.messages[1]).toMatchObject({ text: '', state: 'stopped' });
  });

  it('tells a follow-up what was said before, without answers that never began', async () => {
    const conversationId = idOf(await askAll('count 2'));
    await safe(askAll('refuse', { conversationId }) as unknown as ReturnType<EngineClient['video']['open']>);
    const told = JSON.parse(said(await askAll('turns', { conversationId })));
    expect(told).toEqual([
      { role: 'user', text: 'count 2' },
      { role: 'assistant', text: '1 2 ' },
      { role: 'user', text: 'turns' },
    ]);
    const plan = { ...textOnly, conversationId, question: 'xx', maxTokens: 10 };
    const { messages } = await client.conversations.get({ id: conversationId });
    const long = await client.ask.plan(plan);
    const short = await client.ask.plan({ ...plan, replaceFrom: messages[0]!.id });
    expect(short.tokens.prompt).toBe(2);
    expect(long.tokens.prompt).toBeGreaterThan(10);
  });

  it("puts a system prompt of one's own in front, for that question only", async () => {
    const told = JSON.parse(said(await askAll('turns', { system: 'Answer in French.' })));
    expect(told).toEqual([
      { role: 'system', text: 'Answer in French.' },
      { role: 'user', text: 'turns' },
    ]);
  });

  it('replaces a question and what follows it, by the question or by its answer', async () => {
    const conversationId = idOf(await askAll('count 1'));
    await askAll('count 2', { conversationId });
    await askAll('count 3', { conversationId });
    const before = (await client.conversations.get({ id: conversationId })).messages;
    await askAll('count 4', { conversationId, replaceFrom: before[3]!.id });
    const after = await client.conversations.get({ id: conversationId });
    expect(texts(after.messages)).toEqual(['count 1', '1 ', 'count 4', '1 2 3 4 ']);
    expect(after.title).toBe('count 1');
    await askAll('turns', { conversationId, replaceFrom: before[0]!.id });
    const anew = await client.conversations.get({ id: conversationId });
    expect(anew.messages).toHaveLength(2);
    expect(anew.title).toBe('turns');
    expect((await refusal(askAll('x', { conversationId, replaceFrom: 'none' }))).code).toBe('not_found');
    expect((await client.conversations.get({ id: conversationId })).messages).toHaveLength(2);
  });

  it('stops an answer whose question is asked anew elsewhere', async () => {
    const { events, seen, conversationId } = await begin(client, 'endless');
    const started = seen[0] as Extract<AskEvent, { type: 'started' }>;
    expect(said(await askAll('count 2', { conversationId, replaceFrom: started.questionId }))).toBe('1 2 ');
    await all(events).catch(() => {});
    expect(texts((await client.conversations.get({ id: conversationId })).messages)).toEqual([
      'count 2',
      '1 2 ',
    ]);
  });

  it('searches, renames, deletes and restores', async () => {
    const dogs = idOf(await askAll('Where are the dogs?'));
    const cups = idOf(await askAll('Where are the cups?'));
    const found = async (search: string) => (await client.conversations.list({ search })).map(({ id }) => id);
    expect(await found('')).toEqual([cups, dogs]);
    expect(await found('DOG')).toEqual([dogs]);
    expect((await client.conversations.list({ search: 'short ans' }))[0]?.excerpt).toContain('short answer');
    expect(await found('") OR ("')).toEqual([]);
    await client.conversations.rename({ id: dogs, title: 'Holiday' });
    expect(await found('holi')).toEqual([dogs]);
    await client.conversations.delete({ id: dogs });
    expect(await found('')).toEqual([cups]);
    expect((await refusal(client.conversations.get({ id: dogs }))).code).toBe('not_found');
    expect((await refusal(askAll('x', { conversationId: dogs }))).code).toBe('not_found');
    await client.conversations.restore({ id: dogs });
    expect((await found('')).sort()).toEqual([cups, dogs].sort());
    expect((await client.conversations.get({ id: dogs })).title).toBe('Holiday');
  });

  it('exports as Markdown and as JSON', async () => {
    await door.grant(media.clip);
    const { id: videoId } = await client.video.open({ path: media.clip });
    const id = idOf(await askAll('What: is / this?', { videoId, clip: { from: 1, to: null } }));
    const markdown = await client.conversations.export({ id, format: 'markdown' });
    expect(markdown.fileName).toBe('What is this.md');
    for (const part of [
      '# What: is / this?',
      'clip one.mp4',
      'A short answer 🐶.',
      'scripted',
      '19 (0:02.00)',
      '0:01.00 to the end',
    ]) {
      expect(markdown.text).toContain(part);
    }
    const json = await client.conversations.export({ id, format: 'json' });
    expect(json.fileName).toBe('What is this.json');
    const parsed = JSON.parse(json.text);
    expect(texts(parsed.messages)).toEqual(['What: is / this?', 'A short answer 🐶.']);
  });

  it('tells that a video has gone or changed, and finds it when it is back', async () => {
    const moved = join(media.folder, 'moved.mp4');
    await door.grant(media.clip);
    const { id: videoId } = await client.video.open({ path: media.clip });
    const id = idOf(await askAll('count 1', { videoId }));
    renameSync(media.clip, moved);
    try {
      const gone = await client.conversations.get({ id });
      expect(gone).toMatchObject({ videoMissing: true, video: { name: 'clip one.mp4' } });
      expect((await refusal(askAll('count 2', { videoId, conversationId: id }))).code).toBe('file_missing');
    } finally {
      renameSync(moved, media.clip);
    }
    expect((await client.conversations.get({ id })).videoMissing).toBe(false);
    copyFileSync(media.clip, moved);
    copyFileSync(media.shorter, media.clip);
    try {
      expect((await client.conversations.get({ id })).video?.frameCount).toBe(10);
    } finally {
      renameSync(moved, media.clip);
    }
    expect(said(await askAll('count 2', { videoId, conversationId: id }))).toBe('1 2 ');
  });

  it('marks a running answer interrupted when the engine closes, with its text', async () => {
    const { events, conversationId } = await begin(client, 'endless');
    const reading = all(events).catch(() => {});
    await door.close();
    await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 200))]);
    door = await openAt(home);
    client = door.client;
    const { messages } = await client.conversations.get({ id: conversationId });
    expect(lastState(messages)).toBe('interrupted');
    expect(messages[1]?.text).toMatch(/^1 2 3 /);
  });
});
