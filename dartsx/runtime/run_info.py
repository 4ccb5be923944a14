"""What one needs to know to repeat a run: versions, revision, command, device."""

import importlib.metadata
import pathlib
import platform
import shlex
import subprocess
import sys
from typing import Any

import jax

from dartsx.runtime.numerics import numerics

_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")
_GIT_SECONDS = 10


def record_run_info() -> dict[str, Any]:
    """Collects command, versions, git revision and device.

    Initialises JAX's devices, so join other processes before.

    Returns:
      ``{"command": str, "versions": {name: str | None}, "git": str | None, "git_dirty": bool |
      None, "device": {"kind": str, "count": int, "platform": str, "processes": int},
      "numerics": see `dartsx.runtime.numerics`}``. The
      revision is that of the folder this package lies in, if it is the root of a git checkout.
    """
    revision, dirty = _git(pathlib.Path(__file__).resolve().parents[2])
    return {
        "command": shlex.join(sys.orig_argv),
        "versions": _versions(),
        "git": revision,
        "git_dirty": dirty,
        "device": {
            "kind": jax.devices()[0].device_kind,
            "count": jax.device_count(),
            "platform": jax.default_backend(),
            "processes": jax.process_count(),
        },
        "numerics": numerics(),
    }


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {"python": platform.python_version()}
    found["dartsx"] = getattr(sys.modules.get("dartsx"), "__version__", None)
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def _git(root: pathlib.Path) -> tuple[str | None, bool | None]:
    """Revision and whether tracked files changed; none for a copy inside another's checkout."""
    top = _ask_git(root, "rev-parse", "--show-toplevel")
    if top is None or pathlib.Path(top).resolve() != root:
        return None, None
    revision = _ask_git(root, "rev-parse", "--verify", "HEAD")
    changes = _ask_git(root, "status", "--porcelain", "--untracked-files=no")
    return revision, None if changes is None else bool(changes)


def _ask_git(root: pathlib.Path, *question: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), *question],
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
