"""P-DARTS and DARTS-PT whole, with their stages and their selection, from arrays to cells.

``python -m examples.whole_methods``
"""

import dataclasses

from dartsx.data import AugmentPolicy, load_dataset
from dartsx.feeds import image_examples
from dartsx.runtime import make_mesh
from dartsx.search import Alphas, Plan, run_search
from dartsx.spaces import CellSpace


def main(epochs: int = 10, nodes: int = 2, **changes):
    """Searches digits by both methods and returns what each has found, by name."""
    digits, mesh = load_dataset("digits"), make_mesh()  # your own arrays: dartsx.data.from_arrays
    policy = AugmentPolicy(crop_padding=1, flip=False)
    examples = image_examples(digits.train, digits, policy, "float32", mesh)
    space = CellSpace(("none", "skip_connect", "avg_pool_3x3", "sep_conv_3x3"), num_nodes=nodes)
    plan = Plan(space, classes=10, epochs=epochs, batch_size=32, channels=4, layers=3, alphas=Alphas(0.02))
    plan = dataclasses.replace(plan, **changes)
    found = {}
    for method, options in {
        "p_darts": {"extra_layers_second": 1, "extra_layers_third": 2, "keep_second": 3, "keep_third": 2},
        "darts_pt": {"tune_epochs": 1},
    }.items():
        own = dataclasses.replace(plan, method=method, options={method: options})
        found[method] = run_search(own, examples, mesh=mesh, title=method)
    return found


if __name__ == "__main__":
    for name, result in main().items():
        print(f"{name}: {result.seconds:.0f} s, supernet {result.valid['accuracy']:.1%}\n{result.architecture}")
