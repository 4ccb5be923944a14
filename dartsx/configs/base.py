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
            "seed": 0,  # seed of everything random; the members of a population count on from it
            "dtype": "float32",  # dtype of activations; parameters and alphas are always float32
            "precision": "default",  # highest: exact float32 products, which accelerators round otherwise
            "mesh": 0,  # number of devices; 0 takes all
            "population": 1,  # number of searches at once, with seed, seed + 1, ...
            "population_chunk": 0,  # members of one vmapped call; 0: all that a device has
            "members": {  # values of a population's members, in place of the fields of these names under search
                "alphas": {
                    "learning_rate": (),  # one value per member; (): all share search.alphas.learning_rate
                    "weight_decay": (),  # one value per member; (): all share search.alphas.weight_decay
                },
            },
            "method": method or "darts",  # search method, or several that go together, such as pc_darts+drnas
            "hypergradient": "first_order",  # gradient of the alphas; finite_difference is the second order of DARTS
            "hypergradient_terms": 0,  # terms of unrolled, neumann and conjugate_gradient; 0 stands for 3
            "genotype": "",  # what to evaluate: a published name, a text, a file or a search's workdir
            "network": "",  # network to evaluate in place of a genotype, by name, such as resnet18
            "compilation_cache": "default",  # folder of compiled programs; default: one per user; empty: none
            "dataset": {
                "name": "cifar10",  # digits, TFDS, folder:, FILE.npz, python_docs, text:, digit_scenes, masks:, ...
                "data_dir": "",  # folder of TFDS data sets; empty: where TFDS keeps them
                "image_size": 0,  # side of the images; 0: as they are; needed where their sizes differ
                "stream": False,  # whether images are read while training, for more than fits memory
                "class_balance": 0.0,  # of pixels' classes in the loss; 0: pixels count alike, 1: classes do
                "upscale": 0,  # how many times larger images are to be made, 2 or 4; 0: other tasks
                "text": {  # how a text becomes examples: python_docs, text:FILE, text:FOLDER
                    "unit": "tokens",  # what a word is: words (between blanks), tokens (and marks), characters
                    "vocabulary": 10_000,  # largest number of words; all others are <unk>
                    "steps": 35,  # words that an example predicts
                    "context": 35,  # words before them, which only prepare the state
                },
                "scenes": {  # of digits, as in digit_scenes and digit_boxes
                    "size": 64,  # height and width of a canvas
                    "train": 800,  # number of training canvases
                    "test": 200,  # number of test canvases
                    "digits": 4,  # largest number of digits on a canvas
                    "seed": 0,  # seed of the scenes, whatever the seed of the run
                },
            },
            "space": {
                "name": "darts",  # space, by name (dartsx spaces lists them) or as module:attribute
                "primitives": (  # candidates on every edge; for the space darts only, as the next two
                    "none",
                    "max_pool_3x3",
                    "avg_pool_3x3",
                    "skip_connect",
                    "sep_conv_3x3",
                    "sep_conv_5x5",
                    "dil_conv_3x3",
                    "dil_conv_5x5",
                ),
                "nodes": 4,  # nodes of a cell besides inputs and output
                "edges_kept": 2,  # edges into a node that are derived
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
        "epochs": 50,  # passes over the examples that train the weights
        "batch_size": 64,  # examples of a batch of either half
        "channels": 16,  # channels of the first cells
        "layers": 8,  # number of cells; in nb201 of each of the three stages
        "stem_multiplier": 3,  # channels of the stem over those of the first cells; nb201 has none
        "train_fraction": 0.5,  # share of the examples that trains the weights; the rest trains the alphas
        "form": "",  # how separable (chains: grouped) convolutions are computed; empty chooses by device and size
        "remat": "",  # what the backward pass computes again: none, branch, cell; empty chooses by device
        "layout": "",  # layout of the arrays of cells; empty chooses by device
        "sharing": "none",  # how the options of a chain's decisions share weights
        "chunk_steps": 100,  # largest number of steps in one compiled call
        "checkpoint_every": 1,  # epochs between two checkpoints
        "keep_checkpoints": 3,  # number of checkpoints that stay
        "max_steps": 0,  # steps after which a trial stops; 0: all
        "weights": {
            "learning_rate": 0.025,  # learning rate at the beginning; it falls by a cosine, per epoch
            "learning_rate_min": 0.001,  # learning rate at the end
            "momentum": 0.9,  # momentum of SGD
            "weight_decay": 3e-4,  # factor of the L2 penalty
            "clip": 5.0,  # largest norm of the gradient
        },
        "alphas": {
            "learning_rate": 3e-4,  # learning rate of Adam
            "beta1": 0.5,  # decay of the first moment
            "beta2": 0.999,  # decay of the second moment
            "weight_decay": 1e-3,  # factor of the L2 penalty
            "init_scale": INIT_SCALE,  # standard deviation of the first alphas
            "warmup_epochs": 0,  # epochs in which the alphas stay as they are
        },
        "dropout": _dropout(),  # for recurrent cells
        "temporal_activation": 0.0,  # weight of the squared change of a recurrent cell's outputs, step by step
        "augment": {
            "crop_padding": 4,  # pixels by which a random crop may be off
            "flip": True,  # whether half of the images are mirrored
            "cutout": 0,  # side of the square that is cut out; 0: none
            "scale": 0.0,  # with masks or boxes, images are resized by up to this share
        },
        "diagnosis": {
            "every": 5,  # epochs between Hessian, hypergradient errors, discretization gap; 0: never
            "iterations": 10,  # Hessian-vector products of one diagnosis
        },
        "cost": {  # binds the search to the expected cost of its networks
            "kind": "",  # what counts; latency by a table, all others counted; empty: unbound
            "form": "linear",  # how loss and cost become one number, see dartsx/cost/forms.py
            "weight": 1.0,  # weight of the cost, in units of the loss where the form adds
            "power": 0.6,  # exponent of the logarithm in log_ratio and log_power
            "target": 0.0,  # what the cost is bound to, in its own units
            "within": False,  # whether derived networks keep to the target
            "channels": 0,  # channels of the network that is counted; 0: as the supernet
            "layers": 0,  # layers of the network that is counted; 0: as the supernet
            "table": "",  # file of a device's latencies, for the kind latency
            "batch_size": 1,  # images of a pass whose latency counts
        },
    }


def _dropout() -> dict:
    return {
        "words": 0.0,  # share of words that are dropped as a whole
        "embedding": 0.0,  # share of the values of a word's vector
        "inputs": 0.0,  # share of the input that the first product reads
        "states": 0.0,  # share of the states that all products read
        "output": 0.0,  # share of what the decoder reads
    }


def _evaluate() -> dict:
    return {
        "network": "",  # kind of network: cifar or imagenet for cells; empty: as the architecture is
        "epochs": 600,  # passes over the training examples; 0: only tests the initial weights
        "initial_weights": "",  # file of a PyTorch checkpoint to begin with; empty: drawn weights
        "batch_size": 96,  # examples of a batch
        "channels": 36,  # channels of the first cells
        "layers": 20,  # number of cells; in nb201 of each of the three stages
        "auxiliary": True,  # whether a second classifier stands at two thirds of the depth
        "auxiliary_weight": 0.4,  # weight of its loss
        "drop_path": 0.2,  # probability that an edge is dropped at the end; it grows from 0
        "dropout": _dropout(),  # for recurrent networks
        "temporal_activation": 0.0,  # weight of the squared change of a recurrent network's outputs, step by step
        "average_from": 0,  # epoch from which tests see the average of the weights; 0: the weights themselves
        "label_smoothing": 0.0,  # share of the target that is spread over all classes
        "form": "",  # how separable and grouped convolutions are computed; empty chooses by device and size
        "remat": "",  # what the backward pass computes again: none, cell; empty chooses by device; for cells only
        "chunk_steps": 100,  # largest number of steps in one compiled call
        "checkpoint_every": 1,  # epochs between two checkpoints
        "keep_checkpoints": 3,  # number of checkpoints that stay
        "max_steps": 0,  # steps after which a trial stops; 0: all
        "learning_rate": 0.025,  # learning rate at the beginning
        "learning_rate_min": 0.0,  # learning rate at the end of a cosine or a line
        "momentum": 0.9,  # momentum of SGD
        "weight_decay": 3e-4,  # factor of the L2 penalty
        "clip": 5.0,  # largest norm of the gradient
        "schedule": "cosine",  # how the learning rate falls, per epoch
        "decay": 0.97,  # factor per epoch of the exponential schedule; no other uses it
        "warmup_epochs": 0,  # epochs in which the learning rate grows to its value
        "augment": {
            "crop_padding": 4,  # pixels by which a random crop may be off
            "flip": True,  # whether half of the images are mirrored
            "cutout": 16,  # side of the square that is cut out; 0: none
            "scale": 0.0,  # with masks or boxes, images are resized by up to this share
            "jitter": False,  # whether streamed images have their colours changed
        },
        "test_every": 1,  # epochs between tests; the last epoch is always tested
        "host_workers": 0,  # processes that decode streamed images; 0: threads of this one
    }
