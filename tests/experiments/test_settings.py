"""Settings of the project's configs, and what the reader makes of a config."""

import dataclasses
import importlib
import json

import jax
import jax.numpy as jnp
import pytest
from ml_collections import ConfigDict

from dartsx.catalog import METHODS, STEMS
from dartsx.configs.base import base
from dartsx.experiments.settings import (
    SettingsError,
    blame,
    check_against_data,
    evaluate_settings,
    groups,
    load_config,
    member_config,
    member_settings,
    parse_config,
    search_settings,
)
from dartsx.experiments.settings import data_checks as checks
from dartsx.experiments.settings import flags as entry
from dartsx.nn.cell_network import AuxiliaryHead
from dartsx.nn.layers import Conv
from dartsx.search import Task, compose
from dartsx.spaces import DARTS, named_space, published

DATA = {
    "digits": ((12, 12, 1), 1437, 10),
    "cifar10": ((32, 32, 3), 50_000, 10),
    "cifar100": ((32, 32, 3), 50_000, 100),
    "nb201": ((32, 32, 3), 50_000, 10),
    "imagenet": ((224, 224, 3), 1_281_167, 1000),
}


def read(*arguments):
    return parse_config(["program", *arguments])


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("argument", ["", *(f":{name}" for name in METHODS), ":pc_darts+drnas"])
def test_every_config_is_valid_for_its_data(name, argument):
    config = load_config(f"configs/{name}.py{argument}")
    if not config.dataset.stream:
        check_against_data(search_settings(config), *DATA[name], devices=1)
    settings = evaluate_settings(config, need_genotype=False)
    check_against_data(settings, *DATA[name], devices=1)


def test_what_a_method_leaves_out_of_the_space_darts_stands_for_no_other_space():
    config = load_config("configs/digits.py:drnas")
    config.space.name = "s1"
    assert search_settings(config).space == named_space("s1")
    config.space.primitives = ("none", "skip_connect")
    with pytest.raises(SettingsError, match="--config.space.primitives=.*: can be set for .*darts only"):
        search_settings(config)


@pytest.mark.parametrize(("name", "shape", "words"), [("text", (40,), 2000), ("ptb", (70,), 10_000)])
def test_configs_of_texts_are_valid(name, shape, words):
    config = load_config(f"configs/{name}.py")
    for settings in (search_settings(config), evaluate_settings(config, need_genotype=False)):
        check_against_data(settings, shape, 2_000, words, devices=1)


def test_recurrent_cells_of_any_number_of_nodes_are_trained():
    config = load_config("text").copy_and_resolve_references()
    config.genotype = "recurrent:ENAS"  # eleven nodes, three more than the space has
    settings = evaluate_settings(config)
    assert len(settings.genotype.edges) == 11 and settings.space is None
    config.genotype = "Genotype(recurrent=[('gelu', 0)], concat=range(1, 2))"
    with pytest.raises(SettingsError, match="does not belong to --config.space.name=recurrent"):
        evaluate_settings(config)


@pytest.mark.parametrize("device", ["", "_gpu", "_cpu"])
def test_networks_of_proxylessnas_are_trained_as_members_of_their_spaces(device):
    name = f"ProxylessNAS-{device[1:].upper() or 'Mobile'}"
    arguments = (f"--config.space.name=proxyless{device}", f"--config.genotype={name}")
    settings = evaluate_settings(read("--config=configs/proxyless.py", *arguments).config)
    check_against_data(settings, *DATA["imagenet"], devices=1)
    assert (settings.genotype_label, settings.evaluate.network) == (name, "described")


@pytest.mark.parametrize(
    ("name", "method"),
    [("fbnet", "snas"), ("mnasnet", "darts"), ("ofa", "ofa"), ("proxyless", "proxyless"), ("tunas", "tunas")],
)
def test_configs_of_chains_are_valid_for_imagenet(name, method):
    config = load_config(f"configs/{name}.py")
    check_against_data(evaluate_settings(config, need_genotype=False), *DATA["imagenet"], devices=1)
    config.dataset.stream = False
    settings = search_settings(config)
    assert (settings.space, settings.method) == (named_space(config.space.name), method)
    composed = compose(settings.method, Task(settings.space, {"decisions": 1}), settings.method_options)
    assert not composed.one_level  # FBNet's alphas too have images of their own


def test_a_config_can_be_changed_by_flags_only_in_its_own_copy():
    read("--config=configs/cifar10.py", "--config.seed=5")
    assert read("--config=configs/cifar10.py").config.seed == 0


def test_base_holds_the_cifar_experiment_of_darts():
    config = base()
    search, evaluate = search_settings(config), evaluate_settings(config, need_genotype=False)
    assert search.space.primitives == DARTS
    assert search.space.alpha_shapes == {"normal": (14, 8), "reduce": (14, 8)}
    assert (search.search.epochs, search.search.batch_size) == (50, 64)
    assert (search.search.channels, search.search.layers) == (16, 8)
    assert search.search.alphas.learning_rate == 3e-4
    assert (evaluate.evaluate.epochs, evaluate.evaluate.batch_size) == (600, 96)
    assert (evaluate.evaluate.channels, evaluate.evaluate.layers) == (36, 20)


def test_a_method_behind_the_file_brings_the_settings_of_its_paper():
    settings = search_settings(load_config("configs/cifar10.py:pc_darts"))
    assert (settings.method, settings.search.batch_size, settings.search.alphas.warmup_epochs) == ("pc_darts", 256, 15)
    assert settings.method_options["pc_darts"]["partial_channels"] == 4
    assert "none" not in search_settings(load_config("configs/cifar10.py:fair_darts")).space.primitives
    plain = search_settings(read("--config=configs/cifar10.py", "--config.method=pc_darts").config)
    assert (plain.method, plain.search.batch_size) == ("pc_darts", 64)


def test_imagenet_holds_the_transfer_experiment_of_darts():
    settings = evaluate_settings(load_config("configs/imagenet.py"))
    evaluate = settings.evaluate
    assert settings.genotype == published("DARTS_V2")
    assert (evaluate.network, evaluate.channels, evaluate.layers) == ("imagenet", 48, 14)
    assert (evaluate.epochs, evaluate.batch_size) == (250, 128)
    assert (evaluate.schedule, evaluate.learning_rate, evaluate.decay) == ("exponential", 0.1, 0.97)
    assert (evaluate.weight_decay, evaluate.label_smoothing) == (3e-5, 0.1)
    assert (evaluate.auxiliary, evaluate.auxiliary_weight, evaluate.drop_path) == (True, 0.4, 0.0)
    assert (settings.dataset.stream, settings.dataset.image_size) == (True, 224)
    assert (evaluate.augment.flip, evaluate.augment.jitter) == (True, True)


def test_zero_and_empty_read_as_none():
    config = base()
    search, evaluate = search_settings(config), evaluate_settings(config, need_genotype=False)
    assert search.mesh is search.search.form is search.search.max_steps is None
    assert search.dataset.data_dir is search.dataset.image_size is None
    assert (evaluate.genotype, evaluate.genotype_label) == (None, "")


@pytest.mark.parametrize(("given", "expected"), [("default", None), ("", ""), ("a/b", "a/b")])
def test_the_compilation_cache_reads_as_the_runtime_takes_it(given, expected):
    config = read(f"--config.compilation_cache={given}").config
    assert search_settings(config).compilation_cache == expected


def test_settings_are_frozen():
    settings = search_settings(base())
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.search.epochs = 1


def test_a_published_genotype_is_found_in_another_spelling():
    settings = evaluate_settings(read("--config.genotype=darts-v2").config)
    assert (settings.genotype, settings.genotype_label) == (published("DARTS_V2"), "DARTS_V2")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config=configs/cifar10.py", "--config.seed=5", "--noconfig.evaluate.auxiliary", "--w=1"],
        ["--config.seed", "5", "--w=1", "--noconfig.evaluate.auxiliary", "--config=cifar10.py"],
        ["-config.seed=5", "--config.evaluate.auxiliary=false", "--w=1", "--config", "cifar10.py"],
    ],
)
def test_flags_may_come_in_any_order_and_spelling(arguments):
    given = read(*arguments)
    assert given.config.dataset.name == "cifar10"
    assert (given.config.seed, given.config.evaluate.auxiliary) == (5, False)
    assert given.rest == ("program", "--w=1")
    assert given.origin("seed") == "the command line"
    assert given.origin("search.epochs").endswith("cifar10.py")


def test_tuples_can_be_given_by_repeated_flags():
    flag = "--config.space.primitives"
    config = read(f"{flag}=none", f"{flag}=skip_connect").config
    assert search_settings(config).space.primitives == ("none", "skip_connect")


def test_the_default_is_the_projects_own_digits_config(tmp_path, monkeypatch):
    (tmp_path / "digits.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.chdir(tmp_path)
    assert read().config.dataset.name == "digits"


def test_the_config_json_of_a_work_directory_is_a_config(tmp_path):
    config = read("--config.seed=7", "--config.search.weights.clip=1").config
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config.to_dict()))
    assert load_config(str(path)).to_dict() == config.to_dict()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("def get_config(): return {}", "must give a ConfigDict, not dict"),
        ("def config(): pass", "AttributeError in the config file"),
        ("def get_config(: pass", "SyntaxError in the config file"),
        ("import nowhere_to_be_found", "ModuleNotFoundError in the config file"),
    ],
)
def test_a_broken_config_file_is_named_with_its_error(tmp_path, text, problem):
    path = tmp_path / "own.py"
    path.write_text(text)
    with pytest.raises(SettingsError, match=problem) as caught:
        load_config(str(path))
    assert str(path) in str(caught.value)


def test_broken_json_is_named_with_its_error(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{")
    with pytest.raises(SettingsError, match="no valid JSON"):
        load_config(str(path))


def test_a_config_of_ones_own_is_checked_as_flags_are():
    config = base()
    config.search.epoch = 3
    with pytest.raises(SettingsError, match=r"--config.search.epoch: .*did you mean epochs"):
        search_settings(config)
    config = base()
    del config.search.alphas.beta1
    with pytest.raises(SettingsError, match=r"--config.search.alphas.beta1: missing"):
        search_settings(config)
    config = base().to_dict()
    config["search"]["epochs"] = True
    with pytest.raises(SettingsError, match=r"epochs=True: must be an integer, not bool"):
        search_settings(type(base())(config))


def test_the_other_experiments_fields_are_checked_too():
    with pytest.raises(SettingsError, match=r"--config.evaluate.drop_path=2.0"):
        search_settings(read("--config.evaluate.drop_path=2").config)


def test_blame_names_the_field_and_lets_defects_through():
    with (
        pytest.raises(SettingsError, match=r"--config.dataset.name='x': not there") as caught,
        blame("dataset.name", "x"),
    ):
        raise FileNotFoundError("not there")
    assert caught.value.field == "dataset.name"
    with pytest.raises(TypeError), blame("dataset.name", "x"):
        raise TypeError


def test_a_member_is_the_solo_search_with_its_seed_and_values():
    values = "--config.members.alphas.learning_rate=(0.1, 0.2)"
    config = read("--config.seed=3", "--config.population=2", values).config
    settings = search_settings(config)
    for i, rate in enumerate((0.1, 0.2)):
        own = search_settings(ConfigDict(member_config(config.to_dict(), settings, i)))
        assert own == member_settings(settings, i)
        assert (own.seed, own.population, own.search.alphas.learning_rate) == (3 + i, 1, rate)


def test_every_field_of_members_names_a_field_of_the_search():
    for group in dataclasses.fields(groups.Members):
        (searched,) = [field for field in dataclasses.fields(groups.SearchGroup) if field.name == group.name]
        assert {f.name for f in dataclasses.fields(group.type)} <= {f.name for f in dataclasses.fields(searched.type)}


def test_a_named_network_takes_the_place_of_a_genotype():
    settings = evaluate_settings(read("--config=configs/imagenet.py", "--config.network=ResNet-50").config)
    assert (settings.network, settings.label, settings.genotype) == ("resnet50", "resnet50", None)
    check_against_data(settings, *DATA["imagenet"], devices=1)
    # Neither the depth of the cells nor their auxiliary head matters.
    settings = evaluate_settings(read("--config=configs/cifar10.py", "--config.network=resnet18_cifar").config)
    check_against_data(settings, (30, 30, 3), 50_000, 10, devices=1)


@pytest.mark.parametrize("place", entry._FOR_THE_USER, ids=".".join)
def test_errors_for_the_user_exist_and_get_their_status(place):
    module, name = place
    kind = getattr(importlib.import_module(module), name)
    assert kind.__module__ == module
    assert entry.exit_status(kind.__new__(kind)) == entry._FOR_THE_USER[place]
    assert entry.exit_status(ValueError()) is None


@pytest.mark.parametrize("network", STEMS)
def test_the_auxiliary_head_needs_the_map_that_the_check_asks_for(network):
    def last_map(size: int) -> tuple[int, ...]:
        head = AuxiliaryHead(10, network)
        images = jax.ShapeDtypeStruct((8, 2, size, size), jnp.float32)

        def apply(x):
            return head.init(jax.random.key(0), x, True, capture_intermediates=lambda m, _: isinstance(m, Conv))

        return jax.eval_shape(apply, images)["intermediates"]["conv2"]["__call__"][0].shape[2:]

    needed = checks._AUXILIARY_MAP[network]
    assert min(last_map(needed)) == 1
    assert min(last_map(needed - 1)) == 0


def test_a_search_by_supernet_in_a_space_without_one_is_refused():
    settings = search_settings(read("--config=configs/digits.py", "--config.space.name=nasnet").config)
    with pytest.raises(SettingsError, match="--config.space.name: the networks of this space share no supernet"):
        check_against_data(settings, *DATA["digits"], devices=1)
