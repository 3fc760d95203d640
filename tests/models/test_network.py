"""The walk down the table: what a call takes, returns, and refuses."""

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, ops, rules
from models.fold import fold_batch_norm, fold_temperature
from models.initialise import initial


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg_bn", classes=5)


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (2, 3, 48, 40)).astype(np.float32)


def test_arrays_in_arrays_out_layer_by_layer(net, x):
    acts = net(x)
    assert list(acts) == list(net.layers)
    assert all(isinstance(a, np.ndarray) and a.dtype == np.float32 for a in acts.values())


@pytest.mark.parametrize("name", ["minivgg", "squeezenet1_1", "googlenet"])
def test_the_scores_have_a_name_in_every_pass_that_computes_them(name, x):
    net = models.build(name, classes=5)
    big = np.concatenate([x, x], axis=2)
    scores = net(big).scores
    assert scores.shape == (2, 5)
    np.testing.assert_allclose(net.scores(big), scores, rtol=1e-4, atol=1e-5)
    first, last = net.default_layer, net.score_layer
    both = net(big, only=[last, first])
    assert both.scores is both[last]
    assert isinstance(net.scores(Tensor(big)), Tensor)
    assert np.array_equal(net(big).image(1).scores, scores[1:])


def test_a_pass_that_ends_before_the_scores_has_none(net, x):
    for acts in (net(x, until="pool3"), net(x, only=["relu4_2"])):
        with pytest.raises(ValueError, match=r"the scores, fc8, were not computed.*net\.scores"):
            print(acts.scores)


def test_the_scores_with_other_parameters_are_theirs(net, x):
    bias = np.arange(5, dtype=np.float32)
    shifted = net.scores(x, params={"fc8/bias": net.params["fc8/bias"] + bias})
    np.testing.assert_allclose(shifted - net.scores(x), np.tile(bias, (2, 1)), atol=1e-5)


def test_every_activation_has_the_shape_that_the_table_says(x):
    for name in ["minivgg", "squeezenet1_0_caffe", "googlenet"]:
        net = models.build(name, classes=3)
        big = np.concatenate([x, x], axis=2)[:1]
        shapes = {layer: a.shape[1:] for layer, a in net(big).items()}
        assert shapes == net.output_shapes(big.shape[2:])


def test_a_tensor_in_gives_tensors_named_after_their_layers(net, x):
    acts = net(Tensor(x), until="relu2_1")
    assert list(acts)[-1] == "relu2_1" and "conv2_2" not in acts
    assert all(isinstance(a, Tensor) and a.name == name for name, a in acts.items())


def test_the_walk_stops_after_until_and_gives_the_same_there(net, x):
    assert np.array_equal(net(x, until="conv3_1")["conv3_1"], net(x)["conv3_1"])


@pytest.mark.parametrize("name", ["minivgg", "squeezenet1_0_caffe", "googlenet"])
@pytest.mark.parametrize("rule", [rules.backpropagation, rules.deconvnet, rules.guided])
def test_only_some_layers_are_the_same_numbers_and_gradients_as_all(name, rule, rng):
    net = models.build(name, classes=3)
    x = Tensor(rng.uniform(0, 255, (1, 3, 96, 112)).astype(np.float32))
    scores, looked_at = list(net.layers)[-1], net.default_layer
    every, some = net(x), net(x, only=[looked_at, scores])
    assert list(some) == [looked_at, scores]
    for layer in some:
        np.testing.assert_allclose(some[layer].data, every[layer].data, rtol=1e-5, atol=1e-5)
    pictures = [
        grad(acts[scores][0, 1], [x], rules={ops.relu: rule})[0] for acts in (every, some)
    ]
    np.testing.assert_allclose(*pictures, atol=1e-4 * np.abs(pictures[0]).max())


@pytest.mark.parametrize("params", [False, True])
def test_a_rule_at_relu_sees_its_x_whichever_layers_are_asked_for(params, x):
    """g · σ(x) is no function of max(0, x): the picture would be another."""
    net = models.build("minivgg", classes=3)
    weights = {name: Tensor(array) for name, array in net.params.items() if params}
    image = x if params else Tensor(x)
    at = weights["conv1_1/weight"] if params else image
    negative = []

    def rule(g, x):
        negative.append(x.min() < 0)
        return g / (1 + np.exp(-x))

    pictures = [
        grad(net(image, params=weights, **some)["fc8"].sum(), [at], rules={ops.relu: rule})[0]
        for some in ({}, {"only": ["fc8"]})
    ]
    assert all(negative)
    np.testing.assert_array_equal(*pictures)


def test_a_rule_at_conv2d_sees_its_options_whichever_layers_are_asked_for(x):
    image, net, seen = Tensor(x), models.build("minivgg", classes=3), []

    def rule(g, x, weight, bias, stride, padding, dilation, groups):
        seen.append(x.shape)
        return np.zeros_like(x)

    for some in ({}, {"only": ["fc8"]}):
        grad(net(image, **some)["fc8"].sum(), [image], rules={ops.conv2d: rule})
    assert len(seen) == 2 * sum("conv" in name for name in net.layers)


def test_arrays_alone_give_the_numbers_of_tensors_though_relus_are_done_at_once(x):
    for name in ["minivgg", "squeezenet1_0_caffe"]:
        net = models.build(name, classes=3)
        layers = [list(net.layers)[-1], "relu1_1" if name == "minivgg" else "fire2/squeeze1x1"]
        layers = [layer for layer in layers if layer in net.layers]
        big = np.concatenate([x, x], axis=2)
        arrays, tensors = net(big, only=layers), net(Tensor(big), only=layers)
        for layer in layers:
            np.testing.assert_array_equal(arrays[layer], tensors[layer].data)


def test_another_relu_is_that_of_every_pass(x, monkeypatch):
    """Whoever writes a leaky relu gets it where nothing is recorded, too."""
    net = models.build("minivgg", classes=5)
    plain = net.scores(x)
    monkeypatch.setattr(ops, "relu", lambda x: ops.leaky_relu(x, 0.1))
    leaky = net.scores(x)
    np.testing.assert_allclose(leaky, net(Tensor(x)).scores.data, rtol=1e-4, atol=1e-5)
    assert abs(leaky - plain).max() > 1e-3


def test_a_branch_that_nobody_asked_for_is_not_returned(x):
    net = models.build("googlenet", classes=3)
    branches = [name for name in net.layers if name.startswith("inception4a")]
    assert len(branches) == 20
    for layer in branches:
        assert list(net(x[:1], only=[layer])) == [layer]


def test_a_convolution_that_is_asked_for_keeps_its_negative_numbers(x):
    net = models.build("minivgg", classes=5)
    acts = net(x, only=["conv2_1", "conv2_2"])
    assert all(a.min() < 0 for a in acts.values())
    np.testing.assert_allclose(acts["conv2_1"], net(x)["conv2_1"], rtol=1e-4, atol=1e-4)


def test_an_adaptive_pool_lets_any_size_in(net, rng):
    for size in [(32, 32), (33, 57), (128, 128), (150, 97)]:
        assert net(rng.uniform(0, 255, (1, 3, *size)))["fc8"].shape == (1, 5)


def test_a_small_patch_may_go_as_far_as_it_lasts(net, x):
    assert net(x[:, :, :8, :8], until="pool3")["pool3"].shape == (2, 128, 1, 1)


def test_params_replace_some_and_give_their_gradients(net, x):
    weight = Tensor(net.params["conv1_1/weight"])
    acts = net(x, params={"conv1_1/weight": weight})
    (g,) = grad(acts["fc8"].sum(), [weight])
    assert g.shape == weight.shape and np.abs(g).max() > 0
    assert isinstance(net.params["conv1_1/weight"], np.ndarray)


def test_training_turns_on_dropout_and_the_batchs_statistics(net, x):
    at_rest = net(x)
    assert at_rest["drop6"] is at_rest["relu6"]
    once, again, other = (net(x, training=np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(once["fc8"], again["fc8"])
    assert not np.array_equal(once["fc8"], other["fc8"])
    dropped = (once["drop6"] == 0) & (once["relu6"] > 0)
    assert 0.3 < dropped.sum() / (once["relu6"] > 0).sum() < 0.5
    np.testing.assert_allclose(once["bn1_1"].mean(axis=(0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(once["bn1_1"].var(axis=(0, 2, 3)), 1, atol=1e-2)


def test_running_statistics_that_equal_the_batchs_give_the_batchs_result(net, x):
    in_training = net(x, until="relu2_1", training=np.random.default_rng(0))
    statistics = net.batch_statistics(net(x, training=np.random.default_rng(0)))
    assert set(statistics) == set(net.shapes) - set(net.learned)
    assert {"bn1_1/weight", "conv1_1/bias"} < set(net.learned)
    at_rest = net(x, until="relu2_1", params=statistics)
    np.testing.assert_allclose(at_rest["relu2_1"], in_training["relu2_1"], rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("T", [0.5, 2.0])
def test_a_temperature_in_the_last_layer_divides_the_scores_and_nothing_else(T, x):
    net = models.build("minivgg_bn", classes=3)
    folded = fold_temperature(net, net.params, T)
    np.testing.assert_allclose(net.scores(x, folded), net.scores(x) / T, rtol=1e-5)
    assert [n for n in net.params if folded[n] is not net.params[n]] == ["fc8/weight", "fc8/bias"]
    assert all(a.dtype == np.float32 for a in folded.values())


def test_behind_the_last_layer_with_weights_a_relu_and_a_mean_pass_the_temperature_on(x):
    net = models.build("squeezenet1_1", classes=3)
    folded = fold_temperature(net, net.params, 2.0)
    np.testing.assert_allclose(net.scores(x, folded), net.scores(x) / 2, rtol=1e-5)
    changed = [n for n in net.params if folded[n] is not net.params[n]]
    assert changed == ["conv10/weight", "conv10/bias"]
    with pytest.raises(ValueError, match="a temperature is 0"):
        fold_temperature(net, net.params, 0)


def test_the_gradient_reaches_the_pixels_through_preprocessing(x):
    net = models.build("minivgg", classes=3, dtype="float64")
    step = np.random.default_rng(1).normal(size=x.shape)
    pixels = Tensor(x.astype(np.float64))
    (g,) = grad(net(pixels)["fc8"].sum(), [pixels])
    scores = [net(pixels.data + h * step)["fc8"].sum() for h in (1e-7, -1e-7)]
    assert (scores[0] - scores[1]) / 2e-7 == pytest.approx((g * step).sum(), rel=1e-5)


def test_folding_batch_norm_gives_the_same_scores(net, x, rng):
    params = {
        name: (array + rng.uniform(0, 1, array.shape)).astype(np.float32)
        if array.ndim == 1 else array
        for name, array in net.params.items()
    }
    plain = models.table("minivgg", classes=5)
    folded = fold_batch_norm(net, params)
    assert {name: array.shape for name, array in folded.items()} == plain.shapes
    want, got = net(x, params=params)["fc8"], plain(x, params=folded)["fc8"]
    assert np.abs(got - want).max() / np.abs(want).max() < 1e-4


def test_one_seed_gives_one_network_whatever_the_dtype():
    one, other = (models.build("minivgg", random_seed=3, dtype=d) for d in ("float32", "float64"))
    for name in one.params:
        assert other.params[name].dtype == np.float64
        assert np.array_equal(one.params[name], other.params[name])
    assert not np.array_equal(
        one.params["fc6/weight"], models.build("minivgg", random_seed=4).params["fc6/weight"]
    )


def test_activations_neither_grow_nor_fade_with_depth(rng):
    """He et al. 2015, section 2.2: that is what the 2 / fan_in is for."""
    a = rng.normal(size=(1, 64, 24, 24)).astype(np.float32)
    power = (a**2).mean()
    for layer in range(10):
        weight = initial({"weight": (64, 64, 3, 3)}, layer)["weight"]
        a = ops.conv2d(ops.relu(a), weight, padding=1)
    assert 0.2 < (a[:, :, 4:-4, 4:-4] ** 2).mean() / power < 5


@pytest.mark.parametrize(
    "call, says",
    [
        (dict(until="conv4-2"), "minivgg_bn has no layer 'conv4-2'; did you mean conv4_2"),
        (dict(until="?"), "no layer .*; there are conv1_1, bn1_1"),
        (dict(params={"conv1_1/wieght": 0}), "no parameter .*; did you mean conv1_1/weight"),
        (dict(x=np.zeros((3, 40, 40))), r"takes pixels \(N, 3, H, W\), RGB, 0–255, not an"),
        (dict(x=np.zeros((1, 40, 40, 3))), "net.pixels"),
        (dict(x=np.zeros((1, 3, 20, 40))), "20×40 pixels are too few for minivgg_bn: .* at pool5"),
        (dict(x=Tensor(np.zeros((1, 3, 40, 40)))), "the pixels are float64 on cpu"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(net, x, call, says):
    with pytest.raises(ValueError, match=says):
        net(**{"x": x, **call})


def test_a_table_without_weights_says_so(x):
    with pytest.raises(ValueError, match="table without weights"):
        models.table("minivgg")(x)


def test_a_file_of_pixels_in_bytes_is_as_good(net, x):
    bytes_ = x.astype(np.uint8)
    assert np.array_equal(net(bytes_)["fc8"], net(bytes_.astype(np.float32))["fc8"])


def test_unknown_devices_and_dtypes_are_refused():
    with pytest.raises(ValueError, match="only 'cpu' and 'cuda'"):
        models.build("minivgg", device="tpu")
    with pytest.raises(ValueError, match="float32 and float64"):
        models.build("minivgg", dtype="float16")


# ── Pixels as other libraries want them ──────────────────────────────────────────────────────────

PHOTO = np.random.default_rng(1).integers(0, 256, (1, 3, 48, 40)).astype(np.float32)


@pytest.mark.parametrize(
    "scaled",
    [
        PHOTO / 255,
        PHOTO / 127.5 - 1,
        (PHOTO / 255 - np.reshape([0.485, 0.456, 0.406], (3, 1, 1))) / 0.225,
        (PHOTO[:, :, ::-1] * 0.2).astype(np.float32) / 255,     # of a dark photo
    ],
)
def test_pixels_that_another_library_would_take_are_named_in_a_warning(net, scaled):
    scaled = scaled.astype(np.float32)
    for x in (scaled, Tensor(scaled)):
        with pytest.warns(UserWarning, match="minivgg_bn takes pixels from 0 to 255, and these lie "
                                             "between .* multiply by 255") as told:
            net(x)
        assert len(told) == 1 and told[0].filename == __file__


@pytest.mark.parametrize(
    "right",
    [
        PHOTO,
        np.rint(PHOTO / 90),                        # the darkest photo: 0, 1, 2, 3
        np.zeros_like(PHOTO),
        np.full_like(PHOTO, 0.5),
        np.full_like(PHOTO, 255),
        np.concatenate([PHOTO / 255, PHOTO]),       # one that is right is enough
        PHOTO / 255 * 3.1,
        PHOTO / 255 - 3.5,
        PHOTO * np.nan,
    ],
)
def test_a_dark_photo_and_a_blank_image_are_no_mistake(net, right, recwarn):
    net(right, until="conv1_1")
    assert not [w for w in recwarn if issubclass(w.category, UserWarning)]
