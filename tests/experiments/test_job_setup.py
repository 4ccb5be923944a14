"""What a job says when its data or devices are not there."""

import jax
import pytest

from dartsx.experiments.jobs.setup import load_checked, open_checked, start
from dartsx.experiments.settings import SettingsError, evaluate_settings, parse_config


def settings(*arguments):
    given = ["--config.genotype=DARTS_V2", "--config.compilation_cache=", *arguments]
    return evaluate_settings(parse_config(["program", *given]).config)


def test_more_devices_than_there_are_name_the_field():
    too_many = jax.device_count() + 1
    with pytest.raises(SettingsError, match=f"--config.mesh={too_many}: ") as caught:
        start(settings(f"--config.mesh={too_many}"))
    assert caught.value.field == "mesh"


@pytest.mark.parametrize("read", [load_checked, open_checked])
@pytest.mark.parametrize("name", ["folder:no/such/folder", "cifr10"])
def test_data_that_are_not_there_name_the_field(read, name, tmp_path):
    given = [f"--config.dataset.name={name}", f"--config.dataset.data_dir={tmp_path}"]
    if read is open_checked:
        given += ["--config.dataset.stream", "--config.dataset.image_size=32"]
    with pytest.raises(SettingsError, match=f"--config.dataset.name='{name}': ") as caught:
        read(settings(*given))
    assert caught.value.field == "dataset.name"
