"""Execution: operations compiled once and run over columns.

plan      what an operation asks
compile   document -> plan; plans.py keeps them
run       breadth-first, all edges of a level together
complete  values -> columns of serialised values, lists and objects
outcome   columns -> response, with null propagation and errors
executor  the seam to graphql-core and Strawberry
guarded   what a client may not see, where graphql-core executes
sizes     lists are held to their declared length
"""

from patchbay.execution.executor import CompiledExecutor
from patchbay.execution.metrics import OUTCOMES
from patchbay.execution.plans import OperationPlans

__all__ = ["OUTCOMES", "CompiledExecutor", "OperationPlans"]
