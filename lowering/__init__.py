"""How a program is said in StableHLO."""
