import type { ContractRouterClient } from '@orpc/contract';
import { createRouterClient } from '@orpc/server';
import type { contract } from '../contract/contract.ts';
import type { Engine } from '../services/engine.ts';

export type EngineClient = ContractRouterClient<typeof contract>;

/** The contract as plain function calls in this process: the command line and tests. */
export function createLocalClient(engine: Engine): EngineClient {
  return createRouterClient(engine.router, { context: {} });
}
