"""The figures of judgement, one module each: a pure measurement that returns a value, its rows, its plot."""
