"""llama.cpp through llama-cpp-python with the GGUF file as it is."""

import time

import llama_cpp
from serve import options, serve

settings = options()
model = llama_cpp.Llama(
    settings["file"],
    n_ctx=2048,
    n_batch=512,
    n_threads=settings["threads"],
    n_threads_batch=settings["threads"],
    verbose=False,
)


def read(count):
    model.reset()
    model.eval([100 + i for i in range(count)])


def greedy():
    logits = llama_cpp.llama_get_logits_ith(model.ctx, -1)
    return max(range(0, model.n_vocab(), 1000), key=lambda i: logits[i])


def handle(request):
    if request["do"] == "versions":
        return {"llama-cpp-python": llama_cpp.__version__}
    if request["do"] == "prefill":
        start = time.perf_counter()
        read(request["tokens"])
        return {"ms": (time.perf_counter() - start) * 1e3}
    read(request["context"])
    start = time.perf_counter()
    for _ in range(request["steps"]):
        model.eval([greedy()])
    return {"ms": (time.perf_counter() - start) * 1e3 / request["steps"]}


serve(handle)
