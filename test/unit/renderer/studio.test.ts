import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../../renderer/lib/answer.ts';
import { isAnswering } from '../../../renderer/stores/conversation.ts';
import { createStudio, type Studio } from '../../../renderer/stores/studio.ts';
import { newScript, type Script } from './support/scripted-engine.ts';
import { type ScriptedHost, scriptedHost } from './support/scripted-host.ts';
import { scriptedVideo } from './support/scripted-model.ts';

let script: Script;
let host: ScriptedHost;
let studio: Studio;

beforeEach(async () => {
  vi.useFakeTimers();
  script = newScript();
  const short = script.answer;
  script.answer = (question) =>
    question.includes('much') ? 'Word after word at 7.5 s. '.repeat(20) : short(question);
  script.videos.set('v1', scriptedVideo());
  script.videos.set('v2', scriptedVideo({ id: 'v2', path: '/media/other.mp4', name: 'other.mp4' }));
  host = scriptedHost(script);
  studio = createStudio(host);
  studio.start();
  await pass(300);
});
afterEach(() => {
  studio.dispose();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const talk = () => studio.conversation.store.getState();
const lastAnswer = (): Answer => {
  const turn = talk().turns.at(-1);
  if (turn?.role !== 'assistant') throw new Error('The last turn is no answer.');
  return turn;
};
const open = async (path = '/media/sample.mp4') => {
  host.nextChoice = path;
  void studio.chooseVideo();
  await pass(600);
};

describe('a question', () => {
  it('goes through every stage to an answer with statistics, and into the history', async () => {
    script.stepMs = 10;
    await open();
    const stages: string[] = [];
    studio.conversation.store.subscribe((state) => {
      const turn = state.turns.at(-1);
      const kind = turn?.role === 'assistant' ? (turn.stage?.kind ?? turn.state) : '';
      if (kind !== stages.at(-1)) stages.push(kind);
    });
    void studio.send('  What is in this video?  ');
    await pass(5_000);
    expect(stages).toEqual(['sending', 'decoding', 'loading', 'encoding', 'reading', 'writing', 'done']);
    expect(lastAnswer()).toMatchObject({ state: 'done', stage: null, stats: { finish: 'stop' } });
    expect(lastAnswer().text).toContain('You asked: What is in this video?');
    expect(studio.history.store.getState().items[0]?.title).toBe('What is in this video?');
    expect(talk().title).toBe('What is in this video?');
    expect(script.asked[0]).toMatchObject({
      videoId: 'v1',
      clip: null,
      conversationId: null,
      replaceFrom: null,
    });
  });

  it('is asked about the clip, with the sampling of the drawer, in the same conversation', async () => {
    await open();
    studio.video.moveEdge('from', 2);
    studio.video.moveEdge('to', 7.5);
    studio.sampling.change({ temperature: 0.7, seed: 5 });
    studio.sampling.instruct('Answer in French.');
    void studio.send('One');
    await pass(500);
    void studio.send('Two');
    await pass(500);
    expect(script.asked[1]).toMatchObject({
      clip: { from: 2, to: 7.5 },
      conversationId: talk().id,
      sampling: { temperature: 0.7, seed: 5 },
      system: 'Answer in French.',
    });
    expect(talk().turns.map((turn) => turn.role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  });

  it('is not sent twice, nor empty, nor while an answer is under way', async () => {
    script.stepMs = 50;
    void studio.send('One');
    void studio.send('One');
    void studio.send('   ');
    await pass(20_000);
    expect(script.asked).toHaveLength(1);
  });

  it('stops: what was said stays, and the engine’s statistics come after', async () => {
    script.stepMs = 50;
    void studio.send('Tell me much');
    await pass(1_400);
    const said = lastAnswer().text;
    expect(said).not.toBe('');
    studio.conversation.stop();
    await pass(1);
    expect(lastAnswer()).toMatchObject({ state: 'stopped', text: said });
    expect(isAnswering(talk())).toBe(false);
    await pass(3_000);
    expect(lastAnswer()).toMatchObject({ state: 'stopped', stats: { finish: 'cancelled' } });
  });

  it('asked again or edited replaces what follows', async () => {
    void studio.send('One');
    await pass(500);
    void studio.send('Two');
    await pass(500);
    const [first] = talk().turns;
    void studio.again(lastAnswer().id);
    await pass(500);
    expect(script.asked.at(-1)).toMatchObject({ question: 'Two' });
    expect(talk().turns).toHaveLength(4);
    void studio.replace(first!.id, 'Three');
    await pass(500);
    expect(script.asked.at(-1)).toMatchObject({ question: 'Three', replaceFrom: first!.id });
    expect(talk().turns.map((turn) => turn.text)).toEqual(['Three', expect.stringContaining('Three')]);
    expect(script.conversations.get(talk().id!)?.messages).toHaveLength(2);
  });

  it('fails in words, and a bug keeps its details', async () => {
    script.failure = { code: 'context_full', sentence: 'Too long.', remedy: 'Shorten it.' };
    void studio.send('One');
    await pass(500);
    expect(lastAnswer()).toMatchObject({
      state: 'failed',
      failure: { kind: 'expected', sentence: 'Too long.' },
    });
    script.failure = null;
    script.bug = 'boom';
    void studio.send('Two');
    await pass(500);
    expect(lastAnswer()).toMatchObject({ state: 'failed', failure: { kind: 'bug' } });
    script.bug = null;
    // The engine never kept “Two”: asking it again must not name a message that it does not know.
    void studio.again(lastAnswer().id);
    await pass(500);
    expect(script.asked.at(-1)).toMatchObject({ question: 'Two', replaceFrom: null });
    expect(lastAnswer().state).toBe('done');
    expect(talk().turns).toHaveLength(4);
  });
});

describe('a crash of the engine', () => {
  it('in the middle of an answer leaves the conversation as it is and takes over what was kept', async () => {
    script.stepMs = 50;
    await open();
    void studio.send('Tell me much');
    await pass(2_600);
    const said = lastAnswer().text;
    expect(said).not.toBe('');
    host.crash(2_000);
    await pass(10);
    expect(lastAnswer()).toMatchObject({ state: 'interrupted', text: said, stage: null });
    expect(studio.engine.store.getState().status.kind).toBe('restarting');
    expect(studio.video.store.getState().video?.id).toBe('v1');
    await pass(5_000);
    expect(studio.engine.store.getState().status.kind).toBe('ready');
    expect(talk().turns).toHaveLength(2);
    expect(lastAnswer()).toMatchObject({ state: 'interrupted' });
    void studio.again(lastAnswer().id);
    await pass(10_000);
    expect(lastAnswer().state).toBe('done');
    expect(talk().turns).toHaveLength(2);
  });

  it('keeps a question that the engine never received', async () => {
    void studio.send('One');
    await pass(500);
    host.crash(60_000);
    await pass(10);
    void studio.send('Two');
    await pass(10);
    expect(lastAnswer().state).toBe('interrupted');
    await pass(90_000);
    expect(talk().turns.map((turn) => turn.role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(talk().turns[2]?.text).toBe('Two');
  });
});

describe('the conversations', () => {
  it('an answer goes on while another conversation is on screen, and is there on return', async () => {
    script.stepMs = 50;
    void studio.send('Tell me much');
    await pass(1_500);
    const id = talk().id!;
    studio.startNew();
    expect(talk().turns).toEqual([]);
    await pass(200);
    void studio.openConversation(id);
    await pass(100);
    expect(isAnswering(talk())).toBe(true);
    await pass(10_000);
    expect(lastAnswer()).toMatchObject({ state: 'done', text: expect.stringContaining('7.5 s') });
    expect(isAnswering(talk())).toBe(false);
  });

  it('one on return can still be stopped', async () => {
    script.stepMs = 50;
    void studio.send('Tell me much');
    await pass(1_000);
    const id = talk().id!;
    studio.startNew();
    void studio.openConversation(id);
    await pass(100);
    studio.conversation.stop();
    await pass(3_000);
    expect(lastAnswer().state).toBe('stopped');
  });

  it('bring their video, clip and model back', async () => {
    await open();
    studio.video.moveEdge('from', 3);
    void studio.send('One');
    await pass(500);
    const id = talk().id!;
    await open('/media/other.mp4');
    expect(talk()).toMatchObject({ id: null, turns: [] });
    void studio.openConversation(id);
    await pass(500);
    expect(studio.video.store.getState()).toMatchObject({ video: { id: 'v1' }, range: { from: 3, to: 10 } });
  });

  it('deleted come back by Undo', async () => {
    void studio.send('One');
    await pass(500);
    const id = talk().id!;
    void studio.remove(id);
    await pass(100);
    expect(studio.history.store.getState().items).toEqual([]);
    expect(talk().turns).toEqual([]);
    studio.notices.store.getState().notices[0]?.action?.run();
    await pass(100);
    expect(studio.history.store.getState().items.map((item) => item.id)).toEqual([id]);
  });

  it('are found by what was said, once the typing rests', async () => {
    void studio.send('One');
    await pass(500);
    for (const typed of ['b', 'ba', 'ball']) studio.history.search(typed);
    expect(studio.history.store.getState().foundWith).toBe('');
    await pass(400);
    expect(studio.history.store.getState()).toMatchObject({ foundWith: 'ball', items: [{ title: 'One' }] });
    studio.history.search('zebra');
    await pass(400);
    expect(studio.history.store.getState().items).toEqual([]);
  });
});

describe('the video', () => {
  it('that cannot be opened says why and leaves the other one on screen', async () => {
    await open();
    await open('/media/notes.txt');
    expect(studio.video.store.getState()).toMatchObject({
      video: { id: 'v1' },
      opening: null,
      failure: { kind: 'expected', code: 'file_unsupported' },
    });
  });

  it('opened last wins over one that is still being opened', async () => {
    script.stepMs = 500;
    host.nextChoice = '/media/sample.mp4';
    void studio.chooseVideo();
    await pass(100);
    host.nextChoice = '/media/other.mp4';
    void studio.chooseVideo();
    await pass(2_000);
    expect(studio.video.store.getState().video?.id).toBe('v2');
  });

  it('and the clip decide the plan, which a moving handle asks for once', async () => {
    await open();
    const first = studio.plan.store.getState().plan;
    expect(first?.encoders[0]?.frames.at(-1)?.seconds).toBeGreaterThan(9);
    const plan = vi.spyOn(studio.plan, 'want');
    for (let at = 9; at > 5; at -= 0.1) studio.video.moveEdge('to', at);
    await pass(1_000);
    expect(plan.mock.calls.length).toBeGreaterThan(10);
    expect(studio.plan.store.getState().plan?.encoders[0]?.frames.at(-1)?.seconds).toBeLessThan(5.2);
  });

  it('fetches each frame once, however many strips want it, and again after a failure', async () => {
    await open();
    const picture = vi.fn(async () => 'data:,x');
    script.picture = picture;
    void studio.frames.want('v1', [1, 2, 3, 3], 144);
    void studio.frames.want('v1', [2, 3, 4], 144);
    await pass(500);
    expect(picture).toHaveBeenCalledTimes(4);
    expect(Object.keys(studio.frames.store.getState().pictures)).toHaveLength(4);
    host.crash(100);
    await pass(1);
    void studio.frames.want('v1', [9], 144);
    await pass(2_000);
    void studio.frames.want('v1', [9], 144);
    await pass(500);
    expect(picture).toHaveBeenCalledTimes(5);
  });
});
