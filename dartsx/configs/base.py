"""All fields of an experiment, set as in the CIFAR-10 experiment of DARTS (arXiv:1806.09055).

The other configs start from here and override. ``dartsx/experiments/settings/groups.py`` states the type
and the bounds of each field, ``dartsx/catalog/methods.py`` those of the methods' options. Any field
can be set on the command line: ``--config.search.epochs=25``.
"""

from ml_collections import ConfigDict

from dartsx.catalog import INIT_SCALE, METHODS, candidates


def base(method: str = "") -> ConfigDict:
    """One experiment: the part that search and evaluation share, and a group for each of them.

    Args:
      method: name of a search method, or several joined by ``+``, with the settings of its paper.
    """
    config = ConfigDict(
        {
            "seed": 0,
            "dtype": "float32",  # of activations; parameters and alphas are always float32
            "precision": "default",  # highest: float32 products as such, which accelerators round (TF32, bfloat16)
            "mesh": 0,  # devices; 0 takes all
            "population": 1,  # searches at once, with seed, seed + 1, ...
            "population_chunk": 0,  # members of one vmapped call; 0: all that a device has
            # One value per member, in place of the field of that name under search; (): all share that.
            "members": {"alphas": {"learning_rate": (), "weight_decay": ()}},
            "method": method or "darts",  # or several that go together, such as pc_darts+drnas
            "hypergradient": "first_order",  # finite_difference is the original's second order
            "hypergradient_terms": 0,  # of unrolled, neumann and conjugate_gradient; 0: 3
            "genotype": "",  # to evaluate: a published name, a text, a file or a search's workdir
            "network": "",  # to evaluate instead of a genotype: a network by name, as resnet18
            "compilation_cache": "default",  # or a folder; empty for none
            "dataset": {
                "name": "cifar10",
                "data_dir": "",  # empty: where TFDS keeps its data
                "image_size": 0,  # 0: as the images are; needed where their sizes differ
                "stream": False,  # read while training, for an evaluation on more than fits memory
                "text": {  # how a text becomes examples: python_docs, text:FILE, text:FOLDER
                    "unit": "tokens",  # words (between blanks), tokens (words and marks), characters
                    "vocabulary": 10_000,  # most words; all others are <unk>
                    "steps": 35,  # words that an example predicts
                    "context": 35,  # words before them, which only prepare the state
                },
                "scenes": {  # of digits, as in digit_scenes and digit_boxes
                    "size": 64,  # height and width of a canvas
                    "train": 800,  # canvases
                    "test": 200,
                    "digits": 4,  # most digits on a canvas
                    "seed": 0,  # of the scenes, whatever the seed of the run
                },
            },
            "space": {
                "name": "darts",  # nb201: NAS-Bench-201; s1, s2, s3, s4: RobustDARTS
                "primitives": (  # these three describe the space darts; the others are fixed
                    "none",
                    "max_pool_3x3",
                    "avg_pool_3x3",
                    "skip_connect",
                    "sep_conv_3x3",
                    "sep_conv_5x5",
                    "dil_conv_3x3",
                    "dil_conv_5x5",
                ),
                "nodes": 4,
                "edges_kept": 2,
            },
            "search": _search(),
            "methods": {name: method.defaults for name, method in METHODS.items() if method.options},
            "evaluate": _evaluate(),
        }
    )
    _apply_papers(config)
    return config


def _apply_papers(config: ConfigDict) -> None:
    """Sets what the papers of the methods set differently from DARTS; the later name wins."""
    for method in [METHODS[name] for name in config.method.split("+") if name in METHODS]:
        for field, value in method.paper.items():
            group, _, last = field.rpartition(".")
            (config.search[group] if group else config.search)[last] = value
    config.space.primitives = candidates(config.space.primitives, config.method)


def _search() -> dict:
    return {
        "epochs": 50,
        "batch_size": 64,
        "channels": 16,
        "layers": 8,  # cells; in nb201 cells of each of the three stages
        "stem_multiplier": 3,  # nb201 has none
        "train_fraction": 0.5,  # trains the weights; the rest trains the alphas
        "form": "",  # of separable convolutions; empty chooses by device and size
        "remat": "",  # what the backward pass computes again: none, branch, cell; empty chooses by device
        "layout": "",  # of the arrays of cells: channel_major, pixel_major; empty chooses by device
        "sharing": "none",  # of weights between options of a chain's decisions: entangled, transformed
        "chunk_steps": 100,  # steps in one compiled call
        "checkpoint_every": 1,  # epochs
        "keep_checkpoints": 3,
        "max_steps": 0,  # 0: all; stops early, for trials
        "weights": {
            "learning_rate": 0.025,  # cosine, per epoch
            "learning_rate_min": 0.001,
            "momentum": 0.9,
            "weight_decay": 3e-4,
            "clip": 5.0,
        },
        "alphas": {
            "learning_rate": 3e-4,
            "beta1": 0.5,
            "beta2": 0.999,
            "weight_decay": 1e-3,
            "init_scale": INIT_SCALE,
            "warmup_epochs": 0,  # epochs in which the alphas stay as they are
        },
        "augment": {"crop_padding": 4, "flip": True, "cutout": 0, "scale": 0.0},
        "diagnosis": {
            "every": 5,  # epochs between Hessian, hypergradient errors, discretization gap; 0: never
            "iterations": 10,  # Hessian-vector products of one diagnosis
        },
        "cost": {  # binds the search to the expected cost of its networks
            "kind": "",  # params, macs, activations, memory (in numbers), latency (in ms, by a table); empty: unbound
            "form": "linear",  # of loss and cost; or above, log, log_ratio, log_power: see dartsx/cost/forms.py
            "weight": 1.0,  # in units of the loss where the form adds
            "power": 0.6,  # exponent of the logarithm in log_ratio and log_power
            "target": 0.0,  # in units of the cost
            "within": False,  # derived networks keep to the target
            "channels": 0,  # of the network that is counted; 0: as the supernet
            "layers": 0,
            "table": "",  # file of a device's latencies, for that kind
            "batch_size": 1,  # images of a pass whose latency counts
        },
    }


def _evaluate() -> dict:
    return {
        "network": "",  # cifar or imagenet for cells, nb201 for topologies, described; empty: as the architecture is
        "epochs": 600,  # 0: only tests the initial weights
        "initial_weights": "",  # file of a PyTorch checkpoint to begin with; empty: drawn weights
        "batch_size": 96,
        "channels": 36,
        "layers": 20,  # cells; in nb201 cells of each of the three stages
        "auxiliary": True,
        "auxiliary_weight": 0.4,
        "drop_path": 0.2,  # grows from 0 to this
        # Of recurrent networks: shares of words, of values of their vectors, and of what products read.
        "dropout": {"words": 0.0, "embedding": 0.0, "inputs": 0.0, "states": 0.0, "output": 0.0},
        "average_from": 0,  # epoch from which tests see the average of the weights; 0: the weights themselves
        "label_smoothing": 0.0,
        "form": "",
        "remat": "",  # what the backward pass computes again: none, cell; empty chooses by device; for cells only
        "chunk_steps": 100,
        "checkpoint_every": 1,
        "keep_checkpoints": 3,
        "max_steps": 0,
        "learning_rate": 0.025,
        "learning_rate_min": 0.0,
        "momentum": 0.9,
        "weight_decay": 3e-4,
        "clip": 5.0,
        "schedule": "cosine",
        "decay": 0.97,  # factor per epoch of the exponential schedule; no other uses it
        "warmup_epochs": 0,
        "augment": {"crop_padding": 4, "flip": True, "cutout": 16, "scale": 0.0, "jitter": False},
        "test_every": 1,  # epochs between tests; the last epoch is always tested
        "host_workers": 0,  # processes that decode streamed images; 0: threads of this one
    }
