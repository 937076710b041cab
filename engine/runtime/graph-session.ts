import type { ProviderName } from '../contract/settings.ts';
import type { ProviderRole } from './choose-provider.ts';
import { providerTitle } from './providers.ts';
import { type Feeds, openSession, runSession, type Session } from './session.ts';
import type { GraphSizes } from './try-graph.ts';

/** A graph to be loaded, and whose it is. */
export interface GraphPart {
  readonly file: string;
  /** Folder of its data files, where it is not the graph's own. */
  readonly weights?: string;
  readonly role: ProviderRole;
  /** As it is called within a sentence: "SigLIP". */
  readonly title: string;
  /** With which its named dimensions can be tried; 1 where left out. */
  readonly sizes?: GraphSizes;
}

/** Hears whole sentences about parts that are not computed where they were meant to be. */
export type OnNotice = (sentence: string) => void;

/** Loads a part's graph where settings and machine want it. Throws ExpectedError 'model_incomplete', 'out_of_memory'. */
export type OpenGraph = (part: GraphPart, onNotice: OnNotice) => Promise<GraphSession>;

/** A loaded graph. One that fails on a device goes on on the processor, once and for good. */
export class GraphSession {
  private readonly part: GraphPart;
  private readonly onNotice: OnNotice;
  private session: Session;
  private provider: ProviderName;

  constructor(part: GraphPart, session: Session, provider: ProviderName, onNotice: OnNotice) {
    this.part = part;
    this.session = session;
    this.provider = provider;
    this.onNotice = onNotice;
  }

  get outputNames(): readonly string[] {
    return this.session.outputNames;
  }

  /** See {@link runSession}. */
  async run<Name extends string>(
    feeds: Feeds,
    outputs: readonly Name[],
  ): Promise<Record<Name, Float32Array>> {
    try {
      return await runSession(this.session, feeds, outputs);
    } catch (error) {
      if (this.provider === 'cpu') throw error;
      await this.moveToProcessor(error);
      return runSession(this.session, feeds, outputs);
    }
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  private async moveToProcessor(error: unknown): Promise<void> {
    const failed = this.session;
    this.session = await openSession(this.part);
    this.onNotice(fallbackNotice(this.part, this.provider, `it failed: ${firstLine(error)}`));
    this.provider = 'cpu';
    // A device that has just failed may fail at this too; its memory is lost then.
    await failed.release().catch(() => {});
  }
}

export function fallbackNotice({ title }: GraphPart, provider: ProviderName, why: string): string {
  return `${title} was computed on the processor instead of with ${providerTitle(provider)}: ${why}.`;
}

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0]!.slice(0, 160).replace(/\.$/, '');
}

/** For whatever needs no choice: conversions, measurements, tests. */
export const onProcessor: OpenGraph = async (part, onNotice) =>
  new GraphSession(part, await openSession(part), 'cpu', onNotice);
