"""Persistent compilation cache: what was compiled once is read from disk the next time."""

import os
import pathlib
import platform
import sys
import warnings
import zlib

import jax

# Compilations that take less than this are not worth a file (JAX's default is 1 s).
_MIN_COMPILE_SECONDS = 0.1

COMPILE_EVENTS = (
    "/jax/core/compile/jaxpr_to_mlir_module_duration",
    "/jax/core/compile/backend_compile_duration",
)


def default_cache_folder() -> pathlib.Path:
    """Cache folder of this user and machine type.

    ``$XDG_CACHE_HOME/dartsx/jax/<machine>``; without that variable below ``~/.cache``, on macOS
    below ``~/Library/Caches``, on Windows below ``%LOCALAPPDATA%``. The machine part keeps apart
    computers that share a home folder: CPU code compiled on one may not run on another.
    """
    if os.environ.get("XDG_CACHE_HOME"):
        base = pathlib.Path(os.environ["XDG_CACHE_HOME"])
    elif sys.platform == "darwin":
        base = pathlib.Path.home() / "Library" / "Caches"
    elif os.name == "nt":
        base = pathlib.Path(os.environ.get("LOCALAPPDATA") or pathlib.Path.home() / "AppData" / "Local")
    else:
        base = pathlib.Path.home() / ".cache"
    return base / "dartsx" / "jax" / _machine()


def enable_compilation_cache(folder: str | os.PathLike | None = None) -> pathlib.Path | None:
    """Turns the persistent compilation cache on; best called before anything is compiled.

    Args:
      folder: where to keep compiled programs. None takes JAX's own setting if there is one
        (``JAX_COMPILATION_CACHE_DIR``), else `default_cache_folder`. The empty string turns the
        cache off.

    Returns:
      The folder in use, or None if the cache is off. A folder that cannot be written to turns it
      off with a warning: a run must not fail for want of a cache.
    """
    if folder == "":
        return _use(None)
    try:
        chosen = folder or jax.config.jax_compilation_cache_dir or default_cache_folder()
        chosen = pathlib.Path(chosen).expanduser().absolute()
        chosen.mkdir(parents=True, exist_ok=True)
        if not os.access(chosen, os.W_OK):
            raise PermissionError(f"{chosen} is not writable")
    except (OSError, RuntimeError) as error:  # a RuntimeError: nobody's home folder is known
        warnings.warn(f"compilation cache off: {error}", stacklevel=2)
        return _use(None)
    return _use(chosen)


def _use(folder: pathlib.Path | None) -> pathlib.Path | None:
    from jax.experimental.compilation_cache import compilation_cache

    jax.config.update("jax_compilation_cache_dir", str(folder) if folder else None)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", _MIN_COMPILE_SECONDS)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # JAX decides at its first compilation whether a cache is used; let it decide again.
    compilation_cache.reset_cache()
    return folder


def _machine() -> str:
    flags = ""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        pass  # not Linux: the architecture alone has to do
    return f"{platform.machine() or 'unknown'}-{zlib.crc32(flags.encode()):08x}"


class CompileTimer:
    """Context manager that adds up the seconds JAX spends on lowering and compiling.

    ``seconds`` grows while the context is open, over all threads. Reading a program from the
    persistent cache counts with the time it takes; tracing does not count, since JAX reports nested
    traces twice.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> "CompileTimer":
        jax.monitoring.register_event_duration_secs_listener(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        jax.monitoring.unregister_event_duration_listener(self._listen)

    def _listen(self, event: str, duration: float, **_: object) -> None:
        if event in COMPILE_EVENTS:
            self.seconds += duration
