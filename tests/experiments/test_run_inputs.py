"""A run does not go on with other data or another genotype than it began with; where they lie does not matter."""

import shutil

import numpy as np
import pytest
from PIL import Image

from dartsx.catalog import MAY_DIFFER
from dartsx.experiments.jobs.setup import inputs, load_checked, open_checked
from dartsx.experiments.settings import SettingsError, evaluate_settings, parse_config, search_settings
from dartsx.runtime import WorkdirError, open_workdir


def write(folder, first, last):
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(first, last):
            pixels = np.random.default_rng([number, label == "cat"]).integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number:02d}.png")


@pytest.fixture
def images(tmp_path):
    write(tmp_path / "images", 0, 10)
    return tmp_path / "images"


@pytest.fixture(params=[False, True], ids=["in memory", "streamed"])
def opened(request, tmp_path):
    """Opens the work directory of an evaluation as the command does; an error names what is wrong."""

    def run(folder, genotype="DARTS_V2", status="stopped"):
        given = [f"--config.dataset.name=folder:{folder}", f"--config.genotype={genotype}"]
        given += ["--config.evaluate.batch_size=4", "--config.dataset.image_size=16"]
        config = parse_config(["program", *given, f"--config.dataset.stream={request.param}"]).config
        settings = evaluate_settings(config)
        identity = open_checked(settings)[1] if request.param else load_checked(settings).identity
        read = inputs(identity, settings.genotype)
        with open_workdir(
            tmp_path / "run", config.to_dict(), "evaluate", may_differ=MAY_DIFFER, inputs=read
        ) as workdir:
            if not workdir.finished:
                workdir.update_run(status=status)
            return workdir

    return run


@pytest.mark.parametrize("status", ["stopped", "finished"])
def test_images_that_were_added_are_refused_with_their_numbers(opened, images, status):
    opened(images, status=status)
    write(images, 10, 20)
    with pytest.raises(WorkdirError, match="other inputs .*data: train 16 -> 32, test 4 -> 8, .*fingerprint sha256:"):
        opened(images)


def test_images_that_were_moved_are_the_same(opened, images):
    opened(images)
    shutil.move(images, images.parent / "moved")
    assert opened(images.parent / "moved").resumed


def test_a_genotype_whose_file_changed_is_refused_and_one_that_was_moved_is_the_same(opened, images, tmp_path):
    files = [tmp_path / name for name in ("one.txt", "two.txt")]
    cell = "[('skip_connect', 0), ('{}', 1)]"
    text = "Genotype(normal={0}, normal_concat=[2], reduce={0}, reduce_concat=[2])"
    for file in files:
        file.write_text(text.format(cell.format("max_pool_3x3")))
    opened(images, files[0])
    assert opened(images, files[1]).resumed
    files[0].write_text(text.format(cell.format("avg_pool_3x3")))
    with pytest.raises(WorkdirError, match="other inputs .*genotype: fingerprint sha256:"):
        opened(images, files[0])


@pytest.mark.parametrize("read", [load_checked, open_checked])
def test_names_of_data_that_are_no_utf8_are_refused_before_anything_is_trained(read):
    given = ["--config.dataset.name=folder:./donn\udce9es", "--config.dataset.image_size=16"]
    settings = evaluate_settings(
        parse_config(["program", "--config.genotype=DARTS_V2", *given, "--config.dataset.stream=True"]).config
    )
    with pytest.raises(SettingsError, match=r"the name of the data set is no UTF-8"):
        read(settings)


@pytest.mark.parametrize("damage", [b"", b"PK\3\4", b"text"])
def test_a_damaged_file_of_arrays_names_its_field(tmp_path, damage):
    (tmp_path / "mine.npz").write_bytes(damage)
    settings = search_settings(parse_config(["program", f"--config.dataset.name={tmp_path / 'mine.npz'}"]).config)
    with pytest.raises(SettingsError, match=r"--config.dataset.name=.*mine.npz is damaged or no .npz file"):
        load_checked(settings)
