"""Fields that a supernet, a network or a task does not read are refused, unless they ask for nothing."""

import pytest

from dartsx.experiments.settings import SettingsError, evaluate_settings, load_config, parse_config, search_settings
from dartsx.experiments.settings.readers import BY_NETWORK, BY_SUPERNET, EVALUATE_BY_TASK, SEARCH_BY_TASK

OWN = """
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.spaces import CellSpace, TopologySpace

blocks = {"mine": lambda channels, stride: ConvNorm(channels, 3, stride)}
cells = CellSpace(("skip_connect", "mine"), num_nodes=1, blocks=blocks)
topology = TopologySpace(("none", "mine"), ((0, 1),), blocks=blocks)
"""
_PAIRS = "[('mine', 0), ('skip_connect', 1)]"
MINE = f"Genotype(normal={_PAIRS}, normal_concat=[2], reduce={_PAIRS}, reduce_concat=[2])"
SEARCHES = {
    "digits": ("--config=digits",),
    "nb201": ("--config=nb201",),
    "chain": ("--config=digit_chain",),
    "text": ("--config=text",),
    "scenes": ("--config=scenes",),
    "boxes": ("--config=nas_fpn_small",),
    "larger": ("--config=super_resolution",),
}
EVALUATIONS = {
    "digits": ("--config=digits", "--config.genotype=DARTS_V2"),
    "imagenet": ("--config=imagenet",),
    "nb201": ("--config=nb201", "--config.genotype=|skip_connect~0|"),
    "chain": ("--config=digit_chain",),
    "text": ("--config=text", "--config.genotype=recurrent:DARTS_V2"),
    "lstm": ("--config=text", "--config.network=lstm"),
    "resnet": ("--config=digits", "--config.network=resnet20"),
    "own": ("--config=digits", "--config.space.name=own_parts:cells", f"--config.genotype={MINE}"),
    "own, searched first": ("--config=digits", "--config.space.name=own_parts:cells"),
    "own topology": ("--config=digits", "--config.space.name=own_parts:topology", "--config.genotype=|mine~0|"),
    "scenes": ("--config=scenes",),
    "boxes": ("--config=nas_fpn_small",),
    "larger": ("--config=super_resolution",),
}
DROPPED = tuple(f"dropout.{place}=0.1" for place in ("words", "embedding", "inputs", "states", "output"))
OF_WORDS = (*DROPPED, "temporal_activation=0.1")
# What a run is, fields below its group that it does not read, with what is said of them.
NOT_SEARCHED = {
    "text": {
        "layers=3": "has a single layer; set 1",
        "stem_multiplier=2": "a stem of a width of its own, or none; set 1",
        "form=taps": "has no convolutions; leave it empty",
        "remat=branch": "keeps all it computes",
        "remat=cell": "keeps all it computes",
        "layout=channel_major": "has no images to lay out",
        "layout=pixel_major": "has no images to lay out",
        "sharing=entangled": "weights of their own; set none",
        "cost.kind=params": "all cost the same",
        "augment.crop_padding=2": "language, which shifts nothing; set 0",
        "augment.cutout=4": "language, which cuts nothing out",
        "augment.scale=0.1": "language, which resizes nothing",
    },
    "chain": {
        "form=rows": "not for the supernet of --config.space.name=digit_chain; choose one of plain, taps, dense",
        "remat=cell": "choose one of none, branch",
        "layout=channel_major": "choose one of pixel_major",
        **dict.fromkeys(OF_WORDS, "it counts for recurrent"),
    },
    "nb201": {"stem_multiplier=2": "it counts for cells, described", "sharing=entangled": "it counts for described"},
    "digits": {
        "sharing=transformed": "it counts for described",
        "augment.scale=0.1": "it counts for detection, segmentation",
        **dict.fromkeys(OF_WORDS, "it counts for recurrent"),
    },
    "scenes": {"augment.cutout=4": "segmentation, which cuts nothing out"},
    "boxes": {"augment.cutout=4": "detection, which cuts nothing out"},
    "larger": {"augment.cutout=4": "upscale=2 is for super_resolution", "augment.scale=0.1": "super_resolution"},
}
_ONLY_FORMS = "choose one of plain, taps, dense"
_TEXTS = {
    "layers=3": "has a single layer; set 1",
    "auxiliary=True": "has no auxiliary head; set False",
    "drop_path=0.2": "has no paths to drop; set 0",
    "form=taps": "has no convolutions; leave it empty",
    "remat=cell": "keeps all it computes; leave it empty",
    "augment.crop_padding=2": "shifts nothing",
    "augment.cutout=4": "cuts nothing out",
    "augment.scale=0.1": "resizes nothing",
    "augment.jitter=True": "only streamed images",
    "host_workers=2": "they decode streamed images alone",
}
_RECOMPUTED = "keeps all it computes; leave it empty (it counts for cifar, imagenet)"
NOT_EVALUATED = {
    "text": _TEXTS,
    "lstm": _TEXTS,
    "digits": dict.fromkeys(OF_WORDS, "it counts for recurrent, lstm")
    | {"augment.scale=0.1": "it counts for detection"},
    "resnet": {
        "form=rows": _ONLY_FORMS,
        "remat=cell": _RECOMPUTED,
        **dict.fromkeys(OF_WORDS, "--config.network=resnet20"),
    },
    "chain": {
        "form=rows": _ONLY_FORMS,
        "remat=cell": _RECOMPUTED,
        "auxiliary=True": "no auxiliary head",
        **dict.fromkeys(OF_WORDS, "it counts for recurrent, lstm"),
    },
    "nb201": {
        "remat=cell": _RECOMPUTED,
        "auxiliary=True": "no auxiliary head",
        "temporal_activation=0.1": "it counts for recurrent, lstm",
    },
    "own": {"form=rows": _ONLY_FORMS, "remat=cell": "network=cifar with primitives of your own keeps all"},
    "own, searched first": {"form=rows": _ONLY_FORMS, "remat=cell": "with primitives of your own keeps all"},
    "own topology": {"form=rows": _ONLY_FORMS, "remat=cell": _RECOMPUTED, "auxiliary=True": "no auxiliary head"},
    "scenes": {"augment.cutout=4": "it counts for classification"},
    "boxes": {"label_smoothing=0.1": "detection, which has no labels to smooth", "augment.cutout=4": "detection"},
    "larger": {
        "label_smoothing=0.1": "super_resolution, which has no labels to smooth; set 0",
        "augment.cutout=4": "cuts nothing out",
        "augment.scale=0.1": "resizes nothing",
    },
}
_DRAWN = "--config.dataset.scenes.size is their size; set 0"
OF_DATA = {
    "text": {"image_size=32": "python_docs has no images; set 0", "class_balance=0.5": "weighs no classes of pixels"},
    "scenes": {"image_size=32": _DRAWN},
    "boxes": {"image_size=32": _DRAWN, "class_balance=0.5": "it counts for segmentation"},
    "larger": {"class_balance=0.5": "it counts for segmentation"},
    "digits": {"class_balance=0.5": "it counts for segmentation"},
}


def read(flags):
    return parse_config(["program", *flags]).config


@pytest.fixture(autouse=True)
def own_parts(tmp_path, monkeypatch):
    (tmp_path / "own_parts.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)


def each(refused):
    return [
        pytest.param(run, given, said, id=f"{run}-{given}") for run in refused for given, said in refused[run].items()
    ]


def refusal(settings, config, path, given):
    with pytest.raises(SettingsError) as caught:
        settings(config)
    field, _, value = f"{path}.{given}".partition("=")
    assert caught.value.field == field
    assert str(caught.value).replace("'", "").startswith(f"--config.{field}={value}: ")
    return str(caught.value)


def evaluated(config):
    return evaluate_settings(config, need_genotype=False)


@pytest.mark.parametrize(("run", "given", "said"), each(NOT_SEARCHED))
def test_what_a_search_does_not_read_is_refused(run, given, said):
    target = ("--config.search.cost.target=1",) if given.startswith("cost") else ()
    assert said in refusal(
        search_settings, read((*SEARCHES[run], f"--config.search.{given}", *target)), "search", given
    )


@pytest.mark.parametrize(("run", "given", "said"), each(NOT_EVALUATED))
def test_what_an_evaluation_does_not_read_is_refused(run, given, said):
    assert said in refusal(evaluated, read((*EVALUATIONS[run], f"--config.evaluate.{given}")), "evaluate", given)


@pytest.mark.parametrize(("run", "given", "said"), each(OF_DATA))
def test_what_a_data_set_does_not_read_is_refused(run, given, said):
    assert said in refusal(search_settings, read((*SEARCHES[run], f"--config.dataset.{given}")), "dataset", given)
    assert said in refusal(evaluated, read((*EVALUATIONS[run], f"--config.dataset.{given}")), "dataset", given)


@pytest.mark.parametrize("run", ["text", "scenes", "boxes", "larger"])
def test_only_images_with_classes_are_streamed(run):
    with pytest.raises(SettingsError, match="dataset.stream=True: .*keeps its examples in memory; set False"):
        evaluated(read((*EVALUATIONS[run], "--config.dataset.stream")))


def test_every_field_of_the_tables_is_refused_somewhere():
    def fields(path, refused):
        return {f"{path}.{given.partition('=')[0]}" for run in refused.values() for given in run}

    data = fields("dataset", OF_DATA)
    assert set(BY_SUPERNET) | set(SEARCH_BY_TASK) <= fields("search", NOT_SEARCHED) | data | {"search.augment.flip"}
    streamed = {"dataset.stream", "evaluate.augment.flip"}
    assert set(BY_NETWORK) | set(EVALUATE_BY_TASK) <= fields("evaluate", NOT_EVALUATED) | data | streamed


@pytest.mark.parametrize(
    ("run", "given"),
    [
        ("text", ("remat=none", "layers=1", "augment.flip=False")),
        ("text", ("augment.crop_padding=4", "layers=8")),  # as every config begins
        ("chain", ("form=dense", "layout=pixel_major", "remat=branch", "sharing=entangled")),
        ("nb201", ("form=rows", "layout=channel_major", "remat=cell")),
        ("digits", ("form=rows", "stem_multiplier=2", "augment.cutout=4")),
        ("scenes", ("augment.scale=0.1",)),
    ],
)
def test_what_a_search_reads_and_what_asks_for_nothing_may_be_set(run, given):
    search_settings(read((*SEARCHES[run], *(f"--config.search.{field}" for field in given))))


@pytest.mark.parametrize(
    ("run", "given"),
    [
        ("text", ("remat=none", "layers=20", "augment.cutout=0", "dropout.words=0.2")),
        ("lstm", ("temporal_activation=0.1", "label_smoothing=0.1")),
        ("digits", ("form=rows", "remat=cell", "label_smoothing=0.1")),
        ("imagenet", ("host_workers=2", "auxiliary=False")),
        ("nb201", ("form=rows", "drop_path=0.1", "remat=none")),
        ("resnet", ("auxiliary=True", "layers=3", "form=dense")),  # a network beside that of a genotype
        ("own", ("form=dense", "auxiliary=True", "drop_path=0.1")),
        ("scenes", ("label_smoothing=0.1",)),
    ],
)
def test_what_an_evaluation_reads_and_what_asks_for_nothing_may_be_set(run, given):
    evaluated(read((*EVALUATIONS[run], *(f"--config.evaluate.{field}" for field in given))))


@pytest.mark.parametrize("method", ["p_darts", "darts"])
def test_the_layers_of_a_methods_paper_may_stand_where_there_is_one(method):
    config = load_config(f"text:{method}").copy_and_resolve_references()
    config.search.alphas.warmup_epochs = 0
    assert search_settings(config).search.layers == {"p_darts": 5, "darts": 8}[method]


def test_an_average_that_never_begins_is_refused():
    shorter = (*EVALUATIONS["text"], "--config.evaluate.epochs=15")
    assert "must be below --config.evaluate.epochs=15" in refusal(
        evaluated, read(shorter), "evaluate", "average_from=15"
    )
    assert evaluated(read((*shorter, "--config.evaluate.average_from=0"))).evaluate.average_from is None
    assert evaluated(read((*shorter, "--config.evaluate.average_from=14"))).evaluate.average_from == 14


@pytest.mark.parametrize("settings", [search_settings, evaluated])
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--config=text", "--config.dataset.name=digits"), "has examples of images; the network reads words"),
        (("--config=digits", "--config.dataset.name=text:a"), "has examples of words; the network reads images"),
    ],
)
def test_images_and_words_are_told_apart_before_any_is_read(settings, flags, said):
    with pytest.raises(SettingsError, match=f"--config.dataset.name=.*{said}"):
        settings(read(flags))
