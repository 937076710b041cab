import { type GraphPart, type OnNotice, type OpenGraph, onProcessor } from './graph-session.ts';

/** How a part's graph is opened; on the processor, in silence, where it is left out. */
export interface Opening extends Pick<GraphPart, 'title' | 'sizes' | 'weights'> {
  readonly openGraph: OpenGraph;
  readonly onNotice: OnNotice;
}

export const plainOpening: Opening = { title: 'A part', openGraph: onProcessor, onNotice: () => {} };
