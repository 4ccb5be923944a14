"""The yardstick is DARTS: the PyTorch supernet equals the reference numbers, and its step is the paper's."""

import copy
import re

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[bench]'")

from benchmarks import torch_darts  # noqa: E402

torch.set_num_threads(1)  # threads that wait for each other are slow on a busy machine

ENDINGS = {
    "conv.weight": "conv",
    "bn.weight": "bn_scale",
    "bn.bias": "bn_bias",
    "classifier.weight": "classifier/kernel",
}


def golden_name(key):
    """Name in the reference files of an entry of the model's state."""
    key = re.sub(r"cells\.(\d+)\.", r"cell\1/", key)
    key = re.sub(r"edges\.(\d+)\.", r"edge\1/", key)
    for ending, name in ENDINGS.items():
        if key == ending or key.endswith(f".{ending}") or key.endswith(f"/{ending}"):
            key = key.removesuffix(ending) + name
    key = re.sub(r"\.running_(mean|var)$", r"_\1", key)
    return key.removesuffix(".weight").replace(".", "/")


def to_golden(tensor):
    """OIHW to HWIO, [out, in] to [in, out]."""
    order = {4: (2, 3, 1, 0), 2: (1, 0)}.get(tensor.ndim, range(tensor.ndim))
    return tensor.detach().permute(*order).numpy()


def tensor(array, dtype=torch.float64):
    return torch.tensor(np.asarray(array), dtype=dtype)


def batch(arrays, images, labels, layout="nchw"):
    pixels = tensor(arrays[images]).permute(0, 3, 1, 2).contiguous(memory_format=torch_darts.LAYOUTS[layout])
    return torch_darts.Batch(pixels, tensor(arrays[labels], torch.int64))


def search_at(golden, layout="nchw", lean=False):
    """A search in float64 with the weights and alphas of the reference."""
    model = torch_darts.Supernet(golden["w/cell0/pre0/conv"].shape[-1], layers=5).double()
    unused = {key for key in golden if key.startswith("w/")}
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            value = tensor(golden[f"w/{golden_name(key)}"])
            back = {4: (3, 2, 0, 1), 2: (1, 0)}.get(value.ndim, range(value.ndim))
            parameter.copy_(value.permute(*back))
            unused.remove(f"w/{golden_name(key)}")
    assert not unused
    search = torch_darts.Search(model.to(memory_format=torch_darts.LAYOUTS[layout]), lean)
    with torch.no_grad():
        for alpha, kind in zip(search.alphas, ("normal", "reduce"), strict=True):
            alpha.copy_(tensor(golden[f"alpha_{kind}"]))
    return search


@pytest.mark.parametrize("layout", torch_darts.LAYOUTS)
def test_the_supernet_equals_the_golden(load_golden, check_golden, layout):
    golden = load_golden("supernet.npz")
    search = search_at(golden, layout)
    data = batch(golden, "x", "y", layout)
    logits = search.model(data.images, *search.alphas)
    loss = torch.nn.functional.cross_entropy(logits, data.labels)
    loss.backward()
    computed = {"logits": logits.detach().numpy(), "loss": loss.item()}
    for alpha, kind in zip(search.alphas, ("normal", "reduce"), strict=True):
        computed[f"grad_alpha_{kind}"] = alpha.grad.numpy()
    gradients = {golden_name(k): to_golden(p.grad) for k, p in search.model.named_parameters()}
    computed |= {f"grad/{name}": gradient for name, gradient in gradients.items()}
    computed["grad_norms"] = np.array([np.linalg.norm(gradients[k]) for k in golden["grad_norm_keys"]])
    computed |= {f"run/{golden_name(k)}": v.numpy() for k, v in search.model.named_buffers() if "running" in k}
    wanted = ("logits", "loss", "grad_alpha_", "grad/", "grad_norms", "run/")
    check_golden(computed, {k: v for k, v in golden.items() if k.startswith(wanted)}, "float64")


@pytest.mark.parametrize("lean", [False, True])
def test_a_step_moves_alphas_by_adam_and_then_weights_by_clipped_sgd(load_golden, check_golden, lean):
    golden, second = load_golden("supernet.npz"), load_golden("second_order.npz")
    search = search_at(golden, lean=lean)
    train, valid = batch(second, "x_train", "y_train"), batch(second, "x_val", "y_val")
    before = [weight.detach().clone() for weight in search.weights]
    search.step(train, valid)

    for alpha, kind in zip(search.alphas, ("normal", "reduce"), strict=True):
        start = golden[f"alpha_{kind}"].astype(float)
        gradient = second[f"first_order_grad_alpha_{kind}"] + 1e-3 * start
        expected = start - 3e-4 * gradient / (np.abs(gradient) + 1e-8)  # Adam's first step
        check_golden({"alpha": alpha.detach().numpy()}, {"alpha": expected}, "float64")

    again = copy.deepcopy(search.model)
    for parameter, value in zip(again.parameters(), before, strict=True):
        parameter.data.copy_(value)
    logits = again(train.images, *(alpha.detach() for alpha in search.alphas))
    torch.nn.functional.cross_entropy(logits, train.labels).backward()
    gradients = [parameter.grad for parameter in again.parameters()]
    norm = torch.sqrt(sum((g**2).sum() for g in gradients))
    factor = min(1.0, 5 / (norm.item() + 1e-6))
    for weight, start, gradient in zip(search.weights, before, gradients, strict=True):
        expected = start - 0.025 * (factor * gradient + 3e-4 * start)
        torch.testing.assert_close(weight.detach(), expected, rtol=1e-10, atol=1e-12)


def test_the_reductions_stand_at_one_and_two_thirds_of_the_depth():
    cells = torch_darts.Supernet(2, layers=8).cells
    assert [i for i, cell in enumerate(cells) if cell.reduction] == [2, 5]
