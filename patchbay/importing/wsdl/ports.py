"""Which operation is called through which port: each operation of each port type once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patchbay.importing.model import SoapVersion
from patchbay.importing.wsdl.definitions import BINDING, PORT_TYPE, SERVICE, Definitions, Found
from patchbay.importing.wsdl.names import SOAP_1_1, SOAP_1_2, WSDL, split, wsdl_children

if TYPE_CHECKING:
    from patchbay.importing.wsdl.notes import Notes

_VERSIONS = {SOAP_1_1: SoapVersion.V1_1, SOAP_1_2: SoapVersion.V1_2}


@dataclass(frozen=True, slots=True)
class Port:
    """A port over SOAP.

    Args:
        name: the port's; the binding's where no service has a port for it.
        service: its name; "" for none.
        address: as the WSDL has it; "" for none.
        binding: the binding; None for a port type that has none.
        soap: the namespace of the binding's own elements.
        version: of the envelope.
        is_rpc: the style that operations have where they say nothing else.
    """

    name: str
    service: str
    address: str
    binding: Found | None
    soap: str
    version: SoapVersion
    is_rpc: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """An operation of a port type, with the port that it is called through.

    Args:
        name: of the operation.
        abstract: its element in the port type.
        bound: its element in the binding; None where there is none.
        port_type: where it is declared.
        port: what it is called through.
    """

    name: str
    abstract: Any
    bound: Any | None
    port_type: Found
    port: Port


def offered(definitions: Definitions, notes: Notes) -> list[Offered]:
    """The operations, in the order of the ports and of the port types."""
    by_port_type: dict[str, tuple[Found, list[Port]]] = {}
    for port, port_type in _bound(definitions, notes):
        by_port_type.setdefault(port_type.name, (port_type, []))[1].append(port)
    if not by_port_type:
        # A description without any binding still says what the messages are.
        bound = _all_bound(definitions)
        for port_type in definitions.all_of(PORT_TYPE):
            if port_type.name not in bound:
                port = Port(port_type.local, "", "", None, SOAP_1_1, SoapVersion.V1_1)
                notes.note(
                    port_type.source, port_type.node, f"has no binding for {port_type.local}; takes SOAP 1.1"
                )
                by_port_type[port_type.name] = (port_type, [port])
    return [
        found
        for port_type, ports in by_port_type.values()
        for found in _operations(port_type, sorted(ports, key=_preference), notes)
    ]


def _preference(port: Port) -> tuple[bool, bool]:
    """Ports that HTTP reaches come first, and of these SOAP 1.1, which more services do well."""
    is_elsewhere = bool(port.address) and not port.address.lower().startswith(("http://", "https://"))
    return is_elsewhere, port.version is not SoapVersion.V1_1


def _bound(definitions: Definitions, notes: Notes) -> list[tuple[Port, Found]]:
    """The ports over SOAP with their port types; the bindings, where no service has a port over SOAP."""
    found: list[tuple[Port, Found]] = []
    for service in definitions.all_of(SERVICE):
        for node in wsdl_children(service.node, "port"):
            binding = definitions.find(BINDING, service.refers(node.get("binding", "")))
            if binding is None:
                notes.left_out(service.source, node, f"has the port {node.get('name')} without a binding")
                continue
            _add(found, definitions, notes, binding, node, service)
    if not found:
        for binding in definitions.all_of(BINDING):
            _add(found, definitions, notes, binding, None, None)
    return found


def _add(
    found: list[tuple[Port, Found]],
    definitions: Definitions,
    notes: Notes,
    binding: Found,
    node: Any,
    service: Found | None,
) -> None:
    soap = _soap_of(binding)
    if soap is None:
        notes.note(binding.source, binding.node, f"binds {binding.local} to another protocol than SOAP")
        return
    port_type = definitions.find(PORT_TYPE, binding.refers(binding.node.get("type", "")))
    if port_type is None:
        notes.left_out(binding.source, binding.node, f"has the binding {binding.local} without a port type")
        return
    element, namespace = soap
    port = Port(
        name=binding.local if node is None else node.get("name", "").strip(),
        service="" if service is None else service.local,
        address="" if node is None else _address(node),
        binding=binding,
        soap=namespace,
        version=_VERSIONS[namespace],
        is_rpc=element.get("style", "").strip() == "rpc",
    )
    found.append((port, port_type))


def _soap_of(binding: Found) -> tuple[Any, str] | None:
    for child in binding.node:
        namespace, local = split(child.tag) if isinstance(child.tag, str) else ("", "")
        if local == "binding" and namespace in _VERSIONS:
            return child, namespace
    return None


def _address(node: Any) -> str:
    for child in node:
        if isinstance(child.tag, str) and split(child.tag)[1] == "address":
            return str(child.get("location", "")).strip()
    return ""


def _all_bound(definitions: Definitions) -> set[str]:
    """The names of the port types that have a binding, to whatever protocol."""
    found = (
        definitions.find(PORT_TYPE, binding.refers(binding.node.get("type", "")))
        for binding in definitions.all_of(BINDING)
    )
    return {port_type.name for port_type in found if port_type is not None}


def _operations(port_type: Found, ports: list[Port], notes: Notes) -> list[Offered]:
    bound = [(port, _by_name(port)) for port in ports]
    seen: dict[str, int] = {}
    found = []
    for node in wsdl_children(port_type.node, "operation"):
        name = node.get("name", "").strip()
        index = seen[name] = seen.get(name, -1) + 1
        for port, operations in bound:
            element = _matching(operations.get(name), node, index)
            if element is not None or port.binding is None:
                found.append(Offered(name, node, element, port_type, port))
                break
        else:
            if name:
                notes.left_out(port_type.source, node, f"has the operation {name}, which no binding has")
    return found


@dataclass(slots=True)
class _Bound:
    """The binding's elements for the operations of one name, in their order, and by their inputs' names."""

    all: list[Any]
    by_input: dict[str, Any]


def _by_name(port: Port) -> dict[str, _Bound]:
    if port.binding is None:
        return {}
    by_name: dict[str, _Bound] = {}
    for node in wsdl_children(port.binding.node, "operation"):
        bound = by_name.setdefault(node.get("name", "").strip(), _Bound([], {}))
        bound.all.append(node)
        bound.by_input.setdefault(_input_name(node), node)
    return by_name


def _matching(bound: _Bound | None, abstract: Any, index: int) -> Any | None:
    """The binding's element for an operation; overloaded ones are told apart by their inputs' names."""
    if bound is None:
        return None
    wanted = _input_name(abstract) if len(bound.all) > 1 else ""
    if wanted and (named := bound.by_input.get(wanted)) is not None:
        return named
    return bound.all[min(index, len(bound.all) - 1)]


def _input_name(operation: Any) -> str:
    found = operation.find(f"{{{WSDL}}}input")
    return "" if found is None else str(found.get("name", ""))
