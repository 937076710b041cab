"""transformers' LlamaForCausalLM at fp32 with random weights: the values do not change the time."""

import time

from cpu_torch import torch
from serve import options, serve
import transformers
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

settings = options()
torch.set_num_threads(settings["threads"])
transformers.logging.set_verbosity_error()
model = LlamaForCausalLM(LlamaConfig(**settings["config"])).eval()
caches = {}


def forward(ids, cache):
    return model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits


@torch.inference_mode()
def handle(request):
    if request["do"] == "versions":
        return {"torch": torch.__version__, "transformers": transformers.__version__}
    if request["do"] == "prefill":
        ids = torch.arange(request["tokens"])[None] + 100
        cache = DynamicCache()
        start = time.perf_counter()
        forward(ids, cache)
        return {"ms": (time.perf_counter() - start) * 1e3}
    context = request["context"]
    if context not in caches:
        caches[context] = DynamicCache()
        forward(torch.arange(context)[None] + 100, caches[context])
    cache = caches[context]
    token = torch.tensor([[100]])
    start = time.perf_counter()
    for _ in range(request["steps"]):
        token = forward(token, cache)[:, -1].argmax(-1, keepdim=True)
    taken = time.perf_counter() - start
    cache.crop(-request["steps"])
    return {"ms": taken * 1e3 / request["steps"]}


serve(handle)
