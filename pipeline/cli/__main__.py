"""``python -m pipeline.cli``: how ``up`` starts its parts, by the same interpreter, wherever the console script lies."""

from pipeline.cli.main import main

main()
