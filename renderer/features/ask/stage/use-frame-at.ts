import { useStore } from 'zustand';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { frameAt } from '../../../lib/frames.ts';

/** The number of the frame under the playhead. */
export function useFrameAt(video: VideoInfo): number {
  const { player, plan } = useStudio();
  const time = useStore(player.store, (state) => state.time);
  const encoders = useStore(plan.store, (state) => state.plan?.encoders);
  return frameAt(video, time, encoders?.flatMap((encoder) => encoder.frames) ?? []);
}
