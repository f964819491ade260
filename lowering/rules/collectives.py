"""The collectives have no lowerings: vmap replaces them by operations on the mapped axis."""

from hloom.frontend.prims import collectives as c
from hloom.lowering.table import none

for _primitive in (
    *c.reduce_across.values(),
    c.gather_across,
    c.scatter_across,
    c.exchange,
    c.permute,
    c.index_on,
):
    none(_primitive, "vmap replaces it")
