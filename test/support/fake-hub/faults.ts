import * as z from 'zod';

/** Something that goes wrong, at the requests whose address contains `path`. */
export const faultSchema = z.object({
  /** Part of the address; empty for every request. */
  path: z.string().default(''),
  /** `hub`: the API and resolve; `cdn`: what it sends on to. */
  server: z.enum(['hub', 'cdn']).optional(),
  /** How many requests it befalls; all of them where it is not set. */
  count: z.number().int().optional(),
  /** Requests that are left alone first. */
  skip: z.number().int().default(0),
  what: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('status'),
      status: z.number().int(),
      headers: z.record(z.string(), z.string()).default({}),
    }),
    /** The connection ends after so many bytes of the body. */
    z.object({ kind: z.literal('cut'), afterBytes: z.number().int() }),
    /** The answer speaks of so many bytes, and has no more. */
    z.object({ kind: z.literal('truncated'), bytes: z.number().int() }),
    /** One byte in a thousand is another one. */
    z.object({ kind: z.literal('wrong-body') }),
    /** Another ETag, of another content. */
    z.object({ kind: z.literal('etag'), etag: z.string() }),
    /** Range is not understood. */
    z.object({ kind: z.literal('no-range') }),
    z.object({ kind: z.literal('slow'), bytesPerSecond: z.number() }),
    /** Nothing is ever answered. */
    z.object({ kind: z.literal('silent') }),
    /** A page that wants a login, as networks in hotels send. */
    z.object({ kind: z.literal('login-page') }),
    z.object({ kind: z.literal('redirect'), to: z.string() }),
  ]),
});
export type Fault = z.input<typeof faultSchema>;
type ReadyFault = z.infer<typeof faultSchema>;
export type FaultKind = ReadyFault['what'];

export interface Faults {
  set(faults: readonly Fault[]): void;
  /** What befalls this request. Each asked counts. */
  at(server: 'hub' | 'cdn', url: string): readonly FaultKind[];
}

export function createFaults(): Faults {
  let active: { readonly fault: ReadyFault; seen: number }[] = [];
  return {
    set(faults) {
      active = faults.map((fault) => ({ fault: faultSchema.parse(fault), seen: 0 }));
    },
    at(server, url) {
      return active
        .filter(({ fault }) => (fault.server ?? server) === server && url.includes(fault.path))
        .filter((entry) => {
          entry.seen += 1;
          const { skip, count } = entry.fault;
          return entry.seen > skip && (count === undefined || entry.seen <= skip + count);
        })
        .map(({ fault }) => fault.what);
    },
  };
}
