"""What one identity may see of a schema: the rules, answered for the length of one operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from patchbay.access.identity import NOBODY

if TYPE_CHECKING:
    from patchbay.access.authorization.requirements import Condition
    from patchbay.access.authorization.rules import AccessRules
    from patchbay.access.identity import Identity

_log = structlog.get_logger("patchbay.access")


class Grants:
    """Says what an identity may not see. Each condition and each policy is looked at once.

    Args:
        rules: of the schema.
        identity: who asks; one that has expired is nobody.
    """

    __slots__ = ("_identity", "_said", "rules")

    def __init__(self, rules: AccessRules, identity: Identity) -> None:
        self.rules = rules
        self._identity = NOBODY if identity.has_expired else identity
        # One for all, as an operation may need none: by condition, type's name, field, and ("@policy", name).
        self._said: dict[object, bool] = {}

    def holds(self, condition: Condition) -> bool:
        """Whether the identity meets it."""
        found = self._said.get(condition)
        if found is None:
            found = self._said[condition] = condition.holds(self._identity, self._fulfils)
        return found

    def denies_type(self, name: str) -> bool:
        """Whether nothing of this type may be seen."""
        if name not in self.rules.types:
            return False
        found = self._said.get(name)
        if found is None:
            found = self._said[name] = not self._admits(name, frozenset())
        return found

    def denies_field(self, type_name: str, name: str) -> bool:
        """Whether a field of an object type may not be seen."""
        field = (type_name, name)
        guard = self.rules.fields.get(field)
        if guard is None:
            return False
        found = self._said.get(field)
        if found is None:
            found = not all(map(self.holds, guard.own)) or any(map(self.denies_type, guard.types))
            self._said[field] = found
        return found

    def _admits(self, name: str, above: frozenset[str]) -> bool:
        """Whether a type may be seen. It may lead back to those `above`, which are being looked at."""
        guard = self.rules.types.get(name)
        if guard is None or name in above:
            return True
        within = above | {name}
        return all(map(self.holds, guard.own)) and all(
            any(self._admits(each, within) for each in group) for group in guard.one_of
        )

    def _fulfils(self, policy: str) -> bool:
        key = ("@policy", policy)
        found = self._said.get(key)
        if found is None:
            found = self._said[key] = self._asked(policy)
        return found

    def _asked(self, policy: str) -> bool:
        function = self.rules.policies.get(policy)
        if function is None:
            return False
        try:
            return function(self._identity) is True
        except Exception as error:  # noqa: BLE001 - whoever cannot be judged is not let in
            _log.error("policy_failed", policy=policy, exc_info=error)
            return False
