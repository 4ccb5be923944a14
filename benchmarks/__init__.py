"""Speed and memory: each module is a command, ``python -m benchmarks.step --help``; records lie in ``results/``.

step       a search step against PyTorch: seconds, compilation, kernels, memory
scan       a chunk of steps as one program against single dispatched steps
population searches of several seeds in one program against solo runs in turn
network    compilation and step of the evaluation network
separable  the forms of separable convolution, shape by shape
"""
