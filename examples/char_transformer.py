"""A small transformer learns to write, a character at a time, from a text in this repository.

    python examples/char_transformer.py --steps 600

The layers are alike, so their parameters are stacked along a first axis and `lax.scan` runs over
it: the compiled program holds one layer, however many there are. Writing is a loop too,
`lax.scan` over positions with random draws, so a whole sample is one call.
"""

import argparse
from pathlib import Path

import numpy as np

import hloom
import hloom.numpy as hnp
from hloom import lax, nn, random, tree

ROOT = Path(__file__).resolve().parents[1]
HEADS, CONTEXT = 4, 64


def init(key, characters, width=64, layers=2):
    """Embeddings, and the parameters of all layers, each array with the layers along axis 0."""
    keys = iter(random.split(key, 8))
    normal = lambda *shape, scale: scale * random.normal(next(keys), shape)
    return {
        "characters": normal(characters, width, scale=0.1),
        "places": normal(CONTEXT, width, scale=0.1),
        "layers": {
            "qkv": normal(layers, width, 3 * width, scale=width**-0.5),
            "mixed": normal(layers, width, width, scale=0.3 * width**-0.5),
            "up": normal(layers, width, 4 * width, scale=width**-0.5),
            "down": normal(layers, 4 * width, width, scale=0.3 * (4 * width) ** -0.5),
        },
        "out": normal(width, characters, scale=width**-0.5),
    }


def normalised(x):
    """Each vector with mean 0 and variance 1."""
    x = x - hnp.mean(x, axis=-1, keepdims=True)
    return x * lax.rsqrt(hnp.mean(x * x, axis=-1, keepdims=True) + 1e-5)


def attention(x, qkv):
    """Each position looks at itself and what is before it; x is [positions, width]."""
    split = (x @ qkv).reshape(len(x), 3, HEADS, -1)
    q, k, v = split[:, 0], split[:, 1], split[:, 2]
    scores = hnp.einsum("qhd,khd->hqk", q, k) / q.shape[-1] ** 0.5
    seen = hnp.tril(hnp.ones((len(x), len(x)), bool))
    weights = nn.softmax(hnp.where(seen, scores, -1e9), axis=-1)
    return hnp.einsum("hqk,khd->qhd", weights, v).reshape(x.shape)


def logits(params, text):
    """Scores of the next character after each position of a text, an int array [positions]."""

    def layer(x, p):
        x = x + attention(normalised(x), p["qkv"]) @ p["mixed"]
        return x + nn.gelu(normalised(x) @ p["up"]) @ p["down"], None

    x = params["characters"][text] + params["places"][: len(text)]
    x, _ = lax.scan(layer, x, params["layers"])
    return normalised(x) @ params["out"]


def loss(params, windows):
    """Mean cross-entropy, in nats, of the next character; windows are [batch, positions + 1]."""

    def one(window):
        guesses = nn.log_softmax(logits(params, window[:-1]))
        return -hnp.mean(hnp.take_along_axis(guesses, window[1:, None], axis=-1))

    return hnp.mean(hloom.vmap(one)(windows))


@hloom.jit
def train_step(params, moments, count, windows, rate):
    """A step of Adam."""
    value, gradient = hloom.value_and_grad(loss)(params, windows)
    first = tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradient)
    second = tree.map(lambda v, g: 0.98 * v + 0.02 * g * g, moments[1], gradient)
    scale = rate * hnp.sqrt(1 - 0.98**count) / (1 - 0.9**count)
    params = tree.map(lambda p, m, v: p - scale * m / (hnp.sqrt(v) + 1e-8), params, first, second)
    return params, (first, second), value


@hloom.jit
def write(params, key, start, temperature=0.7):
    """What the model goes on to write after the CONTEXT characters `start`: four times as many."""

    def step(text, key):
        scores = logits(params, text)[-1] / temperature
        drawn = random.categorical(key, scores).astype(text.dtype)
        return hnp.concatenate([text[1:], drawn[None]]), drawn

    _, drawn = lax.scan(step, start, random.split(key, 4 * CONTEXT))
    return drawn


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--text", type=Path, default=ROOT / "LICENSE")
    options = parser.parse_args()

    text = options.text.read_text()
    alphabet = sorted(set(text))
    data = np.array([alphabet.index(c) for c in text], np.int32)
    counts = np.bincount(data) / len(data)
    entropy = -np.sum(counts * np.log(counts))
    print(f"{options.text.name}: {len(data)} characters, {len(alphabet)} different")
    print(f"guessing by frequency alone costs {entropy:.3f} nats a character")

    key = random.key(0)
    params = init(key, len(alphabet))
    moments = (tree.map(hnp.zeros_like, params),) * 2
    numpy_random = np.random.default_rng(0)
    for step in range(1, options.steps + 1):
        starts = numpy_random.integers(0, len(data) - CONTEXT, 16)
        windows = data[starts[:, None] + np.arange(CONTEXT + 1)]
        rate = 4e-3 * min(1, step / 50) * 0.5 * (1 + np.cos(np.pi * step / (options.steps + 1)))
        params, moments, value = train_step(params, moments, float(step), windows, rate)
        if step in (1, options.steps) or step % 100 == 0:
            print(f"step {step:4}  loss {float(value):.3f}")
    place = len(text) // 3
    written = np.asarray(write(params, key, data[place : place + CONTEXT]))
    print(f"\n{text[place : place + CONTEXT]}|{''.join(alphabet[i] for i in written)}")


if __name__ == "__main__":
    main()
