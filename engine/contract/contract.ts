import { eventIterator, oc } from '@orpc/contract';
import * as z from 'zod';
import { askEventSchema, askPlanSchema, askRequestSchema, planRequestSchema } from './ask.ts';
import { conversationSchema, conversationSummarySchema } from './conversations.ts';
import { expectedErrorSchema } from './errors.ts';
import {
  activitySchema,
  catalogueEntrySchema,
  choicesSchema,
  installPlanSchema,
  modelSourceSchema,
  repoDetailSchema,
  repoSummarySchema,
} from './hub.ts';
import { jobSchema } from './jobs.ts';
import { libtorchBuildSchema, libtorchPlanSchema, trainingRuntimeSchema } from './libtorch.ts';
import {
  compareEventSchema,
  compareRequestSchema,
  modelDetailSchema,
  modelSummarySchema,
  tensorRowSchema,
} from './models.ts';
import { accountSchema, providersSchema, settingsSchema } from './settings.ts';
import { doctorCheckSchema, systemInfoSchema } from './system.ts';
import {
  dataReportSchema,
  installChoiceSchema,
  installProgressSchema,
  preflightProgressSchema,
  runSampleSchema,
  runSchema,
  runStepSchema,
  trainingInputs,
} from './training.ts';
import { thumbnailSchema, videoInfoSchema } from './video.ts';

/** Every procedure may fail with one expected error; anything else that is thrown is a bug. */
const base = oc.errors({ EXPECTED: { status: 422, data: expectedErrorSchema } });
const none = z.object({});
const byId = z.object({ id: z.string() });

/** The one contract of the engine: Electron IPC, WebSocket, command line and tests all speak it. */
export const contract = {
  system: {
    info: base.output(systemInfoSchema),
    doctor: base.output(z.array(doctorCheckSchema)),
    /** One beat a second for as long as the caller listens; a window that misses five says the engine hangs. */
    heartbeat: base.output(eventIterator(z.object({ at: z.number() }))),
  },
  models: {
    list: base.output(z.array(modelSummarySchema)),
    /** Loads a model's sessions before the first question needs them. */
    warm: base.input(byId).output(none),
    inspect: base.input(byId).output(modelDetailSchema),
    tensors: base
      .input(
        z.object({
          id: z.string(),
          /** Part of a tensor's name; empty for all. */
          search: z.string(),
          offset: z.number().int().min(0),
          limit: z.number().int().min(1).max(1000),
        }),
      )
      .output(z.object({ total: z.number().int(), rows: z.array(tensorRowSchema) })),
    rename: base.input(z.object({ id: z.string(), name: z.string().min(1).max(100) })).output(none),
    /** Removes the model and the parts that no other one uses; what it freed. */
    delete: base.input(byId).output(z.object({ freedBytes: z.number() })),
    /** Hashes every file against what was written; sentences about those that differ. */
    verify: base.input(byId).output(z.object({ problems: z.array(z.string()) })),
    /** Fetches and converts again what is broken, and only that. A job. */
    repair: base.input(byId).output(byId),
    /** Writes the model to one file that `hub.install` reads on another machine. A job. path: absolute. */
    export: base.input(z.object({ id: z.string(), path: z.string() })).output(byId),
    compare: base.input(compareRequestSchema).output(eventIterator(compareEventSchema)),
  },
  hub: {
    search: base
      .input(z.object({ query: z.string().max(200), limit: z.number().int().min(1).max(100) }))
      .output(z.array(repoSummarySchema)),
    repo: base
      .input(z.object({ repo: z.string(), revision: z.string().nullable() }))
      .output(repoDetailSchema),
    catalogue: base.output(z.array(catalogueEntrySchema)),
    plan: base
      .input(z.object({ source: modelSourceSchema, choices: choicesSchema }))
      .output(installPlanSchema),
    /** A job. Throws where the plan has a problem. */
    install: base.input(z.object({ source: modelSourceSchema, choices: choicesSchema })).output(byId),
  },
  jobs: {
    /** All jobs, newest first, at once and after each change, at most ten times a second. */
    watch: base.output(eventIterator(z.array(jobSchema))),
    pause: base.input(byId).output(none),
    /** Also tries a failed one again. */
    resume: base.input(byId).output(none),
    /** Stops it and removes what it has not finished. */
    cancel: base.input(byId).output(none),
    /** Takes an ended job off the list. */
    forget: base.input(byId).output(none),
  },
  training: {
    /** Whether this machine can train: looked at in a process of its own. */
    runtime: base.output(trainingRuntimeSchema),
    libtorch: {
      /** What fetching the libraries would take, from PyTorch's own server. */
      plan: base.input(z.object({ build: libtorchBuildSchema })).output(libtorchPlanSchema),
      /** A job. Throws where nothing is published for this system. */
      install: base.input(z.object({ build: libtorchBuildSchema })).output(byId),
      /** What was fetched; libraries that came otherwise stay. Throws 'busy' while a run computes. */
      remove: base.output(z.object({ freedBytes: z.number() })),
    },
    /** The data set that comes with the application, for a first run; null where it is missing. */
    sample: base.output(trainingInputs.data.nullable()),
    inspectData: base.input(trainingInputs.data).output(dataReportSchema),
    /** Runs the largest batch once in a process of its own. Throws 'busy' while a run computes. */
    preflight: base.input(trainingInputs.start).output(eventIterator(preflightProgressSchema)),
    /** Fetches what is missing of the model's original weights, then queues the run; one computes at a time. */
    start: base.input(trainingInputs.start).output(byId),
    /** All runs, newest first, at once and after each change, at most twice a second. */
    watch: base.output(eventIterator(z.array(runSchema))),
    metrics: base.input(trainingInputs.metrics).output(z.array(runStepSchema)),
    samples: base.input(byId).output(z.array(runSampleSchema)),
    /** Its end. */
    log: base.input(byId).output(z.object({ text: z.string() })),
    /** Saves a checkpoint and ends the process, which frees its memory. */
    pause: base.input(byId).output(none),
    /** From the last checkpoint; also tries a failed one again. */
    resume: base.input(byId).output(none),
    /** Saves and ends for good. */
    stop: base.input(byId).output(none),
    /** With its checkpoints; models that were installed of it stay. */
    delete: base.input(byId).output(none),
    /** The forms that a checkpoint can be installed in, the proposed one first. */
    installForms: base.input(trainingInputs.installForms).output(z.array(installChoiceSchema)),
    install: base.input(trainingInputs.install).output(eventIterator(installProgressSchema)),
    export: base.input(trainingInputs.export).output(none),
  },
  settings: {
    get: base.output(settingsSchema),
    set: base.input(settingsSchema).output(none),
    account: base.output(accountSchema),
    /** Keeps it in the user's data folder, readable by the user only; empty forgets it. */
    setToken: base.input(z.object({ token: z.string().max(200) })).output(accountSchema),
    providers: base.output(providersSchema),
    /** Moves every model to an empty or new folder. A job. path: absolute. */
    moveModels: base.input(z.object({ path: z.string() })).output(byId),
    /** What left this machine, newest first. */
    activity: base.output(z.array(activitySchema)),
    clearActivity: base.output(none),
  },
  video: {
    /** path: absolute. The door decides which paths may be opened. */
    open: base.input(z.object({ path: z.string() })).output(videoInfoSchema),
    thumbnails: base
      .input(
        z.object({
          id: z.string(),
          indexes: z.array(z.number().int().min(0)).max(512),
          height: z.number().int().min(24).max(360),
        }),
      )
      .output(eventIterator(thumbnailSchema)),
  },
  ask: {
    plan: base.input(planRequestSchema).output(askPlanSchema),
    send: base.input(askRequestSchema).output(eventIterator(askEventSchema)),
  },
  conversations: {
    list: base.input(z.object({ search: z.string() })).output(z.array(conversationSummarySchema)),
    get: base.input(byId).output(conversationSchema),
    rename: base.input(z.object({ id: z.string(), title: z.string().min(1).max(200) })).output(none),
    delete: base.input(byId).output(none),
    /** Undoes a delete. */
    restore: base.input(byId).output(none),
    export: base
      .input(z.object({ id: z.string(), format: z.enum(['markdown', 'json']) }))
      .output(z.object({ fileName: z.string(), text: z.string() })),
  },
};
