"""The reference's vision encoders at their real sizes in PyTorch at fp32, with random weights."""

import time

from cpu_torch import torch
from serve import options, serve

torch.set_num_threads(options()["threads"])


def timm_vit(name, **arguments):
    import timm

    model = timm.create_model(name, **arguments).eval()

    def features(x):
        """Up to the last but one block, as the reference takes them."""
        x = model.patch_embed(x)
        x = model.norm_pre(model.patch_drop(model._pos_embed(x)))
        for block in model.blocks[:-1]:
            x = block(x)
        return x

    return features


def vivit():
    from transformers import VivitConfig, VivitModel

    model = VivitModel(VivitConfig(), add_pooling_layer=False).eval()
    return lambda x: model(x[None])[0]


def hiera():
    import hiera as package

    model = package.hiera_base_plus_16x224(pretrained=False).eval()
    return lambda x: model(x.transpose(0, 1)[None], return_intermediates=True)


class Attention(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.out = (torch.nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        q, k, v = (layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        return self.out(y.transpose(1, 2).flatten(2))


class TimeAndSpace(torch.nn.Module):
    """CLIP's layer with attention over time in front, as LanguageBind's video tower has it."""

    def __init__(self, width, heads, frames):
        super().__init__()
        self.frames = frames
        self.position = torch.nn.Parameter(torch.zeros(1, frames, width))
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(width) for _ in range(3))
        self.time, self.space = Attention(width, heads), Attention(width, heads)
        self.mlp = torch.nn.Sequential(
            torch.nn.Linear(width, 4 * width), torch.nn.GELU(), torch.nn.Linear(4 * width, width)
        )

    def forward(self, x):
        along = x.unflatten(0, (-1, self.frames)).transpose(1, 2).flatten(0, 1) + self.position
        along = along + self.time(self.norms[0](along))
        x = along.unflatten(0, (-1, x.shape[1])).transpose(1, 2).flatten(0, 1)
        x = x + self.space(self.norms[1](x))
        return x + self.mlp(self.norms[2](x))


def languagebind():
    width, patch, frames = 1024, 14, 8
    conv = torch.nn.Conv2d(3, width, patch, patch, bias=False)
    head = torch.zeros(1, 1, width)
    layers = [TimeAndSpace(width, 16, frames).eval() for _ in range(23)]

    def features(x):
        x = conv(x).flatten(2).transpose(1, 2)
        x = torch.cat([head.expand(len(x), -1, -1), x], 1)
        for layer in layers:
            x = layer(x)
        return x

    return features


makers = {
    "siglip": lambda: timm_vit("vit_base_patch16_siglip_224"),
    "dinov2": lambda: timm_vit("vit_large_patch14_reg4_dinov2", img_size=224),
    "vivit": vivit,
    "hiera": hiera,
    "languagebind": languagebind,
}
loaded = {}


@torch.inference_mode()
def handle(request):
    if request["do"] == "versions":
        return {"torch": torch.__version__}
    name = request["network"]
    if name not in loaded:
        loaded.clear()
        loaded[name] = makers[name]()
    pixels = torch.rand(request["frames"], 3, 224, 224)
    start = time.perf_counter()
    loaded[name](pixels)
    return {"ms": (time.perf_counter() - start) * 1e3 / request["frames"]}


serve(handle)
