"""The command line: the product's second face. One file per family of commands, each loaded only when it is called."""
