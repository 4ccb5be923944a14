"""From a name to a data set: TFDS copies, a user's folders and arrays, and what goes wrong."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dartsx.data import from_arrays, load_dataset, open_source, prepare, prepared
from dartsx.data.checks import DataNotice
from dartsx.data.digits import prepare_digits
from dartsx.data.images import decode
from dartsx.data.statistics import channel_statistics


def pattern(label, number, size=8, mode="RGB"):
    rng = np.random.default_rng((label, number))
    shape = (size, size, 3) if mode == "RGB" else (size, size)
    return Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8))


def write_folder(root, counts, **options):
    for label, (name, count) in enumerate(counts.items()):
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pattern(label, number, **options).save(root / name / f"{number:03d}.png")


# CIFAR-10 by its TFDS name


def test_cifar10_loads_from_a_tfds_directory(cifar_dir):
    cifar = load_dataset("cifar10", cifar_dir)
    assert cifar.label == "CIFAR-10 (JPEG)"  # the copy is lossy, and says so
    assert cifar.train.images.shape == (50000, 32, 32, 3)
    assert cifar.test.images.shape == (10000, 32, 32, 3)
    assert cifar.classes[3] == "cat"
    np.testing.assert_array_equal(np.bincount(cifar.train.labels), [5000] * 10)
    np.testing.assert_array_equal(np.bincount(cifar.test.labels), [1000] * 10)
    assert cifar.mean == (0.49139968, 0.48215827, 0.44653124)
    # The published mean is the originals'; that of the copies is near it.
    np.testing.assert_allclose(cifar.train.images.mean((0, 1, 2)) / 255, cifar.mean, atol=1e-3)


def test_cifar10_pixels_are_those_that_tfds_decodes(cifar_dir):
    import tensorflow_datasets as tfds

    source = open_source("cifar10", cifar_dir).test
    stock = tfds.data_source("cifar10", data_dir=cifar_dir, split="test", download=False)
    for index in (0, 17, 9999):
        ((data, label),) = source.read([index])
        np.testing.assert_array_equal(decode(data, "test"), stock[index]["image"])
        assert label == stock[index]["label"]


# A small TFDS directory: digits under another name


@pytest.fixture
def tfds_dir(tmp_path):
    """A TFDS directory whose cifar10 holds digits: lossless, so its label is the stock one."""
    prepare_digits(tmp_path)
    (tmp_path / "digits").rename(tmp_path / "cifar10")
    folder = tmp_path / "cifar10" / "1.0.0"
    for file in folder.glob("digits-*"):
        file.rename(file.with_name(file.name.replace("digits", "cifar10")))
    edit_info(folder, name="cifar10")
    return tmp_path


def edit_info(folder, **changes):
    file = folder / "dataset_info.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_lossless_copy_has_the_plain_label(tfds_dir):
    assert open_source("cifar10", tfds_dir).label == "CIFAR-10"


def test_a_copy_described_as_jpeg_is_labelled_so(tfds_dir):
    edit_info(tfds_dir / "cifar10" / "1.0.0", description="JPEG copies.")
    assert open_source("cifar10", tfds_dir).label == "CIFAR-10 (JPEG)"


def test_tfrecord_format_is_refused_with_the_command_that_converts(tfds_dir):
    edit_info(tfds_dir / "cifar10" / "1.0.0", fileFormat="tfrecord")
    with pytest.raises(ValueError, match="prepared as tfrecord") as error:
        load_dataset("cifar10", tfds_dir)
    command = f"python -m dartsx.data.convert cifar10 --data_dir={tfds_dir}"
    assert command in str(error.value)


def test_absent_data_are_refused_with_the_commands_that_prepare_them(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        load_dataset("cifar100", tmp_path)
    assert "pip install -e '.[download]'" in str(error.value)
    command = f"python -m dartsx.data.prepare cifar100 --data_dir={tmp_path}"
    assert command in str(error.value)


def test_default_data_dir_is_that_of_tfds(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"data_dir={tmp_path}"):
        load_dataset("cifar100")


@pytest.mark.parametrize("name", ["cifr10", "CIFAR10", "cifar-10", "cifar_10/x"])
def test_an_unknown_name_is_refused_with_close_ones(tmp_path, name):
    with pytest.raises(ValueError, match=f"unknown data set '{name}'. Did you mean cifar10"):
        load_dataset(name, tmp_path)


def test_a_missing_split_is_named(tfds_dir):
    (tfds_dir / "cifar10").rename(tfds_dir / "imagenet2012")
    edit_info(tfds_dir / "imagenet2012" / "1.0.0", name="imagenet2012")
    with pytest.raises(ValueError, match="no split 'validation', only .*test"):
        load_dataset("imagenet2012", tfds_dir)


# The command that prepares


def test_prepare_without_tensorflow_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(prepare.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"needs TensorFlow.*pip install -e '.\[download\]'"):
        prepare.main(["cifar100", f"--data_dir={tmp_path}"])


def test_prepare_knows_wrong_names_before_it_asks_for_tensorflow(tmp_path):
    with pytest.raises(SystemExit, match="Did you mean cifar100"):
        prepare.main(["cifar_100", f"--data_dir={tmp_path}"])


def test_prepare_leaves_what_is_prepared(tfds_dir, capsys):
    prepare.main(["cifar10", f"--data_dir={tfds_dir}"])
    assert "cifar10 is prepared" in capsys.readouterr().out


def test_prepare_does_not_hide_a_tfrecord_copy(tfds_dir):
    edit_info(tfds_dir / "cifar10" / "1.0.0", fileFormat="tfrecord")
    with pytest.raises(SystemExit, match="dartsx.data.convert cifar10"):
        prepare.main(["cifar10", f"--data_dir={tfds_dir}"])


def test_prepare_writes_array_record(tmp_path, monkeypatch):
    import tensorflow_datasets as tfds

    from dartsx.data.digits import Digits

    # A builder that, unlike stock ones, can encode its images without TensorFlow.
    monkeypatch.setattr(prepare.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(prepared, "require_known_name", lambda name: None)
    monkeypatch.setattr(prepare, "require_known_name", lambda name: None)
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir, file_format: Digits(data_dir=data_dir))
    monkeypatch.setattr(Digits, "name", "toy")
    prepare.prepare("toy", tmp_path)
    assert len(load_dataset("toy", tmp_path).train) == 1438


# A user's own folder


def test_a_folder_per_class_loads_with_a_stated_hold_out(tmp_path):
    write_folder(tmp_path / "flowers", {"daisy": 10, "rose": 20})
    data = load_dataset(f"folder:{tmp_path / 'flowers'}", held_out=0.2, seed=3)
    assert data.classes == ("daisy", "rose")
    assert data.label == "flowers (20% held out, seed 3)"
    np.testing.assert_array_equal(np.bincount(data.train.labels), [8, 16])
    np.testing.assert_array_equal(np.bincount(data.test.labels), [2, 4])
    found = {
        (image.tobytes(), int(label))
        for part in (data.train, data.test)
        for image, label in zip(part.images, part.labels, strict=True)
    }
    written = {
        (np.asarray(pattern(label, number)).tobytes(), label)
        for label, count in ((0, 10), (1, 20))
        for number in range(count)
    }
    assert found == written


@pytest.mark.parametrize("evaluation", ["test", "val", "validation"])
def test_train_and_evaluation_folders_are_taken_as_they_are(tmp_path, evaluation):
    write_folder(tmp_path / "train", {"a": 3, "b": 2})
    write_folder(tmp_path / evaluation, {"b": 4})
    with pytest.warns(DataNotice, match="no test image shows 1 of 2 classes: a"):
        data = load_dataset(str(tmp_path))
    assert data.label == tmp_path.name
    np.testing.assert_array_equal(data.train.labels, [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(data.test.labels, [1] * 4)
    np.testing.assert_array_equal(data.train.images[4], np.asarray(pattern(1, 1)))


def test_grey_images_have_one_channel_unless_others_have_colours(tmp_path):
    write_folder(tmp_path / "grey" / "train", {"a": 2}, mode="L")
    write_folder(tmp_path / "grey" / "test", {"a": 1}, mode="L")
    grey = load_dataset(f"folder:{tmp_path / 'grey'}")
    assert grey.train.images.shape == (2, 8, 8, 1)
    pattern(0, 0).save(tmp_path / "grey" / "test" / "a" / "colour.png")
    mixed = load_dataset(f"folder:{tmp_path / 'grey'}")
    assert mixed.train.images.shape == (2, 8, 8, 3)
    np.testing.assert_array_equal(mixed.train.images, np.repeat(grey.train.images, 3, -1))


def test_images_of_different_sizes_need_image_size(tmp_path):
    write_folder(tmp_path, {"a": 5})
    pattern(0, 9, size=11).save(tmp_path / "a" / "zz.png")
    with pytest.raises(ValueError, match=r"zz.png is 11x11; give image_size"):
        load_dataset(f"folder:{tmp_path}", held_out=0.5, seed=0)
    data = load_dataset(f"folder:{tmp_path}", held_out=0.5, image_size=6)
    assert data.image_shape == (6, 6, 3)


def test_a_broken_image_is_named(tmp_path):
    write_folder(tmp_path, {"a": 5, "b": 5})
    (tmp_path / "b" / "broken.jpg").write_bytes(b"not an image")
    with pytest.raises(ValueError, match="broken.jpg is not an image that can be decoded"):
        load_dataset(f"folder:{tmp_path}")


def test_more_than_8_bits_are_refused(tmp_path):
    write_folder(tmp_path, {"a": 5})
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(tmp_path / "a" / "deep.png")
    with pytest.raises(ValueError, match="deep.png has more than 8 bits"):
        load_dataset(f"folder:{tmp_path}")


def test_folders_that_are_no_data_set_are_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder of images: nowhere"):
        load_dataset("./nowhere")
    with pytest.raises(ValueError, match="one folder of images per class"):
        load_dataset(f"folder:{tmp_path}")
    write_folder(tmp_path, {"a": 3, "b": 0})
    with pytest.raises(ValueError, match=r"class folder .*b has no images; looked for .png"):
        load_dataset(f"folder:{tmp_path}")


def test_an_evaluation_class_that_training_lacks_is_refused(tmp_path):
    write_folder(tmp_path / "train", {"a": 2})
    write_folder(tmp_path / "test", {"a": 1, "c": 1})
    with pytest.raises(ValueError, match="has classes that .*train lacks: c"):
        load_dataset(f"folder:{tmp_path}")


def test_a_folder_that_is_called_as_a_known_data_set_has_its_own_statistics(tmp_path, monkeypatch):
    write_folder(tmp_path / "cifar10" / "mine", {"a": 5, "b": 5})
    monkeypatch.chdir(tmp_path)
    data = load_dataset("cifar10/mine")
    assert data.mean == channel_statistics(data.train.images)[0]
    assert open_source("cifar10/mine").known is None


# A user's own arrays


def own_arrays(n=20, **changes):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (n, 5, 5, 3), dtype=np.uint8)
    return {"images": images, "labels": np.arange(n) % 4} | changes


def test_arrays_in_memory_make_a_data_set():
    images, labels = own_arrays().values()
    data = from_arrays("mine", images[:15], labels[:15], images[15:], labels[15:, None])
    assert (data.name, data.label, data.classes) == ("mine", "mine", ("0", "1", "2", "3"))
    assert data.test.labels.dtype == np.int32
    np.testing.assert_allclose(data.mean, images[:15].mean((0, 1, 2)) / 255)


def test_an_npz_with_four_arrays_keeps_its_split(tmp_path):
    images, labels = own_arrays().values()
    grey = images[..., 0]
    four = {
        "x_train": grey[:12],
        "y_train": labels[:12],
        "x_test": grey[12:],
        "y_test": labels[12:],
    }
    np.savez(tmp_path / "mine.npz", classes=np.array(list("wxyz")), **four)
    data = load_dataset(str(tmp_path / "mine.npz"))
    assert data.label == "mine" and data.classes == ("w", "x", "y", "z")
    np.testing.assert_array_equal(data.train.images[..., 0], grey[:12])
    np.testing.assert_array_equal(data.test.labels, labels[12:])
    assert load_dataset(str(tmp_path / "mine.npz"), image_size=8).image_shape == (8, 8, 1)


def test_an_npz_with_two_arrays_gets_a_stated_hold_out(tmp_path):
    np.savez(tmp_path / "mine.npz", **own_arrays())
    data = load_dataset(str(tmp_path / "mine.npz"), held_out=0.2, seed=1)
    assert data.label == "mine (20% held out, seed 1)"
    np.testing.assert_array_equal(np.bincount(data.test.labels), [1] * 4)
    assert len(data.train) == 16


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pixels": np.zeros(3)}, "holds the arrays pixels; needed are x_train, y_train"),
        (own_arrays(images=np.zeros((20, 5, 5, 3))), "must be uint8 .* got float64"),
        (own_arrays(labels=np.zeros(20)), "labels must be integers .* got float64"),
        (own_arrays(labels=np.arange(20) % 4 - 1), "labels run from -1"),
        (own_arrays(classes=np.array(["a", "b"])), "2 classes allow 0 to 1"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        load_dataset(str(tmp_path / "mine.npz"))


def test_a_missing_npz_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file of arrays: .*none.npz"):
        load_dataset(str(tmp_path / "none.npz"))


# The package


def test_importing_the_package_imports_neither_tfds_nor_grain_nor_tensorflow():
    code = (
        "import sys, dartsx.data;print([m for m in ('tensorflow_datasets', 'grain', 'tensorflow') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_preparing_digits_and_loading_imports_no_tensorflow(tmp_path):
    code = (
        "import sys\n"
        "from dartsx.data import load_dataset\n"
        f"print(len(load_dataset('digits', {str(tmp_path)!r}).train), 'tensorflow' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "1438 False", result.stderr
