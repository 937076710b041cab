"""PyTorch, also where its CUDA libraries are the stand-ins of stub_cuda.py, which must not be looked into early."""

import os
import sys

if hasattr(os, "RTLD_LAZY"):
    sys.setdlopenflags(os.RTLD_LAZY)

import torch  # noqa: E402

__all__ = ["torch"]
