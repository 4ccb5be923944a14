"""How layers compute, in two families that keep one protocol (`families`) and differ in the layout of their arrays.

``channel_major``  [C, N, H, W]: cells, on CPUs, where one channel's map is one row.
``pixel_major``    [N, H, W, C]: cells on GPUs and TPUs, and everywhere the networks that `dartsx.networks` describes.

`dartsx.nn` makes supernets and networks of them. What does not depend on the layout lies here: activations, windows,
the algebra of batch norm (`moments`, `running_statistics`), initial weights, widths and strides of a stack of cells
(`plan`), and which form is computed for which backend (`choice`).
"""
