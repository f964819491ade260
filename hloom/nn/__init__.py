"""Functions for neural networks: activations, softmax and its kin, attention, initial weights.

>>> import hloom
>>> hloom.nn.softmax(hloom.nn.relu(hloom.numpy.array([-1.0, 0.0])))
Array([0.5, 0.5], dtype=float32)
"""

from hloom.nn import initializers
from hloom.nn.activations import (
    celu,
    elu,
    gelu,
    glu,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    identity,
    leaky_relu,
    log1mexp,
    log_sigmoid,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_sign,
    softplus,
    sparse_plus,
    sparse_sigmoid,
    squareplus,
    swish,
    tanh,
)
from hloom.nn.attention import dot_product_attention
from hloom.nn.quantized import get_scaled_dot_general_config, scaled_dot_general
from hloom.nn.scaled import scaled_matmul
from hloom.nn.softmax import log_softmax, logmeanexp, logsumexp, one_hot, softmax, standardize
