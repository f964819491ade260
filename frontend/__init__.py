"""The frontend layer: what a program is."""
