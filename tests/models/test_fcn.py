"""FCN, dilated convolutions, U-Net on a VGG and the deconvolution network: what each keeps."""

import numpy as np
import pytest

import models
from minigrad import Tensor, ops
from minigrad.optim import Adam
from minigrad.techniques.learn import training
from models import dilated, fcn
from models.design import Design
from models.initialise import identities, initial
from models.layers import Conv
from models.network import Network
from models.preprocess import Preprocessing


@pytest.fixture(scope="module")
def minivgg():
    return models.build("minivgg", classes=["cup", "cat", "dog"], dtype="float64")


def made(name, minivgg, classes=None):
    net = models.build(name, classes=classes or minivgg.classes, dtype="float64")
    net.params = fcn.transplanted(net, minivgg)
    return net


def test_fc6_as_a_convolution_says_in_the_middle_what_the_classifier_says(minivgg):
    """At its native size the 4×4 filter of fc6 lies once on the whole map."""
    x = np.random.default_rng(0).uniform(0, 255, (1, 3, 128, 128))
    map = made("fcn32s_minivgg", minivgg)(x, only=["score_fc7"])["score_fc7"]
    assert map.shape == (1, 3, 5, 5)
    np.testing.assert_allclose(map[:, :, 2, 2], minivgg.scores(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("name", "pools"), [("fcn16s_minivgg", 1), ("fcn8s_minivgg", 2)])
def test_finer_scores_begin_at_zero_and_the_network_as_the_coarser_one(name, pools, minivgg):
    net = made(name, minivgg, classes=5)
    acts = net(np.random.default_rng(0).uniform(0, 255, (1, 3, 70, 90)))
    for pool in ("pool4", "pool3")[:pools]:
        assert not acts[f"score_{pool}"].any()
        assert np.array_equal(acts[f"add_{pool}"], acts[f"up_{pool}"])
    assert acts.scores.shape == (1, 5, 70, 90) and acts.scores.any()


def test_weights_of_another_network_are_refused(minivgg):
    with pytest.raises(ValueError, match="has no fc6/weight that fcn32s_minivgg could take"):
        other = models.build("minivgg", classes=2)
        other.params = {n: a for n, a in other.params.items() if not n.startswith("fc6")}
        fcn.transplanted(models.build("fcn32s_minivgg", classes=2), other)


def test_vgg16_s_fc6_becomes_7_by_7():
    shapes = models.table("fcn8s_vgg16").shapes
    assert shapes["fc6/weight"] == (4096, 512, 7, 7) and shapes["fc7/weight"] == (4096, 4096, 1, 1)


# ── Dilated ─────────────────────────────────────────────────────────────────────────────────────


def test_the_context_module_sees_what_the_paper_s_table_says():
    design = Design(lambda _: dilated.context(3), "context1", Preprocessing())
    net = Network("context", design, design.preprocessing, 3)
    seen = [net.receptive_field(f"context{i}").size for i in range(1, 9)]
    assert seen == [3, 5, 9, 17, 33, 65, 67, 67]


def test_the_context_module_begins_as_the_identity():
    net = models.build("dilated_minivgg", classes=4)
    acts = net(np.random.default_rng(0).uniform(0, 255, (1, 3, 40, 48)).astype("f4"))
    np.testing.assert_allclose(acts["context8"], np.maximum(acts["score_fc7"], 0), atol=1e-6)
    assert acts["score_fc7"].shape == (1, 4, 5, 6)          # a place every 8 pixels


def test_without_its_poolings_the_front_end_sees_as_far_as_before():
    far, near = models.table("dilated_minivgg"), models.table("fcn32s_minivgg")
    for layer in ("relu4_2", "relu5_2", "fc6"):
        one, other = (net.receptive_field(layer).size for net in (far, near))
        assert abs(one - other) <= 32                       # but for what the poolings saw
    assert far.receptive_field("fc6").stride == 8 and near.receptive_field("fc6").stride == 32


def test_a_cue_far_away_is_seen_by_dilated_convolutions_and_by_no_plain_ones():
    """The label of all pixels of an image is the colour of its first column, up to 24 pixels away.

    Seven plain convolutions of 3×3 see 7 pixels to the left, and what is beyond is a guess.
    """
    rng = np.random.default_rng(0)

    def batch(n):
        labels = np.repeat(rng.integers(0, 2, (n, 1, 1)), 25, axis=2)           # (N, 1, 25)
        x = np.full((n, 3, 1, 25), 128, "f4")
        x[..., 0] = 255 * labels[:, None, :, 0]
        return x, labels

    def right_in_the_last_column(dilations):
        def table(classes):
            context = dilated.context(8, dilations)
            return [Conv("in", 3, 8, 1), *context, Conv("score", 8, classes, 1)]

        net = Network("cue", Design(table, "in", Preprocessing()), Preprocessing(), 2)
        start = initial(net.shapes, 0) | identities(net.layers)
        net.params = {  # a little noise, or neighbours would be handed on by no filter
            name: w + rng.normal(0, 0.1, w.shape).astype("f4") if name.startswith("context") else w
            for name, w in start.items()
        }
        steps = training.train(net, (batch(16) for _ in range(120)), optimiser=Adam(), lr=0.01)
        *_, last = steps
        x, labels = batch(200)
        answer = net.scores(x, params=last.params).argmax(axis=1)
        return (answer == labels)[..., -1].mean()

    assert right_in_the_last_column(dilated.DILATIONS) > 0.95
    assert 0.4 < right_in_the_last_column((1,) * 7) < 0.6


# ── U-Net on a VGG ──────────────────────────────────────────────────────────────────────────────


def test_on_the_way_down_it_is_the_vgg_bit_by_bit(minivgg):
    x = np.random.default_rng(0).uniform(0, 255, (1, 3, 64, 96))
    acts, vgg = made("unet_minivgg", minivgg, classes=5)(x), minivgg(x)
    for level in range(1, 6):
        assert np.array_equal(acts[f"relu{level}_2"], vgg[f"relu{level}_2"])
    assert "pool5" not in acts and "fc6" not in acts


def test_its_bridges_carry_the_last_relu_of_each_stage():
    net = models.build("unet_minivgg", classes=5, attributes={"width": 4})
    acts = net(np.random.default_rng(0).uniform(0, 255, (1, 3, 35, 50)).astype("f4"))
    for level in range(1, 5):
        bridge, beside = acts[f"relu{level}_2"], acts[f"concat{level}"]
        assert np.array_equal(beside[:, : bridge.shape[1]], bridge)
        assert np.array_equal(beside[:, bridge.shape[1] :], acts[f"up{level}"])
    assert [acts[f"up{level}"].shape[1] for level in range(1, 5)] == [4, 8, 16, 32]
    assert acts.scores.shape == (1, 5, 35, 50)


def test_vgg16_has_its_bridges_where_its_stages_end():
    shapes = models.table("unet_vgg16", 21).output_shapes((64, 64))
    assert [shapes[f"concat{level}"][0] for level in range(1, 5)] == [64 + 16, 128 + 32, 256 + 64,
                                                                       512 + 128]
    assert shapes["relu5_3"] == (512, 4, 4) and "pool5" not in shapes
    assert "conv3_3/weight" in models.table("unet_vgg16").shapes


# ── The deconvolution network ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("image", [(32, 40), (19, 33)])
def test_the_deconvolution_network_comes_back_to_the_size_of_the_photo(image):
    net = models.build("deconvnet", classes=3, attributes={"width": 4, "levels": 3})
    acts = net(np.random.default_rng(0).uniform(0, 255, (1, 3, *image)).astype("f4"))
    assert acts.scores.shape == (1, 3, *image)
    assert {n: a.shape[1:] for n, a in acts.items()} == net.output_shapes(image)


def test_it_unpools_through_the_switches_of_its_own_way_down():
    net = models.build("deconvnet", classes=3, attributes={"width": 4, "levels": 2})
    acts = net(np.random.default_rng(0).uniform(0, 255, (1, 3, 8, 8)).astype("f4"))
    switches = ops.max_pool_switches(acts["relu1_2"], 2)
    wanted = ops.max_unpool2d(acts["relu2_2"], switches, (8, 8), 2)
    assert np.array_equal(acts["unpool1"], wanted)


def test_it_is_trained_like_any_other():
    net = models.build("deconvnet", classes=2, attributes={"width": 4, "levels": 2})
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, 12, 12)).astype("f4")
    labels = (x.mean(axis=1) > 128).astype(int)
    steps = list(training.train(net, [(x, labels)] * 30, optimiser=Adam(), lr=0.02))
    assert steps[-1].outcome.loss < 0.7 * steps[0].outcome.loss
    assert isinstance(net(Tensor(x)).scores, Tensor)
