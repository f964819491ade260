"""The primitives, a file for each family; a layer's rules for a family stand in a file of the same name."""
