"""Pure tools on Chinese text: no clock, no chance, no I/O."""
