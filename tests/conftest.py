"""What all tests share: the emulated devices and the reference figures beside the repository."""

import os
import pathlib

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """Folder of reference data beside the repository."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"reference data not found: {folder} (ships beside a development checkout)")
    return folder


@pytest.fixture(scope="session")
def golden() -> pathlib.Path:
    """Folder with the golden numbers; DARTSX_GOLDEN names another set of the same layout."""
    default = ROOT.parent / "shared" / "reference" / "golden"
    folder = pathlib.Path(os.environ.get("DARTSX_GOLDEN", default))
    if not folder.is_dir():
        pytest.skip(f"golden numbers not found: {folder} (set DARTSX_GOLDEN to their folder)")
    return folder
