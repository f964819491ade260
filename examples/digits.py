"""Train a small convolutional network on digits, save it as StableHLO, run it elsewhere.

    python examples/digits.py --out digits-output

The data are scikit-learn's bundled digits: 1797 images of 8 x 8 pixels. Every fifth is kept for
the test. Each training image is shifted and slightly dimmed at random each time it is seen, by a
function of one image that `vmap` makes into one of a batch. Adam is written out below, with
`tree.map`.

The trained classifier, its weights included, then becomes one StableHLO file, which is loaded in
a fresh process and, where IREE is installed, compiled by another compiler; both must agree with
this one.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

import hloom
import hloom.numpy as hnp
from hloom import export, lax, nn, random, tree

try:
    import matplotlib
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Table
    from sklearn.datasets import load_digits
except ImportError as error:
    sys.exit(f"{error.name} is missing; the demo needs: pip install scikit-learn matplotlib rich")

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import NullLocator

console = Console(highlight=False)


# ---------------------------------------------------------------- the model


def init(key):
    """The network's parameters, scaled for relu (He et al., 2015)."""
    shapes = {"conv1": (3, 3, 1, 24), "conv2": (3, 3, 24, 48), "dense": (768, 96), "out": (96, 10)}
    params = {}
    for (name, shape), k in zip(shapes.items(), random.split(key, len(shapes))):
        scale = (2 / np.prod(shape[:-1])) ** 0.5
        params[name] = {"w": scale * random.normal(k, shape), "b": hnp.zeros(shape[-1])}
    return params


def conv(layer, x):
    """A 3 x 3 convolution of images [batch, height, width, channels]."""
    dims = ("NHWC", "HWIO", "NHWC")
    x = lax.conv_general_dilated(x, layer["w"], (1, 1), "SAME", dimension_numbers=dims)
    return x + layer["b"]


def logits(params, images):
    """Scores of the ten digits, [batch, 10], for images [batch, 8, 8]."""
    x = nn.relu(conv(params["conv1"], images[..., None]))
    x = nn.relu(conv(params["conv2"], x))
    x = lax.reduce_window(x, -hnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = nn.relu(x.reshape(x.shape[0], -1) @ params["dense"]["w"] + params["dense"]["b"])
    return x @ params["out"]["w"] + params["out"]["b"]


def loss(params, images, labels):
    """Mean cross-entropy with a little label smoothing."""
    targets = 0.95 * nn.one_hot(labels, 10) + 0.005
    return -hnp.mean(hnp.sum(targets * nn.log_softmax(logits(params, images)), axis=-1))


def augment(key, image):
    """One image, moved by up to a pixel in each direction and dimmed by up to a fifth."""
    where, brightness = random.split(key)
    row, column = random.randint(where, (2,), 0, 3)
    moved = lax.dynamic_slice(hnp.pad(image, 1), (row, column), image.shape)
    return moved * random.uniform(brightness, minval=0.8, maxval=1.0)


# ---------------------------------------------------------------- training


class Adam(NamedTuple):
    """The state of Adam (Kingma and Ba, 2015): moments of the gradient, and the number of steps."""

    mean: dict
    square: dict
    count: hloom.Array


def adam(state, params, gradient, rate, b1=0.9, b2=0.99, epsilon=1e-8):
    """The state and the parameters after a step."""
    count = state.count + 1
    mean = tree.map(lambda m, g: b1 * m + (1 - b1) * g, state.mean, gradient)
    square = tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, state.square, gradient)
    size = rate * hnp.sqrt(1 - b2**count) / (1 - b1**count)
    params = tree.map(lambda p, m, v: p - size * m / (hnp.sqrt(v) + epsilon), params, mean, square)
    return Adam(mean, square, count), params


@hloom.jit
def train_step(params, state, key, images, labels, rate):
    """One step of Adam on a batch of changed images."""
    images = hloom.vmap(augment)(random.split(key, len(images)), images)
    value, gradient = hloom.value_and_grad(loss)(params, images, labels)
    state, params = adam(state, params, gradient, rate)
    return params, state, value


@hloom.jit
def predict(params, images):
    """The likeliest digit for each image, and the probabilities of all ten."""
    probabilities = nn.softmax(logits(params, images))
    return hnp.argmax(probabilities, axis=-1), probabilities


def train(train_set, test_set, epochs, batch=64, peak_rate=4e-3, seed=0):
    """Parameters, the loss of each step and the test accuracy after each epoch."""
    images, labels = train_set
    key, init_key = random.split(random.key(seed))
    params = init(init_key)
    zeros = tree.map(hnp.zeros_like, params)
    state = Adam(zeros, zeros, hnp.zeros((), "int32"))
    shuffle = np.random.default_rng(seed)
    per_epoch = len(images) // batch
    losses, accuracies = [], []
    columns = (
        TextColumn("training"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=epochs * per_epoch, said="compiling")
        for epoch in range(epochs):
            order = shuffle.permutation(len(images))
            for i in range(per_epoch):
                done = (epoch + i / per_epoch) / epochs
                rate = peak_rate * min(1, 20 * done) * 0.5 * (1 + np.cos(np.pi * done))
                chosen = order[i * batch : (i + 1) * batch]
                key, step_key = random.split(key)
                params, state, value = train_step(
                    params, state, step_key, images[chosen], labels[chosen], rate
                )
                losses.append(value)  # not waited for here: the next step is prepared meanwhile
                progress.advance(task)
            accuracies.append(np.mean(np.asarray(predict(params, test_set[0])[0]) == test_set[1]))
            said = f"epoch {epoch + 1:2}  loss {float(value):.3f}  test {accuracies[-1]:.1%}"
            progress.update(task, said=said)
    return params, np.array(losses, float), accuracies


# ---------------------------------------------------------------- what came of it


def show_confusion(labels, guesses):
    """Print how often each digit was taken for which."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, guesses), 1)
    table = Table(title="rows: the digit, columns: the answer", title_style="dim")
    table.add_column("")
    for digit in range(10):
        table.add_column(str(digit), justify="right")
    for digit, row in enumerate(counts):
        style = lambda n, on: "bold green" if on else "bold red" if n else "dim"
        cells = [f"[{style(n, i == digit)}]{n or '·'}[/]" for i, n in enumerate(row)]
        table.add_row(f"[bold]{digit}[/]", *cells)
    console.print(table)


def picture(path, losses, accuracies, images, labels, guesses, probabilities):
    """Draw the loss, the accuracy and the images that were misread, or else the least certain."""
    sure = probabilities[np.arange(len(labels)), labels]
    order = np.argsort(sure)[:12]
    figure = plt.figure(figsize=(12, 5.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.1, 1])
    top, bottom = left.subplots(2, 1, sharex=True, height_ratios=[1.5, 1])
    epochs = np.arange(1, len(losses) + 1) * len(accuracies) / len(losses)
    top.plot(epochs, losses, color="#9ecae1", lw=0.8, label="each step")
    width = max(1, len(losses) // len(accuracies))
    smooth = np.convolve(losses, np.ones(width) / width, "valid")
    top.plot(epochs[width - 1 :], smooth, color="#08519c", lw=1.8, label="mean of an epoch")
    top.set(ylabel="loss", title=f"Training: {len(losses)} steps of Adam", yscale="log")
    top.set_yticks([0.3, 0.5, 1, 2], ["0.3", "0.5", "1", "2"], minor=False)
    top.yaxis.set_minor_locator(NullLocator())
    top.legend(frameon=False)
    wrong = 100 * (1 - np.array(accuracies))
    bottom.plot(np.arange(1, len(wrong) + 1), wrong, "o-", color="#d94801", ms=3)
    bottom.set(xlabel="epoch", ylabel="test error (%)", ylim=(0, 2 * np.median(wrong) + 2))
    for axes in (top, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    left.align_ylabels()
    missed = int(np.sum(labels != guesses))
    right.suptitle(f"The hardest test images ({missed} of {len(labels)} misread)")
    for axes, i in zip(right.subplots(3, 4).flat, order):
        axes.imshow(images[i], cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        color = "#238b45" if labels[i] == guesses[i] else "#cb181d"
        axes.set_title(f"{labels[i]} read as {guesses[i]} ({probabilities[i].max():.0%})",
                       fontsize=9, color=color)  # fmt: skip
        axes.spines[:].set_color(color)
    figure.savefig(path, dpi=130)
    plt.close(figure)


FRESH = """
import sys, numpy
from hloom import export
classifier = export.load(sys.argv[1])
digits, probabilities = classifier.call(numpy.load(sys.argv[2]))
numpy.save(sys.argv[3], probabilities)
"""


def milliseconds(function, images, repeat=20):
    """The median time of a call."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        hloom.block_until_ready(function(images))
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times))


def run_elsewhere(out, params, images):
    """Save the classifier, and compare it here, in a fresh process and in IREE."""
    file = out / "digits.stablehlo"
    classifier = export.export(hloom.jit(lambda x: predict(params, x)))(images)
    classifier.save(file)
    here = np.asarray(classifier.call(images)[1])
    console.print(f"\nsaved {file}: {file.stat().st_size / 1e3:.0f} kB of portable StableHLO")
    np.save(out / "images.npy", images)
    arguments = [str(p) for p in (file, out / "images.npy", out / "fresh.npy")]
    subprocess.run([sys.executable, "-c", FRESH, *arguments], check=True)
    report("in a fresh process", np.load(out / "fresh.npy"), here)
    try:
        start = time.perf_counter()
        program = export.iree.compile(file)
        seconds = time.perf_counter() - start
        report(f"through IREE (compiled in {seconds:.1f} s)", program(images)[1], here)
    except export.iree.IreeError as error:
        console.print(f"IREE was left out:\n    {error}", markup=False)
        return
    times = milliseconds(classifier.call, images), milliseconds(program, images)
    console.print(f"{len(images)} images take {times[0]:.1f} ms in XLA, {times[1]:.1f} ms in IREE")


def report(where, there, here):
    """Print how far the probabilities computed elsewhere are from those computed here."""
    difference = float(np.max(np.abs(there - here)))
    console.print(f"{where}: largest difference {difference:.1e}")
    if not difference < 1e-4:
        sys.exit("the results differ: this is a defect")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path("digits-output"), help="folder for results"
    )
    parser.add_argument("--epochs", type=int, default=60)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    digits = load_digits()
    images, labels = np.float32(digits.images / 16), np.int32(digits.target)
    is_test = np.arange(len(images)) % 5 == 4
    test_images, test_labels = images[is_test], labels[is_test]
    console.print(f"{np.sum(~is_test)} images to train on, {np.sum(is_test)} for the test")

    start = time.perf_counter()
    params, losses, accuracies = train(
        (images[~is_test], labels[~is_test]), (test_images, test_labels), options.epochs
    )
    guesses, probabilities = map(np.asarray, predict(params, test_images))
    show_confusion(test_labels, guesses)
    accuracy = np.mean(guesses == test_labels)
    seconds = time.perf_counter() - start
    console.print(f"[bold]test accuracy {accuracy:.2%}[/] after {seconds:.1f} s")
    file = options.out / "digits.png"
    picture(file, losses, accuracies, test_images, test_labels, guesses, probabilities)
    console.print(f"drew {file}")
    run_elsewhere(options.out, params, test_images)


if __name__ == "__main__":
    main()
