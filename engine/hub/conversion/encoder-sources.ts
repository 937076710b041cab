/** Where the reference takes an encoder from, and what people call it. */
export interface EncoderSource {
  readonly repo: string;
  readonly name: string;
  /** Stated by the authors, where the repository states none. */
  readonly licence: string;
}

interface Row {
  /** The reference's ids (merv/models/materialize.py); which tokens of the encoder they mean does not matter here. */
  readonly ids: RegExp;
  readonly source: (match: RegExpMatchArray) => EncoderSource;
}

const hieraSizes: Readonly<Record<string, readonly [string, string]>> = {
  base: ['base', 'B'],
  'base-plus': ['base_plus', 'B+'],
  large: ['large', 'L'],
};
const siglipSizes: Readonly<Record<string, readonly [string, string]>> = {
  b16: ['base_patch16', 'B/16'],
  l16: ['large_patch16', 'L/16'],
  so400m: ['so400m_patch14', 'SO400M/14'],
};

/**
 * merv/models/backbones/video. timm's image-only SigLIP repositories hold the same weights as the OpenCLIP ones that timm
 * 0.9 fetched, without the text tower. Of Hiera the reference asks for `facebook/facebook/…`, which is not there.
 */
const rows: readonly Row[] = [
  {
    ids: /^siglip-vit-(b16|l16|so400m)(?:-(\d+)px)?(?:-|$)/,
    source: ([, size, pixels]) => {
      const [model, name] = siglipSizes[size!]!;
      const side = pixels ?? '224';
      return {
        repo: `timm/vit_${model}_siglip_${side}.webli`,
        name: `SigLIP ${name} at ${side} px`,
        licence: 'apache-2.0',
      };
    },
  },
  {
    ids: /^dinov2-video/,
    source: () => ({
      repo: 'timm/vit_large_patch14_reg4_dinov2.lvd142m',
      name: 'DINOv2 L/14 with registers',
      licence: 'apache-2.0',
    }),
  },
  {
    ids: /^vivit-google-b-/,
    source: () => ({ repo: 'google/vivit-b-16x2-kinetics400', name: 'ViViT B/16×2', licence: 'mit' }),
  },
  {
    ids: /^languagebind-video/,
    source: () => ({
      repo: 'LanguageBind/LanguageBind_Video_merge',
      name: 'LanguageBind-Video',
      licence: 'mit',
    }),
  },
  {
    ids: /^hiera-(base|base-plus|large)-video(-noft)?$/,
    source: ([, size, plain]) => {
      const [model, name] = hieraSizes[size!]!;
      return {
        repo: `facebook/hiera_${model}_16x224.mae_k400${plain === undefined ? '_ft_k400' : ''}`,
        name: `Hiera-${name} 16×224`,
        licence: 'cc-by-nc-4.0',
      };
    },
  },
];

/** Null for an id that the reference does not know. */
export function encoderSource(id: string): EncoderSource | null {
  for (const { ids, source } of rows) {
    const match = ids.exec(id);
    if (match !== null) return source(match);
  }
  return null;
}
