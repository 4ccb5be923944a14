"""Scenes of digits are for networks that make a class for every pixel, and for no others."""


def test_networks_for_pixels_and_for_images_are_not_mixed_up(python):
    search = ("-m", "experiments.search", "--workdir=never")
    wrong = python(*search, "--config=configs/scenes.py", "--config.space.name=darts")
    assert "'digit_scenes': is for segmentation, " in wrong.stderr and "makes a class for every image" in wrong.stderr
    wrong = python(*search, "--config=configs/digits.py", "--config.space.name=auto_deeplab_scenes")
    assert "'digits': is for classification, a class for every image; the network makes values" in wrong.stderr
