"""Networks by name: spellings, classes, image sizes, stems for small images, scaling rules, and what is refused."""

import pytest

from dartsx.networks import canonical_name, efficientnet, names, network, regnet
from dartsx.networks.amoebanet import amoebanet_a
from dartsx.networks.layers import Conv
from dartsx.networks.mixnet import mixnet
from dartsx.networks.mobilenet_v1 import mobilenet_v1
from dartsx.networks.mobilenet_v2 import mobilenet_v2
from dartsx.networks.nasnet import nasnet_a
from dartsx.networks.resnet import resnet, resnet_cifar, resnext, se_resnet
from dartsx.networks.rounding import make_divisible, scaled_depth
from dartsx.networks.shufflenet import shufflenet_v1, shufflenet_v2
from dartsx.networks.squeezenet import squeezenet1_0
from dartsx.networks.vgg import vgg

PAPER_CLASSES = {32: 10}  # of CIFAR-10; ImageNet has 1000


@pytest.mark.parametrize("name", names())
def test_networks_take_any_classes_and_channels_and_name_themselves(name):
    described = network(name)
    assert described.name == name and described.source
    assert described.classes == PAPER_CLASSES.get(described.image_size, 1000)
    other = network(name, 7)
    shape = (other.image_size, other.image_size + 32, 1)
    steps = other.trace(shape)
    assert steps[0].shape == shape and steps[-1].shape == (7,)
    assert len({step.name for step in steps}) == len(steps)
    assert all(source < i for i, step in enumerate(steps) for source in step.inputs)
    assert other.params(shape) < described.params()


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        ("ResNet-50", "resnet50"),
        ("MobileNetV2", "mobilenet_v2"),
        ("mobilenet_v3_large", "mobilenet_v3_large"),
        ("regnet_x_400mf", "regnetx_400mf"),
        ("RegNetX-1.6GF", "regnetx_1_6gf"),
        ("regnetx_16gf", "regnetx_16gf"),
        ("regnety_032", "regnety_3_2gf"),
        ("mnasnet1_0", "mnasnet_b1"),
        ("legacy_seresnet50", "se_resnet50"),
        ("SqueezeNet 1.1", "squeezenet1_1"),
        ("NASNet-A-Mobile", "nasnet_a_mobile"),
        ("nasnet_a_6@4032", "nasnet_a_large"),
        ("shufflenet_v2_x0_5", "shufflenet_v2_x0_5"),
    ],
)
def test_usual_spellings_are_understood(given, exact):
    assert canonical_name(given) == exact


def test_unknown_names_and_class_counts_are_refused():
    with pytest.raises(ValueError, match=r"unknown network 'resnet51' \(did you mean resnet.*\); allowed: alexnet, "):
        network("resnet51")
    with pytest.raises(ValueError, match="resnet50: the number of classes must be 1 or more, got 0"):
        network("resnet50", 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: resnet(20), "unknown ResNet depth 20; allowed: 18, 34, 50, 101, 152"),
        (lambda: resnet(18, stem="tiny"), "unknown stem 'tiny'; allowed: imagenet, cifar"),
        (lambda: resnext(18, 32, 4), "ResNeXt depth 18; allowed: 50, 101, 152"),
        (lambda: resnext(50, 0, 4), "cardinality must be above 0, got 0"),
        (lambda: se_resnet(51), "SE-ResNet depth 51"),
        (lambda: resnet_cifar(21), "allowed: 6 n . 2, as 20, 32"),
        (lambda: vgg(12), "VGG depth 12; allowed: 11, 13, 16, 19"),
        (lambda: squeezenet1_0(bypass="double"), "unknown bypass 'double'"),
        (lambda: mobilenet_v1(0), "width must be above 0"),
        (lambda: mobilenet_v2(-1), "width must be above 0, got -1"),
        (lambda: shufflenet_v1(5), "number of groups 5; allowed: 1, 2, 3, 4, 8"),
        (lambda: shufflenet_v2(3), "ShuffleNet V2 scale 3; allowed: 0.5, 1.0, 1.5, 2.0"),
        (lambda: efficientnet.efficientnet("b8"), "variant 'b8'.*allowed: b0"),
        (lambda: efficientnet.compound_scaling(-1), "must be 0 or above"),
        (lambda: mixnet("xl"), "MixNet size 'xl'"),
        (lambda: regnet.regnetx("500mf"), "RegNetX size '500mf'"),
        (lambda: regnet.stages(regnet.Parameters(4, 20, 30.0, 2.5, 8)), "w_0 a multiple of 8"),
        (lambda: nasnet_a("small"), "NASNet-A size 'small'"),
        (lambda: amoebanet_a(4, 3), "filters of the first stem cell must be above 0"),
    ],
)
def test_impossible_numbers_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("alexnet", 32, "alexnet on images of 32x32: stage3/block3/pool: a map of 1x1 is too small"),
        ("vgg16", 31, "vgg16 on images of 31x31: stage5/block3/pool"),
        ("squeezenet1_0", 8, "stem/block1/pool: a map of 1x1"),
        ("nasnet_a_mobile", 2, "stem/block0/conv: a map of 2x2 is too small for a window of 3"),
        ("resnet50", 0, "image shape 0: must be a size"),
        ("resnet50", (32, 32), "must be a size or"),
    ],
)
def test_images_that_do_not_survive_the_network_are_refused(name, size, message):
    with pytest.raises(ValueError, match=message):
        network(name).trace(size)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenet_v2", "shufflenet_v2_x1_0", "vgg16_bn"])
def test_stems_for_small_images_keep_the_size(name):
    def convolved(described):
        return [step.shape[0] for step in described.trace(32) if isinstance(step.layer, Conv)]

    small, usual = convolved(network(f"{name}_cifar")), convolved(network(name))
    assert small[0] == 32 and small[-1] >= usual[-1]
    assert sum(small) > sum(usual) or name == "vgg16_bn"


def test_rounded_widths_are_never_more_than_a_tenth_below():
    assert [make_divisible(width) for width in (3, 11, 12, 19, 20, 35.2)] == [8, 16, 16, 24, 24, 32]
    for width in range(8, 400):
        rounded = make_divisible(width * 1.1)
        assert rounded % 8 == 0 and rounded >= 0.9 * width * 1.1
    assert [scaled_depth(3, factor) for factor in (1.0, 1.1, 1.4)] == [3, 4, 5]


def test_compound_scaling_doubles_the_work_with_every_unit():
    base = efficientnet.scaled("base", efficientnet.compound_scaling(0))
    assert efficientnet.compound_scaling(0)[:3] == (1.0, 1.0, 224)
    assert base.stages == network("efficientnet_b0").stages
    # 1.2 * 1.1^2 * 1.15^2 = 1.92 (the paper: "about 2"); rounding of widths and depths adds some.
    double = efficientnet.scaled("double", efficientnet.compound_scaling(1))
    assert 1.9 < double.macs() / base.macs() < 2.7
    assert double.image_size == 258


def test_regnet_widths_are_those_of_the_paper():
    # RegNetX-400MF and RegNetY-8GF: widths and depths as the paper's appendix lists them.
    assert [tuple(stage) for stage in regnet.stages(regnet.X["400mf"])] == [
        (32, 1, 16), (64, 2, 16), (160, 7, 16), (384, 12, 16)
    ]  # fmt: skip
    assert [stage[:2] for stage in regnet.stages(regnet.Y["8gf"])] == [(168, 2), (448, 4), (896, 10), (2016, 1)]


def test_nasnets_stack_n_normal_cells_per_stage_and_end_with_the_filters_of_their_name():
    for size, cells, filters in (("mobile", 4, 1056), ("large", 6, 4032), ("cifar", 6, 768)):
        described = nasnet_a(size)
        strides = [[block.stride for block in stage] for stage in described.stages]
        assert strides == [[1] * cells, [2] + [1] * cells, [2] + [1] * cells]
        assert described.trace()[-2].shape in ((filters,),) or described.trace()[-3].shape == (filters,)
    skipped = [block.back for block in nasnet_a("large").stages[1]]
    assert skipped == [2, 3, 2, 2, 2, 2, 2]
    assert {block.back for block in nasnet_a("mobile").stages[1]} == {2}


def test_a_trace_is_made_once():
    assert network("nasnet_a_large").trace() is network("nasnet_a_large").trace()
