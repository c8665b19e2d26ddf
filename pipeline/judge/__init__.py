"""Pure judging: no clock, no chance, no I/O. Facts come in as arguments, judgements go out as values."""
