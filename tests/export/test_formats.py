"""Exports compute what the network computes, and say what they are."""

import ast
import builtins
import dataclasses
import json
import subprocess
import sys

import jax
import numpy as np
import pytest
from export_networks import drawn, images

from dartsx.catalog import EXPORTS
from dartsx.export import (
    FORMATS,
    Card,
    ExportError,
    Resize,
    Trained,
    export,
    formats,
    measured,
    onnx_graph,
    opened,
    read,
    torch_module,
)
from dartsx.export.onnx_layers import LAYERS as ONNX
from dartsx.export.torch_layers import LAYERS as TORCH
from dartsx.kernels.pixel_major.execute import COMPUTE
from dartsx.networks import Network
from dartsx.networks.blocks.conv import Classifier
from dartsx.networks.layers import Noise
from dartsx.networks.recurrent import LSTM
from dartsx.nn import CellNetwork, DescribedNetwork, RecurrentNetwork
from dartsx.spaces import Cell, Edge, Genotype

NEEDS = {
    "stablehlo": ("flatbuffers",),
    "onnx": ("onnx", "onnxruntime"),
    "torch": ("torch",),
    "tflite-ready": ("flatbuffers",),
}
CARD = Card("a network", "an architecture", "digits", tuple("abcde"), (0.5,) * 3, (0.25,) * 3, Resize("stretch"), {})


def needs(name):
    for module in NEEDS[name]:
        pytest.importorskip(module, reason=f"{module} is not installed: pip install -e '.[export,bench]'")


def test_the_catalog_names_every_format():
    assert tuple(FORMATS) == EXPORTS == tuple(NEEDS)


@pytest.mark.parametrize("name", EXPORTS)
def test_every_kind_of_layer_computes_the_same(name, everything, expected, tmp_path):
    needs(name)
    made = export(everything, CARD, name, tmp_path)
    found = opened(tmp_path)(images(everything))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    again = read(tmp_path)
    assert again == made and again.card == CARD
    assert again.input == ((3, 9, 11) if again.layout == "NCHW" else (9, 11, 3)) and again.output == (5,)


def test_every_layer_of_a_closed_network_has_a_form_or_is_known_to_have_none():
    without = {"Mixed", "Weighted", "Noise", "Rows"}  # open networks; random numbers; the rows of a detector
    for table in (ONNX, TORCH):
        assert {layer.__name__ for layer in COMPUTE} - without == {layer.__name__ for layer in table} - {"Norm"}


def two_nodes(*entries):
    return Cell(tuple(Edge(*entry) for entry in entries), (2, 3))


CELLS = Genotype(
    two_nodes(("sep_conv_3x3", 1, 2), ("skip_connect", 0, 2), ("dil_conv_5x5", 2, 3), ("max_pool_3x3", 0, 3)),
    two_nodes(("conv_7x1_1x7", 1, 2), ("skip_connect", 0, 2), ("avg_pool_3x3", 2, 3), ("skip_connect", 1, 3)),
)


@pytest.mark.parametrize("stem, size", [("cifar", 8), ("imagenet", 32)])
def test_derived_cells_agree_in_pytorch(stem, size, quick_jit, tmp_path):
    needs("torch")
    trained = drawn(CellNetwork(CELLS, 4, 4, 5, stem, auxiliary=True), (size, size, 3))
    export(trained, CARD, "torch", tmp_path)
    given = images(trained)
    logits = quick_jit(lambda x: trained.module.apply(trained.variables, x, False).main)(given)
    assert np.ptp(logits) > 0.1
    np.testing.assert_allclose(opened(tmp_path)(given), logits, atol=1e-4 * max(1, np.abs(logits).max()))


def test_stablehlo_takes_any_number_of_images_without_dartsx(everything, expected, tmp_path):
    needs("stablehlo")
    export(everything, CARD, "stablehlo", tmp_path)
    np.save(tmp_path / "images.npy", images(everything))
    code = """
import sys, jax, numpy as np
program = jax.export.deserialize(bytearray(open("model.stablehlo", "rb").read()))
images = np.load("images.npy")
np.save("logits.npy", np.concatenate([program.call(images[:1]), program.call(images[1:])]))
assert set(program.platforms) == {"cpu", "cuda", "tpu"}
sys.exit(any(name.split(".")[0] in ("dartsx", "flax") for name in sys.modules))
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "logits.npy"), expected, rtol=1e-4, atol=1e-3)


def test_the_script_for_tensorflow_lite_makes_the_same_network(everything, tmp_path):
    needs("tflite-ready")
    export(everything, CARD, "tflite-ready", tmp_path)
    program = jax.export.deserialize(bytearray((tmp_path / "model.stablehlo").read_bytes()))
    assert program.in_avals[0].shape == (1, 9, 11, 3)
    assert read(tmp_path).batch == 1
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[download]'")
    process = subprocess.run([sys.executable, "to_tflite.py"], check=True, cwd=tmp_path, capture_output=True, text=True)
    assert (tmp_path / "model.tflite").stat().st_size > 1000
    assert float(process.stdout.split("outputs ")[1].split()[0]) < 1e-3


def test_the_module_file_imports_pytorch_alone_and_its_weights_need_no_pytorch(everything, tmp_path, monkeypatch):
    real = builtins.__import__

    def without_torch(name, *rest, **options):
        if name == "torch":
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without_torch)
    assert export(everything, CARD, "torch", tmp_path).files == ("model.py", "weights.npz")
    monkeypatch.undo()
    tree = ast.parse((tmp_path / "model.py").read_text())
    top = {alias.name.split(".")[0] for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    top |= {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert top == {"pathlib", "torch"}
    state = torch_module.state_dict(everything)
    with np.load(tmp_path / "weights.npz") as arrays:
        assert set(arrays) == set(state)
        for name, array in state.items():
            np.testing.assert_array_equal(arrays[name], array)
    kernel = everything.variables["params"]["stem/block0/conv"]["kernel"]
    np.testing.assert_array_equal(state["stem_block0_conv.weight"][4, 2], kernel[:, :, 2, 4])


def test_a_layer_without_a_form_is_refused_by_name(tmp_path):
    network = Network("noisy", (Noise(),), (), (Classifier(2),), "a test", 4)
    trained = drawn(DescribedNetwork(network), (4, 4, 3), "noisy")
    with pytest.raises(ExportError, match="noisy: stem/block0/noise is a layer of the kind Noise, which"):
        export(trained, CARD, "torch", tmp_path)
    with pytest.raises(ExportError, match="unknown format 'tflite'; allowed: stablehlo, onnx, torch, tflite-ready"):
        export(trained, CARD, "tflite", tmp_path)


def test_a_language_model_leaves_as_a_program_alone(quick_jit, tmp_path):
    module = RecurrentNetwork(LSTM(), 4, 11, context=2)
    words = np.random.default_rng(0).integers(0, 11, (3, 5), np.int32)
    variables = quick_jit(lambda key: module.init(key, words, False))(jax.random.key(0))
    trained = Trained(module, jax.device_get(variables), (5,), "lstm")
    with pytest.raises(ExportError, match="lstm: .* of the kind Embedding, which the format onnx has no form"):
        onnx_graph.model(trained)
    needs("stablehlo")
    made = export(trained, CARD, "stablehlo", tmp_path)
    assert (made.layout, made.input, made.dtype, made.output) == ("steps", (5,), "int32", (3, 11))
    expected = quick_jit(lambda words: module.apply(variables, words, False).main)(words)
    np.testing.assert_allclose(opened(tmp_path)(words), expected, atol=1e-5)


def test_the_measured_difference_is_written_down(everything, tmp_path, monkeypatch, quick_jit):
    needs("torch")
    monkeypatch.setattr(formats, "jit", quick_jit)
    made = export(everything, CARD, "torch", tmp_path)
    assert made.difference is None
    found = measured(everything, made, tmp_path, images(everything)).difference
    assert read(tmp_path).difference == found and found["examples"] == 3
    assert 0 < found["largest"] < 1e-4 * max(1, found["largest_output"])


def test_a_folder_that_is_no_export_says_why(everything, tmp_path):
    with pytest.raises(ExportError, match=r"holds no export: there is no model.json"):
        read(tmp_path)
    (tmp_path / "model.json").write_text('{"schema": 2}')
    with pytest.raises(ExportError, match=r"model.json is no description of an export with schema 1"):
        read(tmp_path)
    made = export(everything, CARD, "torch", tmp_path)
    fields = json.loads((tmp_path / "model.json").read_text())
    del fields["classes"]
    (tmp_path / "model.json").write_text(json.dumps(fields))
    with pytest.raises(ExportError, match="lacks or misnames a field: 'classes'"):
        read(tmp_path)
    with pytest.raises(ExportError, match=r"is of the format 'tar'; allowed: stablehlo"):
        opened(tmp_path, dataclasses.replace(made, format="tar"))
    (tmp_path / "model.py").unlink()
    with pytest.raises(ExportError, match=r"lacks model.py, which its model.json names"):
        opened(tmp_path, made)
