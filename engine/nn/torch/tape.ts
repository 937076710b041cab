import type { Tensor } from '../../native/tensor.ts';
import type { Torch } from '../../native/torch.ts';

interface Segment {
  readonly input: Tensor;
  readonly output: Tensor;
  readonly run: (x: Tensor) => Tensor;
}

/**
 * Activation checkpointing (Chen et al. 2016): of a block only input and output are kept; the backward pass computes it
 * again. A block's input must not be used outside of it once it has run, as in a stack of layers.
 */
export class Tape {
  private readonly torch: Torch;
  private readonly segments: Segment[] = [];

  constructor(torch: Torch) {
    this.torch = torch;
  }

  block(input: Tensor, run: (x: Tensor) => Tensor): Tensor {
    const { torch } = this;
    const output = torch.noGrad(() => torch.scope(() => run(input)));
    torch.requireGrad(output, true);
    this.segments.push({ input, output, run });
    return output;
  }

  /** After the backward pass of what follows the last block: through all blocks, last first. */
  backward(): void {
    const { torch } = this;
    for (let next = this.segments.pop(); next !== undefined; next = this.segments.pop()) {
      const { input, output, run } = next;
      torch.scope(() => {
        const gradient = torch.grad(output);
        if (gradient === null) return;
        const leaf = torch.detach(input);
        const passesOn = torch.requiresGrad(input);
        torch.requireGrad(leaf, passesOn);
        const again = torch.scope(() => run(leaf));
        if (torch.requiresGrad(again)) torch.backward([again], [gradient]);
        const before = passesOn ? torch.grad(leaf) : null;
        if (before !== null) torch.backward([input], [before]);
      });
      torch.clearGrads([output]);
      torch.release([output]);
    }
  }
}
