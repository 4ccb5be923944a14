"""Images with boxes from COCO's format and from TFDS directories."""

import io
import json

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from dartsx.data.boxed import load_boxes
from dartsx.data.checks import DataNotice

CATEGORIES = [{"id": 7, "name": "cup"}, {"id": 3, "name": "cat"}]
BOXES = {
    "train": [(0, [4, 2, 10, 6], 7), (0, [30, 0, 30, 20], 3), (1, [1, 1, 5, 5], 3)],
    "test": [(0, [0, 0, 8, 8], 7)],
}


def picture(seed, width=40, height=20):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path):
    """Two training images and one for tests, of 40x20 pixels."""
    for part, boxes in BOXES.items():
        (tmp_path / part).mkdir()
        count = 2 if part == "train" else 1
        images = [{"id": i, "file_name": f"{i}.png"} for i in range(count)]
        for image in images:
            (tmp_path / part / image["file_name"]).write_bytes(picture(image["id"]))
        annotations = [{"image_id": i, "bbox": box, "category_id": c, "iscrowd": 0} for i, box, c in boxes]
        content = {"images": images, "categories": CATEGORIES, "annotations": annotations}
        (tmp_path / f"{part}.json").write_text(json.dumps(content))
    return tmp_path


def edit(folder, change):
    file = folder / "train.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def test_cocos_format_with_its_images(folder):
    with pytest.warns(DataNotice, match="no test image shows 1 of 2 classes: cat"):
        data = load_boxes(f"boxes:{folder}", image_size=20)
    assert data.classes == ("cat", "cup") and data.task == "detection" and data.image_shape == (20, 20, 3)
    boxes = data.train.targets
    np.testing.assert_array_equal(boxes.counts, [2, 1])
    np.testing.assert_array_equal(boxes.labels, [[1, 0], [0, 0]])
    # Half the size, in the upper half of the square; the second box is cut off where the image ends.
    np.testing.assert_allclose(boxes.boxes[0], [[1, 2, 4, 7], [0, 15, 10, 20]])
    assert not data.train.images[:, 10:].any() and data.train.images[:, :10].any()


def test_what_is_left_out_is_said(folder):
    def change(content):
        content["annotations"][0]["iscrowd"] = 1
        content["annotations"][2]["bbox"] = [39.5, 1, 8, 8]

    edit(folder, change)
    with pytest.warns(DataNotice) as said, pytest.raises(ValueError, match="none to train with: cup"):
        load_boxes(f"boxes:{folder}")
    told = " ".join(str(each.message) for each in said)
    assert "1 crowds are left out" in told and "1 boxes are left out" in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("images"), "needed is a list images of entries with id, file_name"),
        (lambda c: c["annotations"][0].update(bbox=[1, 2, -3, 4]), r"left, top, width and height.*got \[1, 2, -3, 4\]"),
        (lambda c: c["annotations"][0].update(image_id=9), "names image 9 and category 7, of which one is not in"),
        (lambda c: c["categories"][0].update(name="cap"), "have other categories"),
        (lambda c: c["images"][1].update(file_name="2.png"), "an image that is not there: .*2.png"),
    ],
)
def test_wrong_annotations_are_named(folder, change, message):
    edit(folder, change)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        load_boxes(f"boxes:{folder}")


def test_missing_files_and_sizes_that_differ_are_named(folder):
    (folder / "train" / "1.png").write_bytes(picture(1, 30, 30))
    with pytest.raises(ValueError, match="0.png is 20x40, .*1.png is 30x30; give image_size"):
        load_boxes(f"boxes:{folder}")
    (folder / "train" / "1.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="1.png is not an image"):
        load_boxes(f"boxes:{folder}", image_size=20)
    (folder / "test.json").unlink()
    with pytest.raises(FileNotFoundError, match="holds no test.json or annotations/instances_val2017.json"):
        load_boxes(f"boxes:{folder}")


class Objects(tfds.core.GeneratorBasedBuilder):
    """Records as those of voc/2007, of which one object is difficult."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        objects = {
            "bbox": tfds.features.BBoxFeature(),
            "label": tfds.features.ClassLabel(names=["cat", "cup"]),
            "is_difficult": np.bool_,
        }
        features = {"image": tfds.features.Image(encoding_format="png"), "objects": tfds.features.Sequence(objects)}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {part: self._generate_examples(part) for part in BOXES}

    def _generate_examples(self, part):
        for i in range(3):
            corners = [(0.1, 0.25, 0.5, 0.75), (0.0, 0.0, 1.0, 0.5)]
            objects = [
                {"bbox": tfds.features.BBox(*box), "label": label, "is_difficult": i == 2}
                for label, box in enumerate(corners)
            ]
            yield i, {"image": io.BytesIO(picture(i)), "objects": objects if i else objects[:1]}


def test_a_prepared_data_set_of_objects(tmp_path):
    Objects(data_dir=tmp_path).download_and_prepare(file_format="array_record")
    with pytest.warns(DataNotice, match="2 objects marked as difficult are left out"):
        data = load_boxes("boxes:objects", tmp_path, image_size=40)
    assert data.classes == ("cat", "cup") and data.label == "objects"
    for split in (data.train, data.test):
        order = np.argsort(split.targets.counts)
        np.testing.assert_array_equal(split.targets.counts[order], [0, 1, 2])
        two = split.targets.boxes[order[2]]
        np.testing.assert_allclose(two, [[2, 10, 10, 30], [0, 0, 20, 20]], atol=1e-4)
        np.testing.assert_array_equal(split.targets.labels[order[2]], [0, 1])


def test_data_sets_without_boxes_are_refused(tmp_path):
    from dartsx.data.digits import prepare_digits

    prepare_digits(tmp_path)
    with pytest.raises(ValueError, match="'digits' has no boxes: needed are an image, and objects with bbox and label"):
        load_boxes("boxes:digits", tmp_path)
