"""Where a program runs: devices, arrays, executables, caches."""
