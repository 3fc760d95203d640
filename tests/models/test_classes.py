"""Classes by number, by name, by part of a name; and between two networks."""

from types import SimpleNamespace

import pytest

import models
from models.classes import class_name, classes_like, find_class, shared


def network(*classes, count=None, name="some net"):
    return SimpleNamespace(name=name, classes=list(classes), class_count=count or len(classes))


@pytest.fixture
def net():
    return network("tench", "Golf_ball", "great white shark", "white wolf", "wolf")


def test_a_class_is_found_by_number_name_or_part_of_its_name(net):
    assert find_class(net, "3") == 3
    assert find_class(net, "Golf_Ball") == find_class(net, " golf ball") == 1
    assert find_class(net, "shark") == 2


def test_a_whole_name_goes_before_a_part(net):
    assert find_class(net, "wolf") == 4


def test_an_ambiguous_part_lists_the_candidates(net):
    with pytest.raises(ValueError, match=r"great white shark \(2\), white wolf \(3\)"):
        find_class(net, "white")
    many = network(*(f"dog {n}" for n in range(15)))
    with pytest.raises(ValueError, match=r"dog 11 \(11\) and 3 more: name one"):
        find_class(many, "dog")


def test_a_class_that_is_none_is_said(net):
    with pytest.raises(ValueError, match="some net knows no class 'zebra'; python -m demos"):
        find_class(net, "zebra")
    with pytest.raises(ValueError, match="classes 0 … 4, not 7"):
        find_class(net, "7")
    with pytest.raises(ValueError, match="knows no class '²'"):     # a digit, but no number
        find_class(net, "²")
    with pytest.raises(TypeError, match="by a text"):
        find_class(net, 3)


def test_a_misspelt_class_is_guessed(net):
    with pytest.raises(ValueError, match="no class 'tensh'; did you mean tench?"):
        find_class(net, "tensh")


def test_a_network_without_names_has_numbers():
    net = network(count=4)
    assert class_name(net, 3) == "class 3" and find_class(net, "class 3") == find_class(net, "3")


def test_a_class_has_a_name_without_underscores_and_no_other_class_has_it(net):
    assert class_name(net, 1) == "Golf ball"
    with pytest.raises(ValueError, match="classes 0 … 4, not 5"):
        class_name(net, 5)
    with pytest.raises(ValueError, match="give a whole number, 0 or more"):
        class_name(net, -1)


def test_classes_are_listed_by_a_part_of_their_names(net):
    assert classes_like(net, "WHITE") == {2: "great white shark", 3: "white wolf"}
    assert classes_like(net, "golf_") == {1: "Golf ball"}
    assert list(classes_like(net, "")) == [0, 1, 2, 3, 4]


def test_two_networks_share_the_classes_that_they_name_alike(net):
    judge = network("WHITE_WOLF", "zebra", "golf ball")
    assert shared(net, judge) == {3: 0, 1: 2}


def test_networks_without_names_share_no_class(net):
    assert shared(network(count=5), network(count=5)) == shared(net, network(count=5)) == {}


def test_the_shipped_network_and_imagenet_share_36_classes():
    mini, imagenet = models.load("minivgg"), models.table("squeezenet1_0")
    assert len(shared(mini, imagenet)) == 36
    assert models.class_name(mini, models.find_class(mini, "golf ball")) == "golf ball"
