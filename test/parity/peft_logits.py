"""What PEFT computes with an adapter: peft_logits.py BASE ADAPTER, ids as JSON on stdin, logits as JSON on stdout."""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

base, adapter = sys.argv[1:]
ids = torch.tensor([json.load(sys.stdin)])
model = AutoModelForCausalLM.from_pretrained(base, torch_dtype=torch.float32)
with torch.no_grad():
    plain = model(ids).logits[0]
    adapted = PeftModel.from_pretrained(model, adapter).eval()(ids).logits[0]
print(json.dumps({"plain": plain.flatten().tolist(), "adapted": adapted.flatten().tolist()}))
