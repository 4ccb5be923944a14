"""Images with masks from folders, and from a small copy of a TFDS data set."""

import contextlib
import io

import numpy as np
import pytest
from PIL import Image

from dartsx.data.dense import IGNORED
from dartsx.data.masks import load_masks

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (5, 6, 8, 3)).astype(np.uint8)
CLASSES = RANDOM.choice([0, 1, 2, 255], (5, 6, 8)).astype(np.uint8)


def write(folder, numbers, palette=False):
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for i in numbers:
        Image.fromarray(PICTURES[i]).save(folder / "images" / f"{i}.png")
        mask = Image.fromarray(CLASSES[i])
        if palette:
            mask.putpalette(RANDOM.integers(0, 256, 768).astype(np.uint8).tobytes())
        mask.save(folder / "masks" / f"{i}.png")


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, format="png")
    file.seek(0)
    return file


@pytest.mark.parametrize("palette", [False, True])
def test_a_folder_with_parts_of_its_own(tmp_path, palette):
    write(tmp_path / "train", (0, 1, 2), palette)
    write(tmp_path / "val", (3, 4))
    (tmp_path / "classes.txt").write_text("ground\ncat\ndog\n")
    dataset = load_masks(f"masks:{tmp_path}")
    np.testing.assert_array_equal(dataset.train.images, PICTURES[:3])
    np.testing.assert_array_equal(dataset.train.targets.masks, CLASSES[:3])
    np.testing.assert_array_equal(dataset.test.targets.masks, CLASSES[3:])
    assert (dataset.task, dataset.classes) == ("segmentation", ("ground", "cat", "dog"))
    assert dataset.label == tmp_path.name


def test_of_one_set_of_images_a_share_is_held_out(tmp_path):
    write(tmp_path, range(5))
    dataset = load_masks(f"masks:{tmp_path}", held_out=0.4, seed=1)
    assert (len(dataset.train), len(dataset.test), dataset.num_classes) == (3, 2, 3)
    assert "40% held out, seed 1" in dataset.label
    small = load_masks(f"masks:{tmp_path}", image_size=3)
    assert small.image_shape == (3, 3, 3) and set(np.unique(small.train.targets.masks)) <= {0, 1, 2, IGNORED}


def test_what_is_wrong_in_a_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder of images and masks: .*nowhere"):
        load_masks("masks:./nowhere")
    (tmp_path / "cats").mkdir()
    with pytest.raises(ValueError, match="has the folders cats; expected images and masks, or train"):
        load_masks(f"masks:{tmp_path}")
    write(tmp_path, range(5))
    Image.fromarray(PICTURES[0]).save(tmp_path / "masks" / "0.png")
    with pytest.raises(ValueError, match=r"masks/0.png must hold a class number per pixel, .* mode is RGB"):
        load_masks(f"masks:{tmp_path}")
    (tmp_path / "masks" / "0.png").unlink()
    with pytest.raises(ValueError, match="there is no mask for the images 0"):
        load_masks(f"masks:{tmp_path}")
    Image.fromarray(CLASSES[0][:4]).save(tmp_path / "masks" / "0.png")
    with pytest.raises(ValueError, match=r"images/0.png is 6x8, but its mask is 4x8"):
        load_masks(f"masks:{tmp_path}")
    with pytest.raises(FileNotFoundError, match="no such folder of images and masks: voc/2007"):
        load_masks("masks:voc/2007")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A TFDS directory with five images under the name and the features of the real data set."""
    import tensorflow_datasets as tfds

    class OxfordIiitPet(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            mask = tfds.features.Image(shape=(None, None, 1), encoding_format="png")
            image = tfds.features.Image(encoding_format="png")
            features = tfds.features.FeaturesDict({"image": image, "segmentation_mask": mask})
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples(range(3)), "test": self._generate_examples((3, 4))}

        def _generate_examples(self, numbers):
            for i in numbers:
                yield i, {"image": png(PICTURES[i]), "segmentation_mask": png(np.minimum(CLASSES[i], 2) + 1)}

    folder = tmp_path_factory.mktemp("tfds")
    with contextlib.redirect_stderr(io.StringIO()):
        OxfordIiitPet(data_dir=folder).download_and_prepare(file_format="array_record")
    return folder


def test_pets_have_the_classes_of_their_masks(prepared):
    dataset = load_masks("masks:oxford_iiit_pet", prepared, image_size=8)
    assert (dataset.label, dataset.classes) == ("Oxford-IIIT Pet (masks)", ("pet", "background", "border"))
    assert dataset.image_shape == (8, 8, 3) and (len(dataset.train), len(dataset.test)) == (3, 2)
    found = {mask.tobytes() for mask in dataset.test.targets.masks}
    resized = (Image.fromarray(np.minimum(CLASSES[i], 2)).resize((8, 8), Image.Resampling.NEAREST) for i in (3, 4))
    assert found == {np.asarray(mask).tobytes() for mask in resized}
    with pytest.raises(ValueError, match="give image_size"):
        load_masks("masks:oxford_iiit_pet", prepared)
