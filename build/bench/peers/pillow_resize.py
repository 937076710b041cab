"""Pillow's resize of one 1280x720 frame, as torchvision calls it."""

import time

import numpy
import PIL
from PIL import Image
from serve import options, serve

settings = options()
width, height = settings["width"], settings["height"]
noise = numpy.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=numpy.uint8)
frame = Image.fromarray(noise)


def squash(size):
    return frame.resize((size, size), Image.BICUBIC)


def crop(size):
    long = size * width // height
    left = round((long - size) / 2)
    return frame.resize((long, size), Image.BICUBIC).crop((left, 0, left + size, size))


def handle(request):
    if request["do"] == "versions":
        return {"pillow": PIL.__version__}
    resize = {"resize-naive": squash, "resize-crop": crop}[request["strategy"]]
    start = time.perf_counter()
    for _ in range(request["frames"]):
        numpy.asarray(resize(request["size"]))
    return {"ms": (time.perf_counter() - start) * 1e3 / request["frames"]}


serve(handle)
