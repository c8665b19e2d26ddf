"""What other packages use of the rule packs."""

from pipeline.policies.answers import Answer
from pipeline.policies.calendar import Due
from pipeline.policies.catalogue import Catalogue, catalogue, catalogue_with, names, own_pack, packaged
from pipeline.policies.engine import Ruling
from pipeline.policies.policy import House, Policy
from pipeline.policies.units import Unit, Units
from pipeline.policies.yaml_lines import BadPack

__all__ = [
    "Answer", "BadPack", "Catalogue", "Due", "House", "Policy", "Ruling", "Unit", "Units", "catalogue", "catalogue_with",
    "names", "own_pack", "packaged",
]  # fmt: skip
