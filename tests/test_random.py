"""Random numbers: streams equal to the golden ones bit for bit, keys of both kinds, distributions."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import hloom
from hloom import random
from hloom.frontend import dtypes
from hloom.runtime import pjrt

_TEXT = (Path(__file__).parent / "golden" / "random.csv").read_text()
GOLDEN = list(csv.DictReader(_TEXT.splitlines()))


def _value(row):
    arguments = json.loads(row["arguments"])
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}
    seed = int(row["seed"])
    if row["function"] == "PRNGKey":
        return random.PRNGKey(seed, impl=row["impl"])
    made = getattr(random, row["function"])(random.key(seed, impl=row["impl"]), **arguments)
    return random.key_data(made) if dtypes.is_extended(made.dtype) else made


@pytest.mark.parametrize("function", sorted({row["function"] for row in GOLDEN}))
@pytest.mark.parametrize("x64", [False, True])
def test_streams_are_bit_equal_to_the_golden_ones(function, x64):
    rows = [r for r in GOLDEN if r["function"] == function and (r["x64"] == "1") == x64]
    assert rows
    for row in rows:
        with hloom.enable_x64(x64):
            found = _value(row)
        assert found.dtype.name == row["dtype"], row
        found = np.asarray(found)
        wanted = np.frombuffer(bytes.fromhex(row["bytes"]), found.dtype).reshape(found.shape)
        if function == "normal" and found.dtype.itemsize >= 8 and pjrt.VERSION < 500:
            # an older compiler rounds its double logarithm differently in the last places
            np.testing.assert_allclose(found, wanted, rtol=1e-14)
        else:
            assert found.tobytes() == wanted.tobytes(), row
