"""Programs compiled with little effort: for tests that ask what is computed, not how fast."""

import hloom

OPTIONS = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}


def hurried(f):
    """`f`, compiled with little effort; it takes arguments of one type only."""
    compiled = []

    def call(*args):
        if not compiled:
            compiled.append(hloom.jit(f).lower(*args).compile(OPTIONS))
        return compiled[0](*args)

    return call
