"""One folder per kind of case system."""
