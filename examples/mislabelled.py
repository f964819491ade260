"""Gradients of single examples find wrong labels.

    python examples/mislabelled.py

Some labels of scikit-learn's digits are changed at random. A small network is trained on all of
them, for a short time. Then `vmap(grad)` computes what each example alone would do to the
parameters: an example that pulls hard does not agree with the others (Paul et al., 2021). Looked
at in that order, the changed labels come first.
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits

import hloom
import hloom.numpy as hnp
from hloom import nn, random, tree


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
def pulls(params, images, labels):
    """The length of the gradient of each example's loss, [examples]."""
    each = hloom.vmap(hloom.grad(loss), in_axes=(None, 0, 0))(params, images, labels)
    squares = tree.map(lambda g: hnp.sum(g**2, axis=(1, 2)), each)
    return hnp.sqrt(tree.reduce(hnp.add, squares))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--wrong", type=float, default=0.05, help="the part of labels changed")
    options = parser.parse_args()

    digits = load_digits()
    images, labels = np.float32(digits.data / 16), np.int32(digits.target)
    change = np.random.default_rng(0)
    is_wrong = change.random(len(labels)) < options.wrong
    count = int(is_wrong.sum())
    given = labels.copy()
    given[is_wrong] = (labels[is_wrong] + change.integers(1, 10, count)) % 10
    print(f"{count} of {len(labels)} labels were changed")

    params = init(random.key(0))
    for _ in range(options.steps):
        params = descend(params, images, given)
    order = np.argsort(-np.asarray(pulls(params, images, given)))
    for looked in (count // 2, count, 2 * count):
        found = is_wrong[order[:looked]].sum()
        print(f"among the {looked:4} that pull hardest: {found:4} changed labels")
    print(f"among as many as {count} at random: about {options.wrong * count:.0f}")
    print("\nthe ten that pull hardest:")
    for i in order[:10]:
        verdict = f"changed from {labels[i]}" if is_wrong[i] else "as it was"
        print(f"    image {i:4} labelled {given[i]}: {verdict}")


if __name__ == "__main__":
    main()
