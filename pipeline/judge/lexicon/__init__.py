"""Words and what they say of a matter. Data only: how they are weighed stands in ``pipeline.judge.reading``."""
