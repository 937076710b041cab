import { eventIterator, oc } from '@orpc/contract';
import * as z from 'zod';
import { askEventSchema, askPlanSchema, askRequestSchema, planRequestSchema } from './ask.ts';
import { conversationSchema, conversationSummarySchema } from './conversations.ts';
import { expectedErrorSchema } from './errors.ts';
import { modelSummarySchema } from './models.ts';
import { doctorCheckSchema, systemInfoSchema } from './system.ts';
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
