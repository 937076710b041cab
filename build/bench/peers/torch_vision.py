"""timm's network at fp32 with random weights: the values do not change the time."""

import time

from cpu_torch import torch
from serve import options, serve
import timm

settings = options()
torch.set_num_threads(settings["threads"])
efficientnet = timm.create_model("efficientnet_lite0").eval()
networks = {"efficientnet-lite0": efficientnet}


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
