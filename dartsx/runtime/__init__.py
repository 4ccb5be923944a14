"""What every run needs around its mathematics: devices, randomness, checkpoints, logs, progress."""

from dartsx.runtime.cache import CompileTimer, default_cache_folder, enable_compilation_cache
from dartsx.runtime.checkpoints import (
    Checkpointer,
    CheckpointError,
    CheckpointMismatchError,
    Restored,
)
from dartsx.runtime.clock import Clock
from dartsx.runtime.compiling import jit, options_of
from dartsx.runtime.distributed import DistributedError, initialize_distributed
from dartsx.runtime.files import finite, read_json, write_json
from dartsx.runtime.guard import Guard, NonFiniteError, all_finite, first_nonfinite, nonfinite_leaves
from dartsx.runtime.inputs import Input
from dartsx.runtime.jsonl import JsonLines, read_records, truncate_after
from dartsx.runtime.leaves import named_leaves
from dartsx.runtime.loop import Loop, Outcome, chunk_length, run_loop
from dartsx.runtime.member_logs import MemberLogs
from dartsx.runtime.mesh import (
    MeshError,
    batch_sharding,
    check_batch,
    check_devices,
    cores,
    local_rows,
    make_mesh,
    processors,
    put_batch,
    put_replicated,
    replicated,
    split_cpu,
)
from dartsx.runtime.metrics import MetricsWriter
from dartsx.runtime.numerics import set_precision
from dartsx.runtime.prng import at_step, stream
from dartsx.runtime.run_info import record_run_info
from dartsx.runtime.signals import StopRequest
from dartsx.runtime.tracing import collector_paused, run_once
from dartsx.runtime.unrecorded import Unrecorded
from dartsx.runtime.workdir import Workdir, WorkdirError, open_workdir

__all__ = [
    "Checkpointer",
    "CheckpointError",
    "CheckpointMismatchError",
    "Clock",
    "CompileTimer",
    "DistributedError",
    "Guard",
    "Input",
    "JsonLines",
    "Loop",
    "MemberLogs",
    "MeshError",
    "MetricsWriter",
    "NonFiniteError",
    "Outcome",
    "Restored",
    "StopRequest",
    "Unrecorded",
    "Workdir",
    "WorkdirError",
    "all_finite",
    "at_step",
    "batch_sharding",
    "check_batch",
    "check_devices",
    "chunk_length",
    "collector_paused",
    "cores",
    "default_cache_folder",
    "enable_compilation_cache",
    "finite",
    "first_nonfinite",
    "initialize_distributed",
    "jit",
    "local_rows",
    "make_mesh",
    "named_leaves",
    "nonfinite_leaves",
    "open_workdir",
    "options_of",
    "processors",
    "put_batch",
    "put_replicated",
    "read_json",
    "read_records",
    "record_run_info",
    "replicated",
    "run_loop",
    "run_once",
    "set_precision",
    "split_cpu",
    "stream",
    "truncate_after",
    "write_json",
]
