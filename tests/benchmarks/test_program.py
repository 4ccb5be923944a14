"""Programs are compiled for machines that are not here, and what goes wrong is a result."""

import importlib.util

import pytest

from benchmarks import program, targets
from benchmarks.program_worker import collectives

TINY = (
    "--config=configs/digits.py",
    "--config.search.channels=4",
    "--config.search.layers=1",
    "--config.search.batch_size=8",
    "--config.space.nodes=1",
    "--config.space.primitives=('none','skip_connect','avg_pool_3x3')",
)
COMPILERS = {"cpu": "jaxlib", "v5e-4": "libtpu", "h100": "jax_cuda13_plugin"}


def asked(target, *arguments):
    return program.compiled(
        program.request_of(*program.parse([f"--target={target}", "--size=config", "--pixels=8", *TINY, *arguments])),
        within=300,
    )


@pytest.mark.parametrize("target", COMPILERS)
def test_a_step_is_compiled_for_a_target(target):
    if importlib.util.find_spec(COMPILERS[target]) is None:
        pytest.skip(f"no compiler for {target}: {COMPILERS[target]} is not installed")
    found = asked(target)
    assert found["ok"], found["error"]
    assert found["kernels"] > 50
    assert found["bytes"] > 0
    assert found["flops"] > 0
    assert not found["collectives"]
    if target == "h100":
        assert "__cudnn$convForward" in found["library_calls"]


def test_wrong_input_is_a_result():
    found = asked("cpu", "--config.method=no_such_method")
    assert not found["ok"]
    assert "no_such_method" in found["error"]


def test_more_devices_than_a_target_has_are_a_result():
    assert "target cpu has 1 device" in asked("cpu", "--mesh=2")["error"]


def test_devices_that_share_a_batch_exchange_sums_alone(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=4")
    found = asked("cpu", "--mesh=4", "--layout=pixel_major", "--config.search.batch_size=32")
    assert found["ok"], found["error"]
    assert set(found["collectives"]) == {"all-reduce"}


def test_a_process_that_dies_is_a_result():
    text = "W0000 a warning\nF0000 tiling.cc:7] Check failed: a == b\n*** SIGABRT\n"
    assert program.reason(-6, text) == "ended by signal 6: F0000 tiling.cc:7] Check failed: a == b"
    assert program.reason(1, "") == "exit status 1: no message"


def test_a_card_is_described_in_full():
    text = targets.TARGETS["h100"].text()
    assert "core_count: 132" in text
    assert text.count("{") == text.count("}")


def test_collectives_are_counted_with_their_bytes():
    text = """
  %a = f32[4,8]{1,0} all-reduce(f32[4,8]{1,0} %x), to_apply=%sum
  %b = (bf16[2,2]{1,0}, f32[3]{0}) all-reduce-start(bf16[2,2]{1,0} %y, f32[3]{0} %z), to_apply=%sum
  %c = (bf16[2,2]{1,0}, f32[3]{0}) all-reduce-done(%b)
  %d = pred[16]{0} all-gather(pred[4]{0} %w), dimensions={0}
"""
    assert collectives(text) == {
        "all-reduce": {"count": 2, "bytes": 128 + 8 + 12},
        "all-gather": {"count": 1, "bytes": 16},
    }
