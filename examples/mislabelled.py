"""Gradients of single examples find wrong labels.

    python examples/mislabelled.py

Some labels of scikit-learn's digits are changed at random. A small network is trained on all of
them, for a short time. Then `vmap(grad)` computes what each example alone would do to the
parameters; an example whose pull is against that of a few checked examples is suspect (Koh and
Liang, 2017; Pruthi et al., 2020). The most suspect are looked at first: most of them are indeed
wrong.
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits

import hloom
import hloom.numpy as hnp
from hloom import nn, random, tree

CHECKED = 200


def init(key, width=32):
    """Parameters of a network with one hidden layer."""
    first, second = random.split(key)
    return {
        "hidden": random.normal(first, (65, width)) / 8,
        "out": random.normal(second, (width + 1, 10)) / width**0.5,
    }


def loss(params, image, label):
    """Cross-entropy of one image, [64], and its label."""
    hidden = nn.relu(hnp.append(image, 1.0) @ params["hidden"])
    return -nn.log_softmax(hnp.append(hidden, 1.0) @ params["out"])[label]


def mean_loss(params, images, labels):
    """The mean over a batch."""
    return hnp.mean(hloom.vmap(loss, in_axes=(None, 0, 0))(params, images, labels))


@hloom.jit
def descend(params, images, labels):
    """A step of gradient descent."""
    gradient = hloom.grad(mean_loss)(params, images, labels)
    return tree.map(lambda p, g: p - 0.5 * g, params, gradient)


@hloom.jit
def agreement(params, images, labels, checked_images, checked_labels):
    """The inner product of each example's gradient with that of the checked ones, [examples]."""
    wanted = hloom.grad(mean_loss)(params, checked_images, checked_labels)
    each = hloom.vmap(hloom.grad(loss), in_axes=(None, 0, 0))(params, images, labels)
    products = tree.map(lambda g, w: hnp.sum(g * w, axis=(1, 2)), each, wanted)
    return tree.reduce(hnp.add, products)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--wrong", type=float, default=0.05, help="the part of labels changed")
    options = parser.parse_args()

    digits = load_digits()
    images, labels = np.float32(digits.data / 16), np.int32(digits.target)
    checked, rest = slice(None, CHECKED), slice(CHECKED, None)
    change = np.random.default_rng(0)
    given = labels.copy()
    is_wrong = change.random(len(labels)) < options.wrong
    is_wrong[checked] = False
    given[is_wrong] = (labels[is_wrong] + change.integers(1, 10, is_wrong.sum())) % 10

    params = init(random.key(0))
    scores = np.zeros(len(labels[rest]))
    for step in range(options.steps):
        if step % 50 == 49:  # what an example does is added up along the way
            scores += agreement(params, images[rest], given[rest], images[checked], given[checked])
        params = descend(params, images, given)
    count = int(is_wrong.sum())
    print(f"{count} of {len(labels) - CHECKED} labels were changed")

    order = np.argsort(scores)
    found = is_wrong[rest][order]
    for looked in (count // 2, count, 2 * count):
        print(f"among the {looked:4} most suspect: {found[:looked].sum():4} changed labels")
    guessing = options.wrong * count
    print(f"looking at {count} at random would find about {guessing:.0f}")
    print("\nthe ten most suspect:")
    for i in order[:10] + CHECKED:
        verdict = f"changed from {labels[i]}" if is_wrong[i] else "as it was"
        print(f"    image {i:4} labelled {given[i]}: {verdict}")


if __name__ == "__main__":
    main()
