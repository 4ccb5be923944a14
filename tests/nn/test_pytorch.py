"""Checkpoints of PyTorch's layout give the logits that PyTorch computes."""

import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.networks import network
from dartsx.nn import DescribedNetwork
from dartsx.nn.pytorch import from_pytorch

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[bench]'")
nn, functional = torch.nn, torch.nn.functional


def conv(inputs, features, kernel, stride=1, groups=1):
    return nn.Conv2d(inputs, features, kernel, stride, kernel // 2, groups=groups, bias=False)


class Bottleneck(nn.Module):
    """The residual block under the names of its published checkpoints."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, 3, stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = conv(width, 4 * width, 1), nn.BatchNorm2d(4 * width)
        self.downsample = None
        if stride > 1 or inputs != 4 * width:
            self.downsample = nn.Sequential(conv(inputs, 4 * width, 1, stride), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet50(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        inputs = 64
        for i, blocks in enumerate((3, 4, 6, 3)):
            width, stage = 64 * 2**i, []
            for block in range(blocks):
                stage.append(Bottleneck(inputs, width, 2 if i and not block else 1))
                inputs = 4 * width
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
        self.fc = nn.Linear(2048, classes)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for i in range(4):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(x.mean((2, 3)))


class Inverted(nn.Module):
    """MobileNetV2's block under the names of its published checkpoints."""

    def __init__(self, inputs, features, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        units = [unit(inputs, hidden, 1)] if expansion > 1 else []
        units += [unit(hidden, hidden, 3, stride, hidden), conv(hidden, features, 1), nn.BatchNorm2d(features)]
        self.conv = nn.Sequential(*units)
        self.residual = stride == 1 and inputs == features

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


def unit(inputs, features, kernel, stride=1, groups=1):
    return nn.Sequential(conv(inputs, features, kernel, stride, groups), nn.BatchNorm2d(features), nn.ReLU6())


class MobileNetV2(nn.Module):
    def __init__(self, classes):
        super().__init__()
        rows = (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)
        blocks, inputs = [unit(3, 32, 3, 2)], 32
        for expansion, features, count, stride in rows:
            for i in range(count):
                blocks.append(Inverted(inputs, features, 1 if i else stride, expansion))
                inputs = features
        self.features = nn.Sequential(*blocks, unit(320, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def random_checkpoint(module, images):
    """Random weights; the norms' averages are those of some images, so that values stay near 1 at any depth."""
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.momentum = 1.0
                part.weight.uniform_(0.5, 1.5)
                part.bias.uniform_(-0.5, 0.5)
        module.train()(images)
    return module.eval()


@pytest.mark.parametrize(("name", "kind", "size"), [("resnet50", ResNet50, 65), ("mobilenet_v2", MobileNetV2, 64)])
def test_logits_equal_those_of_pytorch(name, kind, size, quick_jit):
    torch.manual_seed(0)
    images = np.random.default_rng(0).normal(size=(4, size, size, 3)).astype(np.float32)
    given, description = torch.tensor(images.transpose(0, 3, 1, 2)), network(name, 7)
    module = random_checkpoint(kind(7), 2 * given + 1)
    variables = from_pytorch(description, module.state_dict())
    with torch.no_grad():
        expected = module(given).numpy()
    apply = quick_jit(lambda variables, x: DescribedNetwork(description).apply(variables, x, False).main)
    logits = np.asarray(apply(variables, jnp.asarray(images)))
    assert np.ptp(expected, 0).max() > 0.1  # images differ
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_checkpoints_that_do_not_fit_are_refused():
    description = network("mobilenet_v2", 7)
    state = {name: tensor.numpy() for name, tensor in MobileNetV2(7).state_dict().items()}
    with pytest.raises(ValueError, match=r"classifier.1.weight has shape \(7, 1280\), which does not fit head/block1"):
        from_pytorch(network("mobilenet_v2", 8), state)
    with pytest.raises(ValueError, match="the checkpoint has extra, which mobilenet_v2 has not"):
        from_pytorch(description, state | {"extra": np.zeros(1)})
    with pytest.raises(ValueError, match=r"the checkpoint has no features.18.1.running_var, .* for head/block0/norm"):
        from_pytorch(description, {name: array for name, array in state.items() if name != "features.18.1.running_var"})
    with pytest.raises(ValueError, match="no PyTorch layout is known for vgg11; there is one for resnet"):
        from_pytorch(network("vgg11"), state)
