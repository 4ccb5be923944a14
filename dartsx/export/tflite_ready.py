"""What TensorFlow Lite's converter takes: StableHLO of float32 images, one at a time, and the script that converts it.

dartsx does not write ``.tflite`` itself: the converter is a part of TensorFlow, which training needs nowhere.
"""

from __future__ import annotations

import pathlib

from dartsx.export import stablehlo
from dartsx.export.trained import Trained

SCRIPT, RESULT, BATCH = "to_tflite.py", "model.tflite", 1
_TEXT = f'''"""Makes {RESULT} of {stablehlo.FILE}, beside this file.

    pip install tensorflow jax flatbuffers
    python {SCRIPT}

Written by dartsx. For integer arithmetic set converter.optimizations and a representative data set as TensorFlow
describes; what values the images have says model.json.
"""

import pathlib

import jax
import numpy as np
import tensorflow as tf
from jax.experimental import jax2tf

folder = pathlib.Path(__file__).resolve().parent
program = jax.export.deserialize(bytearray((folder / "{stablehlo.FILE}").read_bytes()))
(example,) = program.in_avals
given = tf.TensorSpec(example.shape, example.dtype)
function = tf.function(jax2tf.convert(program.call), input_signature=[given], autograph=False)
converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], function)
model = converter.convert()
(folder / "{RESULT}").write_bytes(model)

interpreter = tf.lite.Interpreter(model_content=model)
interpreter.allocate_tensors()
values = np.random.default_rng(0).normal(size=example.shape).astype(example.dtype)
interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
interpreter.invoke()
found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
expected = np.asarray(program.call(values))
print(f"{RESULT}: {{len(model)}} bytes; largest difference of outputs {{abs(found - expected).max():.2e}}", end=" ")
print(f"(largest output {{abs(expected).max():.4g}})")
'''


def write(trained: Trained, folder: pathlib.Path) -> tuple[str, ...]:
    """Writes program and script; returns their names. Raises ExportError as `stablehlo.write` does."""
    files = stablehlo.write(trained, folder, BATCH)
    (folder / SCRIPT).write_text(_TEXT, encoding="ascii")
    return *files, SCRIPT
