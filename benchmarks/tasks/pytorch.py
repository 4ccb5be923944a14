"""The search step of the PyTorch yardstick."""

from __future__ import annotations

import platform
from typing import Any

import torch

from benchmarks.tasks.base import Task
from benchmarks.torch_darts import LAYOUTS, Batch, Search, Supernet

CLASSES = 10


def start(options: dict[str, Any]) -> Task:
    """Does the first step.

    Args:
      options: the fields of a `Size`; device (``auto``, ``cpu``, ``gpu``), layout, threads (None: PyTorch's choice),
        dtype (bfloat16 by autocast), lean, compile.
    """
    if options["threads"] is not None:
        torch.set_num_threads(options["threads"])
    device = _device(options["device"])
    torch.backends.cudnn.benchmark = True
    layout = LAYOUTS[options["layout"]]
    model = Supernet(options["channels"], options["layers"], CLASSES).to(device, memory_format=layout)
    if options["compile"]:
        model = torch.compile(model)
    autocast = torch.bfloat16 if options["dtype"] == "bfloat16" else None
    search = Search(model, options["lean"], autocast)
    train, valid = (_random_batch(options, device, layout) for _ in range(2))

    def step() -> None:
        search.step(train, valid).item()
        if device == "cuda":
            torch.cuda.synchronize()

    step()
    return Task(step, _about(device), lambda: torch.cuda.max_memory_allocated() if device == "cuda" else None)


def _device(given: str) -> str:
    available = torch.cuda.is_available()
    if given == "gpu" and not available:
        found = f"PyTorch {torch.__version__} finds no GPU"
        raise RuntimeError(f"--device=gpu: {found}; use --device=cpu or --skip=pytorch")
    return "cuda" if available and given != "cpu" else "cpu"


def _random_batch(options: dict[str, Any], device: str, layout: torch.memory_format) -> Batch:
    shape = (options["batch"], 3, options["pixels"], options["pixels"])
    images = torch.randn(shape, device=device).contiguous(memory_format=layout)
    return Batch(images, torch.randint(CLASSES, shape[:1], device=device))


def _about(device: str) -> dict[str, Any]:
    kind = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    return {
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "device": {"kind": kind, "count": 1, "platform": "gpu" if device == "cuda" else "cpu"},
        "threads": torch.get_num_threads(),
    }
