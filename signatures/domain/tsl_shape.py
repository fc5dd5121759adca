"""The bounds and the shape of a trust list, checked before a word of it is read.

Lists come from outside. They are bounded in bytes, elements and depth (and so in time), may not
declare a document type (no entities, internal or external), and must have the elements of
ETSI TS 119 612, annex C in their order and number; nothing is skipped because it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from signatures.domain.errors import Malformed
from signatures.domain.tsl_terms import TSL

MAX_BYTES = 8 * 1024 * 1024
MAX_ELEMENTS = 100_000
MAX_DEPTH = 40
PIECE = 64 * 1024

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ATTRIBUTES = frozenset(
    {"Id", "TSLTag", "Critical", "type", LANG, XSI + "schemaLocation", XSI + "type"}
)
ENCODING = re.compile(rb"""^<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True)
class Part:
    """One element in a sequence: how often it must and may stand there."""

    name: str
    least: int = 1
    most: int | None = 1


def _one(*names: str) -> tuple[Part, ...]:
    return tuple(Part(name) for name in names)


def _optional(name: str) -> Part:
    return Part(name, 0)


def _many(name: str) -> tuple[Part, ...]:
    return (Part(name, 1, None),)


FREE = frozenset({"Extension", "AdditionalInformation", "Other", "KeyValue"})
"""Elements whose content other specifications define."""

CHOICES = {
    "DigitalId": frozenset({"X509Certificate", "X509SubjectName", "KeyValue", "X509SKI", "Other"}),
    "PolicyOrLegalNotice": frozenset({"TSLPolicy", "TSLLegalNotice"}),
}
"""Elements that hold alternatives."""

SEQUENCES: dict[str, tuple[Part, ...]] = {
    "TrustServiceStatusList": (
        Part("SchemeInformation"),
        _optional("TrustServiceProviderList"),
    ),
    "SchemeInformation": (
        *_one("TSLVersionIdentifier", "TSLSequenceNumber", "TSLType"),
        *_one("SchemeOperatorName", "SchemeOperatorAddress", "SchemeName"),
        *_one("SchemeInformationURI", "StatusDeterminationApproach"),
        _optional("SchemeTypeCommunityRules"),
        Part("SchemeTerritory"),
        _optional("PolicyOrLegalNotice"),
        Part("HistoricalInformationPeriod"),
        _optional("PointersToOtherTSL"),
        *_one("ListIssueDateTime", "NextUpdate"),
        _optional("DistributionPoints"),
        _optional("SchemeExtensions"),
    ),
    "SchemeOperatorName": _many("Name"),
    "SchemeOperatorAddress": _one("PostalAddresses", "ElectronicAddress"),
    "SchemeName": _many("Name"),
    "SchemeInformationURI": _many("URI"),
    "SchemeTypeCommunityRules": _many("URI"),
    "PointersToOtherTSL": _many("OtherTSLPointer"),
    "OtherTSLPointer": (
        _optional("ServiceDigitalIdentities"),
        Part("TSLLocation"),
        _optional("AdditionalInformation"),
    ),
    "ServiceDigitalIdentities": _many("ServiceDigitalIdentity"),
    "NextUpdate": (_optional("dateTime"),),
    "DistributionPoints": _many("URI"),
    "SchemeExtensions": _many("Extension"),
    "PostalAddresses": _many("PostalAddress"),
    "PostalAddress": (
        *_one("StreetAddress", "Locality"),
        _optional("StateOrProvince"),
        _optional("PostalCode"),
        Part("CountryName"),
    ),
    "ElectronicAddress": _many("URI"),
    "TrustServiceProviderList": _many("TrustServiceProvider"),
    "TrustServiceProvider": _one("TSPInformation", "TSPServices"),
    "TSPInformation": (
        Part("TSPName"),
        _optional("TSPTradeName"),
        *_one("TSPAddress", "TSPInformationURI"),
        _optional("TSPInformationExtensions"),
    ),
    "TSPName": _many("Name"),
    "TSPTradeName": _many("Name"),
    "TSPAddress": _one("PostalAddresses", "ElectronicAddress"),
    "TSPInformationURI": _many("URI"),
    "TSPInformationExtensions": _many("Extension"),
    "TSPServices": _many("TSPService"),
    "TSPService": (Part("ServiceInformation"), _optional("ServiceHistory")),
    "ServiceInformation": (
        *_one("ServiceTypeIdentifier", "ServiceName", "ServiceDigitalIdentity"),
        *_one("ServiceStatus", "StatusStartingTime"),
        _optional("SchemeServiceDefinitionURI"),
        _optional("ServiceSupplyPoints"),
        _optional("TSPServiceDefinitionURI"),
        _optional("ServiceInformationExtensions"),
    ),
    "ServiceHistory": (Part("ServiceHistoryInstance", 0, None),),
    "ServiceHistoryInstance": (
        *_one("ServiceTypeIdentifier", "ServiceName", "ServiceDigitalIdentity"),
        *_one("ServiceStatus", "StatusStartingTime"),
        _optional("ServiceInformationExtensions"),
    ),
    "ServiceName": _many("Name"),
    "ServiceDigitalIdentity": (Part("DigitalId", 0, None),),
    "SchemeServiceDefinitionURI": _many("URI"),
    "TSPServiceDefinitionURI": _many("URI"),
    "ServiceSupplyPoints": _many("ServiceSupplyPoint"),
    "ServiceInformationExtensions": _many("Extension"),
}


def parse(data: bytes) -> etree._Element:
    """Parse a list within its bounds; raises ``Malformed`` with what is wrong.

    The result is no more than well-formed XML of a bearable size. No entity is ever expanded:
    a document type declaration is refused before the parser sees it.
    """
    if len(data) > MAX_BYTES:
        raise Malformed(
            f"The trust list has {len(data)} bytes; at most {MAX_BYTES} are read.",
            code="list-too-large",
        )
    _require_utf8(data)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Malformed(
            "The trust list declares a document type or entities, which a list may not.",
            code="list-has-dtd",
        )
    reader = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )
    elements = depth = 0
    try:
        for start in range(0, len(data), PIECE):
            reader.feed(data[start : start + PIECE])
            for event, _node in reader.read_events():
                elements += event == "start"
                depth += 1 if event == "start" else -1
                if elements > MAX_ELEMENTS or depth > MAX_DEPTH:
                    raise Malformed(
                        f"The trust list has more than {MAX_ELEMENTS} elements or nests deeper "
                        f"than {MAX_DEPTH}.",
                        code="list-too-large",
                    )
        root: etree._Element = reader.close()
    except etree.XMLSyntaxError as error:
        raise Malformed(f"The trust list is not XML: {error.msg}.", code="list-not-xml") from error
    return root


def require_one_signature(root: etree._Element) -> None:
    """Refuse a document unless its one signature is the last thing in it (TS 119 612, 5.7.1)."""
    last = root[-1] if len(root) else None
    if last is None or list(root.iter(SIGNATURE)) != [last]:
        raise Malformed(
            "A trust list carries exactly one signature, as the last thing in it.",
            code="list-signature-place",
            rule="ETSI TS 119 612, 5.7.1",
        )


def check(root: etree._Element) -> None:
    """Check the shape of a list without its signature; raises ``Malformed`` with the place."""
    if root.tag != f"{{{TSL}}}TrustServiceStatusList":
        raise Malformed("This is XML, but no trust list of TS 119 612.", code="list-not-a-list")
    _check(root, list(root))


def _check(element: etree._Element, children: Sequence[etree._Element]) -> None:
    name = _name(element)
    for attribute in map(str, element.attrib):
        if attribute not in ATTRIBUTES:
            raise _misshapen(element, f"has the unknown attribute {attribute}")
    if name in FREE:
        return
    names = [_name(child) for child in children]
    if name in CHOICES:
        unknown = set(names) - CHOICES[name]
        if unknown or not names:
            raise _misshapen(element, "holds nothing that it may hold")
    elif name in SEQUENCES:
        _check_sequence(element, names, SEQUENCES[name])
    elif children:
        raise _misshapen(element, f"holds {names[0]}, but is a plain value")
    elif not (element.text or "").strip():
        raise _misshapen(element, "is empty")
    if children and (element.text or "").strip():
        raise _misshapen(element, "holds text among its elements")
    for child in children:
        if (child.tail or "").strip():
            raise _misshapen(element, "holds text among its elements")
        _check(child, list(child))


def _check_sequence(element: etree._Element, names: Sequence[str], parts: Sequence[Part]) -> None:
    at = 0
    for part in parts:
        count = 0
        while at < len(names) and names[at] == part.name:
            at += 1
            count += 1
        if count < part.least:
            raise _misshapen(element, f"lacks {part.name} where it must stand")
        if part.most is not None and count > part.most:
            raise _misshapen(element, f"holds {part.name} {count} times")
    if at < len(names):
        raise _misshapen(element, f"holds {names[at]} where it may not stand")


def _name(element: etree._Element) -> str:
    if not isinstance(element.tag, str):
        # Comments and processing instructions are not covered by every canonical form.
        raise Malformed(
            f"Line {element.sourceline} holds a comment or a processing instruction.",
            code="list-misshapen",
        )
    if not element.tag.startswith(f"{{{TSL}}}"):
        raise _misshapen(element, "does not belong to a trust list")
    return element.tag.removeprefix(f"{{{TSL}}}")


def _misshapen(element: etree._Element, what: str) -> Malformed:
    tag = etree.QName(element).localname
    return Malformed(
        f"{tag} in line {element.sourceline} of the trust list {what}.",
        code="list-misshapen",
        rule="ETSI TS 119 612, annex C",
    )


def _require_utf8(data: bytes) -> None:
    declared = ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
    try:
        data.decode()
        plain = b"\x00" not in data
    except UnicodeDecodeError:
        plain = False
    if not plain or (declared is not None and declared[1].upper() != b"UTF-8"):
        raise Malformed("A trust list is written in UTF-8.", code="list-not-utf8")
