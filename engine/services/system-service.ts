import type { DoctorCheck, SystemInfo } from '../contract/system.ts';
import { pause } from './pause.ts';
import type { Procedures } from './procedures.ts';

const beatMs = 1000;

/** `system`: what this engine is, whether it is well, and that it lives. */
export function systemService(
  { system }: Procedures,
  info: SystemInfo,
  examine: () => Promise<DoctorCheck[]>,
) {
  return {
    info: system.info.handler(() => info),
    doctor: system.doctor.handler(examine),
    heartbeat: system.heartbeat.handler(async function* ({ signal }) {
      while (!signal?.aborted) {
        yield { at: Date.now() };
        await pause(beatMs, signal);
      }
    }),
  };
}
