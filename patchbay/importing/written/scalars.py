"""Scalars of imported graphs by name, for annotations in files that were written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from strawberry.scalars import JSON

from patchbay.scalars import SafeInt
from patchbay.uploads import UploadedFile

if TYPE_CHECKING:
    BigInt: TypeAlias = int
    Decimal: TypeAlias = str
    DateTime: TypeAlias = str
    Date: TypeAlias = str
    Time: TypeAlias = str
    Duration: TypeAlias = str
    UUID: TypeAlias = str
    Base64: TypeAlias = str
    Upload: TypeAlias = UploadedFile
else:
    from patchbay.importing.build.scalars import TYPES

    BigInt = TYPES["BigInt"]
    Decimal = TYPES["Decimal"]
    DateTime = TYPES["DateTime"]
    Date = TYPES["Date"]
    Time = TYPES["Time"]
    Duration = TYPES["Duration"]
    UUID = TYPES["UUID"]
    Base64 = TYPES["Base64"]
    Upload = TYPES["Upload"]

__all__ = [
    "JSON",
    "UUID",
    "Base64",
    "BigInt",
    "Date",
    "DateTime",
    "Decimal",
    "Duration",
    "SafeInt",
    "Time",
    "Upload",
]
