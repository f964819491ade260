"""The stages of compilation, ahead of time: Traced -> Lowered -> Compiled.

>>> import hloom
>>> lowered = hloom.jit(lambda x: x + 1).lower(1.0)
>>> "stablehlo.add" in lowered.as_text()
True
>>> float(lowered.compile()(2.0))
3.0
"""

from typing import Any, NamedTuple

from hloom.frontend import pytree
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ArgumentError, RefError, TreeError, ValueRangeError
from hloom.frontend.flat import argument_paths, flatten_args
from hloom.frontend.trace import brief
from hloom.runtime import guards, pjrt
from hloom.runtime.array import as_array
from hloom.runtime.compile import load, lowered, register_kernels
from hloom.runtime.devices import default_backend, default_device
from hloom.runtime.pjrt import BackendError
from hloom.runtime.spec import ShapeDtypeStruct


class ArgInfo(NamedTuple):
    """An argument of a compiled function: its aval, and if it is donated."""

    aval: ShapedArray
    donated: bool

    @property
    def shape(self):
        """The length of each axis."""
        return self.aval.shape

    @property
    def dtype(self):
        """The element type."""
        return self.aval.dtype


def sorted_options(name, compiler_options):
    """Options of the compiler as a tuple of pairs."""
    if compiler_options is None:
        return ()
    if not isinstance(compiler_options, dict) or not all(
        isinstance(k, str) for k in compiler_options
    ):
        raise ArgumentError(
            f"{name}: compiler_options is a dict of XLA's options by name",
            f"it is {brief(compiler_options)}",
            'write {"xla_cpu_enable_fast_math": True}, say',
        )
    return tuple(sorted(compiler_options.items()))


class Stage:
    """What every stage knows: the `program`, and the trees of its arguments and results."""

    def __init__(self, program, in_tree, out_tree, fun_name, donated):
        self.program = program
        self.in_tree = in_tree
        self.out_tree = out_tree
        self.fun_name = fun_name
        self.donated = donated

    def _after(self, stage):
        Stage.__init__(
            self, stage.program, stage.in_tree, stage.out_tree, stage.fun_name, stage.donated
        )

    @property
    def in_avals(self):
        """The types of the arguments, as a tree."""
        return self.in_tree.unflatten(self.program.in_avals)

    @property
    def donate_argnums(self):
        """Which of the arguments' leaves are donated."""
        return tuple(sorted(self.donated))

    @property
    def out_info(self):
        """The results as a tree of ShapeDtypeStructs."""
        specs = [
            ShapeDtypeStruct(a.shape, a.dtype, weak_type=a.weak_type)
            for a in self.program.out_avals[: self.out_tree.num_leaves]
        ]
        return self.out_tree.unflatten(specs)

    @property
    def args_info(self):
        """The arguments as a tree of ArgInfos."""
        return self.in_tree.unflatten(
            [ArgInfo(a, i in self.donated) for i, a in enumerate(self.program.in_avals)]
        )


class Traced(Stage):
    """A traced function: its `program`, and the structures of its arguments and results.

    `ref`, if any, is a ref from outside that it uses; then it can only be looked at.
    `compiler_options` are those of the jitted function.
    """

    def __init__(
        self, program, in_tree, out_tree, fun_name, donated, ref=None, compiler_options=()
    ):
        super().__init__(program, in_tree, out_tree, fun_name, donated)
        self.ref = ref
        self.compiler_options = compiler_options

    @property
    def out_avals(self):
        """The types of the results, as a tree."""
        return self.out_tree.unflatten(self.program.out_avals[: self.out_tree.num_leaves])

    @property
    def effects(self):
        """What it does besides computing its results, as names."""
        return self.program.effects

    def lower(self, target="xla", platform=None):
        """The program in StableHLO, for a target (`xla` or `portable`) and a platform."""
        if self.ref is not None:
            raise RefError(
                f"{self.fun_name}: a function that uses refs from outside is not lowered by itself",
                f"it uses {self.ref.aval}",
                "call it, or pass the value of the ref and return the new one",
            )
        module = lowered(self.program, self.fun_name, self.donated, target, platform)
        return Lowered(self, module)

    def __repr__(self):
        return f"Traced({self.fun_name}, {len(self.program.eqns)} equations)"


class Lowered(Stage):
    """A function in StableHLO."""

    def __init__(self, traced, module):
        self._after(traced)
        self.traced = traced
        self.module = module

    def as_text(self, dialect="stablehlo", debug_info=False):
        """The module as text; with `debug_info`, locations in the user's program too.

        In the dialect "hlo" it is what XLA reads, before it is optimised.
        """
        if dialect == "hlo":
            return self.compiler_ir("hlo").as_hlo_text()
        _require_stablehlo("as_text", dialect)
        return self.module.text(debug_info)

    def compiler_ir(self, dialect="stablehlo"):
        """The module as an `ir.Module` of jaxlib's bindings; in "hlo", as an XlaComputation."""
        if dialect == "hlo":
            return pjrt.computation(self.module.ir)
        _require_stablehlo("compiler_ir", dialect)
        return self.module.ir

    def cost_analysis(self):
        """XLA's estimates before it optimises, a dict: "flops", "bytes accessed" and more."""
        return pjrt.hlo_cost_analysis(pjrt.hlo(self.module.ir))

    def compile(self, compiler_options=None, devices=None):
        """The executable for the devices in use, or for a Topology that need not be there.

        The options are added to those of the jitted function.
        """
        given = dict(sorted_options(self.fun_name, compiler_options))
        options = tuple(sorted({**dict(self.traced.compiler_options), **given}.items()))
        if devices is not None:
            return CompiledAhead(self, devices, options)
        if self.module.platform != default_backend():
            raise BackendError(
                f"{self.fun_name}: was lowered for {self.module.platform}",
                f"the devices in use are of {default_backend()}",
                "lower() it for these, or give compile(devices=...) a topology",
            )
        placed = (default_device(),)
        return Compiled(self, load(self.traced.program, self.module, placed, options))

    def __repr__(self):
        return f"Lowered({self.fun_name})"


def _require_stablehlo(what, dialect):
    if dialect not in (None, "stablehlo"):
        raise ValueRangeError(
            f"{what}: dialect {dialect!r} is not known",
            "a module is in StableHLO",
            "use 'stablehlo', or 'hlo' for XLA's own",
        )


class Optimised(Stage):
    """What XLA made of a function, to look at: `loaded` is the executable."""

    loaded: Any

    def as_text(self):
        """The optimised HLO as text."""
        return "\n\n".join(m.to_string() for m in self.loaded.hlo_modules())

    def cost_analysis(self):
        """XLA's estimates, a dict: "flops", "bytes accessed", "transcendentals" and more."""
        return pjrt.cost_analysis(self.loaded)

    def memory_analysis(self):
        """Bytes of arguments, results, temporaries and code: `temp_size_in_bytes` and its like."""
        return self.loaded.get_compiled_memory_stats()


class Compiled(Optimised):
    """A compiled function; it is called with arguments of the avals it was compiled for."""

    def __init__(self, lowered_stage, executable):
        self._after(lowered_stage)
        self.lowered = lowered_stage
        self.executable, self.loaded = executable, executable.loaded
        self._in_avals = list(self.program.in_avals)

    def runtime_executable(self):
        """The executable of jaxlib."""
        return self.loaded

    def __call__(self, *args, **kwargs):
        try:
            leaves, tree = pytree.flatten((args, kwargs))
            buffers = [x._raw for x in leaves]
            same = tree == self.in_tree and [x.aval for x in leaves] == self._in_avals
        except (AttributeError, ValueError):
            same = False
        if not same:
            buffers = self._buffers(args, kwargs)
        guards.execution(self.fun_name)
        return self.out_tree.unflatten(self.executable(buffers))

    def _buffers(self, args, kwargs):
        """The buffers of arguments that need to be converted, or to be refused."""
        fun_name, program = self.fun_name, self.program
        leaves, tree = flatten_args(lambda: None, args, kwargs)
        if tree != self.in_tree:
            template = self.in_tree.unflatten(program.in_avals)
            lines = pytree.difference(
                template, (args, kwargs), names=("compiled for", "called with")
            )
            what = f"{fun_name}: compiled for arguments of another structure"
            raise TreeError(what, lines, "pass the same structure, or compile again")
        arrays = [as_array(x) for x in leaves]
        for x, aval, path in zip(arrays, program.in_avals, argument_paths(tree)):
            if (x.aval.shape, x.aval.dtype) != (aval.shape, aval.dtype):
                what = f"{fun_name}: compiled for {path} of type {aval}"
                raise TreeError(what, f"it is {x.aval}", "convert it, or compile again")
        return [x._raw for x in arrays]

    def __repr__(self):
        return f"Compiled({self.fun_name})"


class CompiledAhead(Optimised):
    """A function compiled for devices that are not there: to be looked at and kept, not run."""

    def __init__(self, lowered_stage, topology, options):
        self._after(lowered_stage)
        if lowered_stage.module.platform != topology.platform:
            raise BackendError(
                f"{self.fun_name}: was lowered for {lowered_stage.module.platform}",
                f"the topology {topology.name!r} is of {topology.platform}",
                f"use .trace(...).lower(platform={topology.platform!r})",
            )
        self.lowered = lowered_stage
        self.topology = topology
        module = lowered_stage.module
        register_kernels(module)
        self.loaded = pjrt.compile_ahead(topology.devices[:1], module.ir, options)

    def serialize(self):
        """The executable as bytes, which the platform's runtime loads."""
        return bytes(self.loaded.serialize())

    def __call__(self, *args, **kwargs):
        raise BackendError(
            f"{self.fun_name}: was compiled for {self.topology.name}",
            "it can be looked at and serialised, since a topology's devices are not there",
            "compile it without devices=, on a machine that has them",
        )

    def __repr__(self):
        return f"CompiledAhead({self.fun_name}, {self.topology.name})"
