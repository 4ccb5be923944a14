"""Configs of detection fit their data, networks and baselines."""

import pytest

from dartsx.configs import nas_fpn, nas_fpn_small
from dartsx.configs.base import base
from dartsx.experiments.run import check, default_baseline
from dartsx.experiments.settings import (
    SettingsError,
    check_against_data,
    evaluate_settings,
    evaluation_config,
    search_settings,
)

SCENES = ((64, 64, 3), 800, 10, 1, "detection")


def test_the_small_config_fits_scenes_and_its_baseline():
    config = nas_fpn_small.get_config()
    check(config, "small_fpn")
    check_against_data(search_settings(config), *SCENES)
    settings = evaluate_settings(evaluation_config(config, "small_fpn"))
    assert settings.network == "small_fpn"
    check_against_data(settings, *SCENES)


def test_spaces_without_supernet_are_for_strategies():
    config = nas_fpn_small.get_config()
    config.space.name = "nas_fpn_small"
    settings = search_settings(config)
    check_against_data(settings, *SCENES, alone=True)
    with pytest.raises(SettingsError, match="share no supernet: search it by a strategy"):
        check_against_data(settings, *SCENES)


def test_the_papers_config_trains_the_published_pyramid():
    config = nas_fpn.get_config()
    config.genotype = "nas_fpn:NAS-FPN"
    check_against_data(evaluate_settings(config), (640, 640, 3), 100_000, 80, 1, "detection")


def test_other_networks_do_not_find_boxes():
    settings = evaluate_settings(evaluation_config(nas_fpn_small.get_config(), "resnet18"))
    with pytest.raises(SettingsError, match="is for detection, boxes with classes; resnet18 makes a class for every"):
        check_against_data(settings, *SCENES)


@pytest.mark.parametrize(
    ("name", "upscale", "baseline"),
    [
        ("digits", 0, "NASNet-A"),
        ("digits", 2, "edsr_tiny_x2"),
        ("digit_boxes", 0, "small_fpn"),
        ("boxes:coco/2017", 0, "small_fpn"),
        ("digit_scenes", 0, "unet_12"),
        ("masks:scenes.npz", 0, "unet_12"),
        ("text:ptb", 0, "lstm"),
    ],
)
def test_the_network_beside_the_derived_one_is_for_the_same_task(name, upscale, baseline):
    config = base()
    config.dataset.update(name=name, upscale=upscale)
    assert default_baseline(config) == baseline
