"""The seam: graphql-core's executor class, as Strawberry hands it on, with plans inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import structlog
from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution.executor import default_field_resolver, default_type_resolver
from graphql.pyutils.is_awaitable import is_async_iterable as default_is_async_iterable
from graphql.pyutils.is_awaitable import is_awaitable as default_is_awaitable

from patchbay.execution.compile import compile_operation
from patchbay.execution.metrics import OUTCOMES
from patchbay.execution.outcome import outcome
from patchbay.execution.plan import Selection
from patchbay.execution.plans import OperationPlans, plans_of
from patchbay.execution.rows import row_builder
from patchbay.execution.run import Run
from patchbay.execution.sizes import SizedExecutor

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping
    from typing import Self

    from patchbay.execution.plan import FieldPlan

_log = structlog.get_logger("patchbay.execution")

_DEFAULTS: dict[str, Any] = {
    "field_resolver": default_field_resolver,
    "type_resolver": default_type_resolver,
    "subscribe_field_resolver": default_field_resolver,
    "enable_early_execution": False,
    "middleware_manager": None,
    "is_awaitable": default_is_awaitable,
    "is_async_iterable": default_is_async_iterable,
    "hide_suggestions": False,
    "abort_signal": None,
    "hooks": None,
    "error_propagation": True,
    "operation_extensions": None,
}

_ARGUMENTS = (
    "schema",
    "fragment_definitions",
    "fragments",
    "root_value",
    "context_value",
    "operation",
    "variable_values",
    *(name for name in _DEFAULTS if name != "error_propagation"),
)

MAX_REASONS = 100
"""How many different reasons are logged."""

_told: set[str] = set()


class CompiledExecutor(SizedExecutor):
    """Executes operations by plans that are compiled once.

    Pass it as `execution_context_class` to strawberry.Schema, or as `executor_class` to graphql-core. What it
    answers is what graphql-core answers, errors and null propagation included. Operations with @defer or
    @stream, and such that no plan can be made for, run on graphql-core's own executor.

    What the client may not see (patchbay/access) is null with an error, and nothing is called for it.
    """

    plans: OperationPlans | None = None
    """Those of the operation, where somebody keeps them with it."""

    answers_whole = False
    """Whether what @defer and @stream ask to have later comes with the rest."""

    @classmethod
    def ready(cls, constant: Mapping[str, Any], **state: Any) -> Self:
        """An executor for one request, with nothing made that may not be needed.

        Most requests need a tenth of what graphql-core's executor is made of. The rest is made when something
        asks for it, as a resolver does that takes `info`.

        Args:
            constant: names and values of graphql-core's constructor arguments that hold for all requests of
                an operation.
            state: those of this request.
        """
        executor = cls.__new__(cls)
        attributes = executor.__dict__
        attributes.update(_DEFAULTS)
        attributes.update(constant)
        attributes.update(state)
        return executor

    def __getattr__(self, name: str) -> Any:
        """Called for what is missing: makes all of it, as the constructor does."""
        attributes = self.__dict__
        if name.startswith("__") or "schema" not in attributes or "collected_errors" in attributes:
            raise AttributeError(name)
        self.__init__(**{argument: attributes[argument] for argument in _ARGUMENTS})  # type: ignore[misc] # late, on purpose
        return getattr(self, name)

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001 - graphql-core's signature
        """The result, or an awaitable of it where something has to be waited for."""
        self.identify(None if self.plans is None else self.plans.rules)
        if self.abort_signal is not None and self.abort_signal.aborted:
            return super().execute_operation(serially)
        plans = self.plans or plans_of(self)
        if plans.incremental and not self.answers_whole:
            OUTCOMES["incremental"] += 1
            return super().execute_operation(serially)
        try:
            selection = plans.plan(self, self._compile)
        except GraphQLError as error:
            OUTCOMES["compiled"] += 1
            self.collected_errors.add(error, None)
            return self.finish(self.build_response(None))
        except Exception as error:  # noqa: BLE001 - a query must not fail for want of a plan
            OUTCOMES["uncompilable"] += 1
            self._tell_once(error)
            return super().execute_operation(serially)
        OUTCOMES["compiled"] += 1
        if serially is None:
            serially = self.operation.operation is OperationType.MUTATION
        return self._one_after_another(selection) if serially else self._all_at_once(selection)

    def _compile(self) -> Selection:
        root_type = self.schema.get_root_type(self.operation.operation)
        if root_type is None:
            message = f"Schema is not configured to execute {self.operation.operation.value} operation."
            raise GraphQLError(message, self.operation)
        return compile_operation(self, root_type)

    def _all_at_once(self, selection: Selection) -> Any:
        run = Run(self, selection, self.root_value)
        if not run.advance():
            return self.finish(self._response(run))
        return self._guarded(self._await(run))

    async def _await(self, run: Run) -> ExecutionResult:
        await run.finish()
        return self._response(run)

    def _response(self, run: Run) -> ExecutionResult:
        if not run.has_failures and self.hooks is None:
            self._let_go()
            return ExecutionResult(run.root.build()[0])
        data, errors = outcome(run.root, propagate=self.error_propagation, whole=run.is_whole)
        self.collected_errors.errors.extend(errors)
        return self._built(data)

    def _built(self, data: dict[str, Any] | None) -> ExecutionResult:
        result = cast("ExecutionResult", self.build_response(data))
        self._let_go()
        return result

    def _let_go(self) -> None:
        """Drop what holds this executor and would keep it until the collector comes by. `info` has it too."""
        self.__dict__.pop("async_helpers", None)

    def _one_after_another(self, selection: Selection) -> Any:
        """Root fields in order, each with all that is under it, as mutations are."""
        data: dict[str, Any] = {}
        fields = iter(selection.fields)
        for field in fields:
            run = self._single(selection, field)
            if run.advance():
                return self._guarded(self._await_rest(selection, run, fields, data))
            if not self._take(run, data):
                return self.finish(self.build_response(None))
        return self.finish(self.build_response(data))

    async def _await_rest(
        self, selection: Selection, run: Run, fields: Iterator[FieldPlan], data: dict[str, Any]
    ) -> ExecutionResult:
        await run.finish()
        good = self._take(run, data)
        for field in fields if good else ():
            run = self._single(selection, field)
            if run.advance():
                await run.finish()
            good = self._take(run, data)
            if not good:
                break
        return self._built(data if good else None)

    def _single(self, selection: Selection, field: FieldPlan) -> Run:
        """The run of one root field."""
        if self.abort_signal is not None and self.abort_signal.aborted:
            raise self.abort_error()
        alone = Selection(selection.type, (field,), row_builder((field.key,)), shareable=False)
        return Run(self, alone, self.root_value)

    def _take(self, run: Run, data: dict[str, Any]) -> bool:
        """Add what a run came to; whether the answer is still not null."""
        answer, errors = outcome(run.root, propagate=self.error_propagation, whole=run.is_whole)
        self.collected_errors.errors.extend(errors)
        data.update(answer or {})
        return answer is not None

    def _guarded(self, work: Coroutine[Any, Any, ExecutionResult]) -> Any:
        return work if self.abort_signal is None else self.with_aborted_execution_error(work)

    def _tell_once(self, error: Exception) -> None:
        """Log why there is no plan, once for each reason."""
        reason = f"{type(error).__name__}: {error}"
        if reason not in _told and len(_told) < MAX_REASONS:
            _told.add(reason)
            _log.error("operation_not_compiled", reason=reason, exc_info=error)
