"""Projects: what is imported, by patchbay.toml, the command line or Python, and what is made of it.

toml        patchbay.toml
sources     where descriptions come from
declaring   all that is declared, checked; links, merges: their lines
loading     declarations -> models and upstreams
graph       these, and what is written by hand, as one graph
project     what main.py and `patchbay serve` hold
report      what an import found
examples    queries to start from
new         a project's first files
"""

from patchbay.importing.project.graph import LoadedGraph, OwnParts
from patchbay.importing.project.imports import imports
from patchbay.importing.project.loading import Loading
from patchbay.importing.project.project import Project
from patchbay.importing.project.sources import OpenApi, Wsdl

__all__ = ["LoadedGraph", "Loading", "OpenApi", "OwnParts", "Project", "Wsdl", "imports"]
