"""Frames lie inside their boxes, in a colour for each class."""

import jax.numpy as jnp
import numpy as np

from dartsx.detection.drawn import drawn


def test_boxes_that_are_shown_get_frames_of_two_pixels_inside_them():
    images = np.full((1, 8, 8, 3), 0.5, np.float32)
    boxes = jnp.array([[[1, 2, 5, 7], [0, 0, 8, 8]]], jnp.float32)
    pictures = np.asarray(drawn(images, boxes, jnp.array([[0, 1]]), jnp.array([[True, False]]), 3))
    assert pictures.shape == (1, 24, 24, 3)
    framed = np.zeros((24, 24), bool)
    framed[3:15, 6:21] = True
    framed[5:13, 8:19] = False
    np.testing.assert_array_equal((pictures[0] != 0.5).any(-1), framed)
    np.testing.assert_allclose(pictures[0][framed], np.tile([1, 0.25, 0.25], (framed.sum(), 1)), atol=1e-6)
