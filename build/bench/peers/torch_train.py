"""One training step of transformers' LlamaForCausalLM, eager, with fused AdamW: the peer of build/bench/train-step.ts."""

import os
import resource
import time

# As our side does: idle threads that spin would take the other side's processor time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from cpu_torch import torch  # noqa: E402
from serve import options, serve  # noqa: E402
import transformers  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

settings = options()
torch.set_num_threads(settings["threads"])
transformers.logging.set_verbosity_error()
torch.manual_seed(1)
model = LlamaForCausalLM(LlamaConfig(**settings["config"], attn_implementation="sdpa"))
if settings["save"]:
    model.save_pretrained(settings["save"])
model.train()
if settings["checkpointing"]:
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
model.config.use_cache = False
if settings["align"]:
    model.requires_grad_(False)
    projector = torch.nn.Linear(settings["width"], model.config.hidden_size)
    torch.nn.init.constant_(projector.weight, 0.01)
    torch.nn.init.zeros_(projector.bias)
    parameters = list(projector.parameters())
else:
    parameters = list(model.parameters())
optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.1, fused=True)


def step(ids, features):
    if features is None:
        loss = model(input_ids=ids, labels=ids).loss
    else:
        embedded = model.get_input_embeddings()(ids)
        embeds = torch.cat([embedded[:, :1], projector(features), embedded[:, 1:]], 1)
        none = torch.full((ids.shape[0], features.shape[1]), -100)
        loss = model(inputs_embeds=embeds, labels=torch.cat([ids[:, :1], none, ids[:, 1:]], 1)).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


def handle(request):
    if request["do"] == "versions":
        return {"torch": torch.__version__, "transformers": transformers.__version__}
    ids = torch.tensor(request["ids"])
    features = None
    if settings["align"]:
        features = torch.full((ids.shape[0], settings["visual"], settings["width"]), 0.5)
    start, cpu = time.perf_counter(), time.process_time()
    loss = step(ids, features)
    return {
        "ms": (time.perf_counter() - start) * 1e3,
        "cpu": (time.process_time() - cpu) * 1e3,
        "loss": loss,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


serve(handle)
