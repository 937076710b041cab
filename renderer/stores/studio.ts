import { clipOfRange } from '../lib/clip.ts';
import type { Host } from '../lib/host.ts';
import { createActivityStore } from './activity.ts';
import { createCompareStore } from './compare.ts';
import { createComposerStore } from './composer.ts';
import { createConversationStore, isAnswering, type Subject } from './conversation.ts';
import { createCurvesStore } from './curves.ts';
import { createEngineStore } from './engine.ts';
import { createFramesStore } from './frames.ts';
import { createHistoryStore } from './history.ts';
import { createHubStore } from './hub.ts';
import { createInspectorStore } from './inspector.ts';
import { createInstallStore } from './install.ts';
import { createJobsStore } from './jobs.ts';
import { createLayoutStore } from './layout.ts';
import { createLibtorch } from './libtorch.ts';
import { createManager } from './manager.ts';
import { createModelsStore } from './models.ts';
import { createNavigationStore } from './navigation.ts';
import { createNoticesStore } from './notices.ts';
import { createPlanStore } from './plan.ts';
import { createPlayerStore } from './player.ts';
import { createRunPageStore } from './run-page.ts';
import { createRunsStore } from './runs.ts';
import { createSamplingStore } from './sampling.ts';
import { createSettingsStore } from './settings.ts';
import { createTensorsStore } from './tensors.ts';
import { createTrainViewStore } from './train-view.ts';
import { createTraining } from './training.ts';
import { createVideoStore } from './video.ts';
import { createWizardStore } from './wizard.ts';

/** Every store of the window, and what happens between them. No store knows another one. */
export function createStudio(host: Host) {
  const engine = createEngineStore(host);
  const models = createModelsStore(engine);
  const video = createVideoStore(engine);
  const player = createPlayerStore();
  const frames = createFramesStore(engine);
  const plan = createPlanStore(engine);
  const conversation = createConversationStore(engine);
  const notices = createNoticesStore();
  const history = createHistoryStore(engine, host, notices);
  const sampling = createSamplingStore();
  const layout = createLayoutStore();
  const composer = createComposerStore();
  const navigation = createNavigationStore();
  const inspector = createInspectorStore(engine);
  const tensors = createTensorsStore(engine);
  const hub = createHubStore(engine);
  const install = createInstallStore(engine);
  const jobs = createJobsStore(engine, notices);
  const settings = createSettingsStore(engine);
  const activity = createActivityStore(engine);
  const compare = createCompareStore(engine);
  const manager = createManager({
    host,
    engine,
    models,
    inspector,
    tensors,
    hub,
    install,
    jobs,
    navigation,
    notices,
    composer,
  });

  const runs = createRunsStore(engine);
  const libtorch = createLibtorch({ engine, jobs, runs, notices });
  const curves = createCurvesStore(engine);
  const runPage = createRunPageStore(engine);
  const wizard = createWizardStore(engine);
  const trainView = createTrainViewStore();
  const training = createTraining({
    ...{ host, engine, models, navigation, notices, runs, curves, wizard },
    page: runPage,
    view: trainView,
    askWith: manager.askWith,
  });

  /** What the next question is asked about; null while no model is known. */
  const subject = (): Subject | null => {
    const modelId = models.store.getState().chosenId;
    if (modelId === null) return null;
    const { video: shown, range } = video.store.getState();
    const clip = shown && range ? clipOfRange(range, shown) : null;
    const { sampling: picked, system } = sampling.store.getState();
    const instruction = system.trim() === '' ? null : system;
    return { modelId, videoId: shown?.id ?? null, clip, system: instruction, sampling: picked };
  };

  const replan = (): void => {
    const about = subject();
    if (about === null || engine.store.getState().status.kind !== 'ready') return;
    if (isAnswering(conversation.store.getState())) return;
    const { modelId, videoId, clip, system } = about;
    plan.want({
      modelId,
      videoId,
      clip,
      system,
      conversationId: conversation.store.getState().id,
      question: composer.store.getState().draft,
      maxTokens: about.sampling.maxTokens,
      replaceFrom: null,
    });
  };

  /** The list and the screen name a conversation alike. */
  const refresh = async (): Promise<void> => {
    await history.load();
    const { id } = conversation.store.getState();
    const item = history.store.getState().items.find((candidate) => candidate.id === id);
    if (item) conversation.retitle(item.id, item.title);
  };

  /** A question goes out, its conversation appears in the history, and the cost of the next one is worked out. */
  const follow = async (asked: Promise<void>): Promise<void> => {
    const unsubscribe = conversation.store.subscribe((state, before) => {
      if (state.id !== null && state.id !== before.id) void refresh();
    });
    await asked.finally(unsubscribe);
    void refresh();
    replan();
  };

  const startNew = (): void => {
    conversation.startNew();
    composer.focus();
    replan();
  };

  /** A conversation is about one video: with questions in it already, another video starts a new one. */
  const openVideo = async (choose: Parameters<typeof video.open>[0]): Promise<void> => {
    const opened = await video.open(async (onProgress) => {
      const path = await choose(onProgress);
      if (path !== null) navigation.go('ask');
      return path;
    });
    if (opened === null) return;
    if (conversation.store.getState().id !== null || conversation.store.getState().turns.length > 0)
      startNew();
    composer.focus();
  };

  const subscriptions = [
    host.onOpenPath((path) => void openVideo(async () => path)),
    engine.store.subscribe((state, before) => {
      if (state.lives === before.lives) return;
      void (async () => {
        await models.load();
        void models.warm();
        void jobs.watch();
        void runs.watch();
        void settings.load();
        void hub.loadCatalogue();
        void inspector.reload();
        if (before.lives > 0) await Promise.all([video.reopen(), conversation.reload()]);
        void history.load();
        replan();
      })();
    }),
    navigation.store.subscribe((state) => {
      if (state.screen !== 'ask') player.pause();
    }),
    models.store.subscribe((state, before) => {
      if (state.chosenId === before.chosenId) return;
      if (state.loaded && before.loaded) void models.warm();
      replan();
    }),
    video.store.subscribe((state, before) => {
      if (state.video?.id !== before.video?.id) player.rewind();
      if (state.video !== before.video || state.range !== before.range) replan();
    }),
    composer.store.subscribe((state, before) => {
      if (state.draft !== before.draft) replan();
    }),
    sampling.store.subscribe((state, before) => {
      if (state.sampling.maxTokens !== before.sampling.maxTokens || state.system !== before.system) replan();
    }),
  ];

  return {
    host,
    engine,
    models,
    video,
    player,
    frames,
    plan,
    conversation,
    notices,
    history,
    sampling,
    layout,
    composer,
    navigation,
    inspector,
    tensors,
    hub,
    install,
    jobs,
    settings,
    activity,
    compare,
    manager,
    runs,
    libtorch,
    curves,
    runPage,
    wizard,
    trainView,
    training,
    /** Asks the chosen models what the comparison's question says, about the video that is open. */
    startCompare: async (): Promise<void> => {
      const { video: shown, range } = video.store.getState();
      const clip = shown && range ? clipOfRange(range, shown) : null;
      const subject = {
        videoId: shown?.id ?? null,
        clip,
        sampling: sampling.store.getState().sampling,
      };
      await compare.start(subject, shown?.name ?? null);
    },
    replan,
    startNew,
    chooseVideo: () => openVideo((onProgress) => host.chooseVideo(onProgress)),
    chooseFolder: () => openVideo(() => host.chooseFolder?.() ?? Promise.resolve(null)),
    openDropped: (file: File) => openVideo((onProgress) => host.receiveFile(file, onProgress)),
    openSample: () =>
      openVideo(async () => (await host.openSample?.()) ?? engine.store.getState().info?.samplePath ?? null),
    closeVideo: (): void => {
      video.close();
      if (conversation.store.getState().turns.length > 0) startNew();
    },
    openConversation: async (id: string): Promise<void> => {
      layout.closeDrawer();
      if (conversation.store.getState().id === id) return;
      const opened = await conversation.open(id);
      if (opened === null) return;
      video.show(opened.video, opened.clip, opened.videoMissing);
      models.choose(opened.modelId);
      replan();
    },
    /** Asks what stands in the composer. */
    send: async (text: string): Promise<void> => {
      const about = subject();
      if (about === null || text.trim() === '' || isAnswering(conversation.store.getState())) return;
      composer.write('');
      player.pause();
      await follow(conversation.ask(text.trim(), about));
    },
    again: async (answerId: string): Promise<void> => {
      const about = subject();
      if (about !== null) await follow(conversation.again(answerId, about));
    },
    /** Asks an edited question in the old one's place. */
    replace: async (questionId: string, text: string): Promise<void> => {
      const about = subject();
      if (about !== null && text.trim() !== '')
        await follow(conversation.ask(text.trim(), about, questionId));
    },
    remove: async (id: string): Promise<void> => {
      const shown = conversation.store.getState().id === id;
      if ((await history.remove(id)) && shown) startNew();
    },
    rename: async (id: string, title: string): Promise<void> => {
      if (await history.rename(id, title)) conversation.retitle(id, title.trim());
    },
    start: (): void => engine.connect(),
    dispose: (): void => {
      for (const unsubscribe of subscriptions) unsubscribe();
      manager.dispose();
      training.dispose();
      libtorch.dispose();
      engine.dispose();
    },
  };
}
export type Studio = ReturnType<typeof createStudio>;
