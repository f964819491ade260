"""The primitives, a file for each family; a layer's rules stand in files of the same names."""
