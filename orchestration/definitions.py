"""The code location that workspace.yaml names: the definitions of this environment's home."""

from orchestration.home import Home
from orchestration.location import build_definitions

defs = build_definitions(Home.resolve())
