"""timm's networks at fp32 with random weights: the values do not change the time."""

import time

from cpu_torch import torch
from serve import options, serve
import timm

settings = options()
torch.set_num_threads(settings["threads"])
efficientnet = timm.create_model("efficientnet_lite0").eval()
siglip = timm.create_model("vit_base_patch16_siglip_224").eval()


def siglip_features(x):
    """Up to the last but one block, as the reference takes them."""
    x = siglip.patch_embed(x)
    x = siglip.norm_pre(siglip.patch_drop(siglip._pos_embed(x)))
    for block in siglip.blocks[:-1]:
        x = block(x)
    return x


networks = {"efficientnet-lite0": efficientnet, "siglip": siglip_features}


@torch.inference_mode()
def handle(request):
    if request["do"] == "versions":
        return {"timm": timm.__version__}
    network, batch, frames = networks[request["network"]], request["batch"], request["frames"]
    pixels = torch.rand(batch, 3, 224, 224)
    start = time.perf_counter()
    for _ in range(frames // batch):
        network(pixels)
    return {"ms": (time.perf_counter() - start) * 1e3 / frames}


serve(handle)
