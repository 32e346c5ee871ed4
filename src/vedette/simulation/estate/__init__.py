"""What vulnerability management knows of machines: software, weaknesses, settings, certificates and the rest.

All of it follows from the machines alone, simulated or recorded, so nothing is stored and nothing can disagree.
"""

from vedette.simulation.estate.estate import Estate, references
from vedette.simulation.estate.exposure import exposure_level
from vedette.simulation.estate.inventory import Installed, Profile, installed, profile_of
from vedette.simulation.estate.rows import changes, gathered, rows

__all__ = [
    "Estate",
    "Installed",
    "Profile",
    "changes",
    "exposure_level",
    "gathered",
    "installed",
    "profile_of",
    "references",
    "rows",
]
