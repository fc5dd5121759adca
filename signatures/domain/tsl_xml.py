"""Reading and writing the XML of trust lists (ETSI TS 119 612, annex C)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from asn1crypto import x509
from lxml import etree

from signatures.domain import tsl_terms
from signatures.domain.errors import Malformed
from signatures.domain.tsl_model import Service, StatusEntry, public_key_digest
from signatures.domain.tsl_shape import LANG
from signatures.domain.tsl_terms import TSL

NAMES = {"tsl": TSL}
ADDITIONAL_INFORMATION = f"{{{TSL}}}AdditionalServiceInformation"


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a list of the right shape says, not yet judged; a closed list has no ``next_update``."""

    version: int
    list_type: str
    territory: str
    sequence: int
    operator: str
    scheme: str
    issued: datetime
    next_update: datetime | None
    services: tuple[Service, ...]


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """Who operates a list, for whom and where it is published."""

    territory: str
    operator: str
    operator_en: str
    name: str
    name_en: str
    information_url: str
    street: str
    locality: str
    electronic_address: str
    country: str = "CN"


def read(root: etree._Element) -> Content:
    """Read a list whose shape has been checked; raises ``Malformed`` for values that are none."""
    scheme = _child(root, "SchemeInformation")
    next_update = scheme.find("tsl:NextUpdate/tsl:dateTime", NAMES)
    return Content(
        version=_integer(_child(scheme, "TSLVersionIdentifier")),
        list_type=_text(_child(scheme, "TSLType")),
        territory=_text(_child(scheme, "SchemeTerritory")),
        sequence=_integer(_child(scheme, "TSLSequenceNumber")),
        operator=_name(_child(scheme, "SchemeOperatorName")),
        scheme=_name(_child(scheme, "SchemeName")),
        issued=_moment(_child(scheme, "ListIssueDateTime")),
        next_update=None if next_update is None else _moment(next_update),
        services=tuple(
            _service(node, provider=_name(_child(_child(provider, "TSPInformation"), "TSPName")))
            for provider in root.iterfind(
                "tsl:TrustServiceProviderList/tsl:TrustServiceProvider", NAMES
            )
            for node in provider.iterfind("tsl:TSPServices/tsl:TSPService", NAMES)
        ),
    )


def claimed_territory(root: etree._Element) -> str:
    """The territory that an unverified list claims; only good for choosing whom to ask."""
    node = root.find("tsl:SchemeInformation/tsl:SchemeTerritory", NAMES)
    return "" if node is None else (node.text or "").strip()


def write(
    *,
    scheme: Scheme,
    sequence: int,
    issued: datetime,
    next_update: datetime,
    services: Sequence[Service],
) -> etree._Element:
    """The list as XML, unsigned. Services of one provider stand together, in the given order."""
    root = etree.Element(f"{{{TSL}}}TrustServiceStatusList", nsmap={"tsl": TSL})
    root.set("TSLTag", tsl_terms.TSL_TAG)
    information = _add(root, "SchemeInformation")
    _add(information, "TSLVersionIdentifier", "6")
    _add(information, "TSLSequenceNumber", str(sequence))
    _add(information, "TSLType", tsl_terms.LIST_TYPE)
    _add_names(information, "SchemeOperatorName", zh=scheme.operator, en=scheme.operator_en)
    _add_address(information, "SchemeOperatorAddress", scheme)
    _add_names(information, "SchemeName", zh=scheme.name, en=scheme.name_en)
    _add_url(information, "SchemeInformationURI", scheme.information_url)
    _add(information, "StatusDeterminationApproach", tsl_terms.STATUS_DETERMINATION)
    _add_url(information, "SchemeTypeCommunityRules", tsl_terms.COMMUNITY_RULES)
    _add(information, "SchemeTerritory", scheme.territory)
    _add(information, "HistoricalInformationPeriod", str(tsl_terms.LONG_HISTORY))
    _add(information, "ListIssueDateTime", _stamp(issued))
    _add(_add(information, "NextUpdate"), "dateTime", _stamp(next_update))
    if services:
        providers = _add(root, "TrustServiceProviderList")
        for name in dict.fromkeys(service.provider for service in services):
            provider = _add(providers, "TrustServiceProvider")
            about = _add(provider, "TSPInformation")
            _add_names(about, "TSPName", zh=name, en=name)
            _add_address(about, "TSPAddress", scheme)
            _add_url(about, "TSPInformationURI", scheme.information_url)
            offered = _add(provider, "TSPServices")
            for service in services:
                if service.provider == name:
                    _add_service(_add(offered, "TSPService"), service)
    return root


def _service(node: etree._Element, *, provider: str) -> Service:
    information = _child(node, "ServiceInformation")
    name = _name(_child(information, "ServiceName"))
    certificates = _certificates(information, name)
    obstacle = "" if certificates else "its entry holds no certificate"
    if len({public_key_digest(x509.Certificate.load(each)) for each in certificates}) > 1:
        obstacle = "its entry holds certificates of different keys"
    instances = node.findall("tsl:ServiceHistory/tsl:ServiceHistoryInstance", NAMES)
    history = tuple(_entry(each, obstacle) for each in (information, *instances))
    starts = [entry.since for entry in history]
    if any(later <= earlier for later, earlier in pairwise(starts)):
        raise Malformed(
            f"The history of {name} does not run from the newest entry to the oldest.",
            code="list-history-order",
            rule="ETSI TS 119 612, 5.6",
        )
    return Service(provider=provider, name=name, certificates=certificates, history=history)


def _entry(node: etree._Element, obstacle: str) -> StatusEntry:
    return StatusEntry(
        since=_moment(_child(node, "StatusStartingTime")),
        status=_text(_child(node, "ServiceStatus")),
        service_type=_text(_child(node, "ServiceTypeIdentifier")),
        obstacle=obstacle or _extension_obstacle(node),
    )


def _extension_obstacle(node: etree._Element) -> str:
    uses: set[str] = set()
    for extension in node.iterfind("tsl:ServiceInformationExtensions/tsl:Extension", NAMES):
        for content in extension:
            tag = str(content.tag)
            critical = extension.get("Critical", "true").strip() not in {"false", "0"}
            if tag not in tsl_terms.KNOWN_EXTENSIONS and critical:
                return f"it carries the unknown critical extension {etree.QName(content).localname}"
            if tag == ADDITIONAL_INFORMATION:
                uses |= {_text(each) for each in content.iterfind("tsl:URI", NAMES)}
    if uses & tsl_terms.FOR_OTHER_USES and not uses & tsl_terms.FOR_SIGNATURES:
        return "it is listed for other uses than signatures and seals"
    return ""


def _certificates(information: etree._Element, name: str) -> tuple[bytes, ...]:
    path = "tsl:ServiceDigitalIdentity/tsl:DigitalId/tsl:X509Certificate"
    found = []
    for node in information.iterfind(path, NAMES):
        try:
            data = base64.b64decode("".join(_text(node).split()), validate=True)
            # Parsing is lazy: only dumping and naming it reads a certificate through.
            certificate = x509.Certificate.load(data, strict=True)
            public_key_digest(certificate)
            _ = certificate.subject.human_friendly, certificate.not_valid_after
        except (binascii.Error, ValueError, TypeError, KeyError) as error:
            raise Malformed(
                f"The certificate of {name} in the trust list cannot be read.",
                code="list-certificate",
            ) from error
        found.append(data)
    return tuple(found)


def _child(node: etree._Element, name: str) -> etree._Element:
    found = node.find(f"tsl:{name}", NAMES)
    if found is None:
        raise Malformed(f"The trust list lacks {name}.", code="list-misshapen")
    return found


def _text(node: etree._Element) -> str:
    return (node.text or "").strip()


def _name(node: etree._Element) -> str:
    """The name in Chinese where there is one, else in English, else the first."""
    names = {
        node.get(LANG, "").lower(): _text(node)
        for node in reversed(node.findall("tsl:Name", NAMES))
    }
    chosen = names.get("zh") or names.get("en") or next(reversed(names.values()), "")
    if not chosen or any(ord(character) < 32 for character in chosen):
        raise Malformed("A name in the trust list is empty.", code="list-misshapen")
    return chosen


def _integer(node: etree._Element) -> int:
    text = _text(node)
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Malformed(
            f"{etree.QName(node).localname} is {text[:40]!r}, not a number.", code="list-misshapen"
        )
    return int(text)


def _moment(node: etree._Element) -> datetime:
    text = _text(node)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None or "T" not in text:
        raise Malformed(
            f"{etree.QName(node).localname} is {text[:40]!r}, not a moment in UTC.",
            code="list-misshapen",
            rule="ETSI TS 119 612, 5.1.4",
        )
    return moment.astimezone(UTC)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    node = etree.SubElement(parent, f"{{{TSL}}}{name}")
    node.text = text
    return node


def _add_names(parent: etree._Element, name: str, *, zh: str, en: str) -> None:
    node = _add(parent, name)
    for language, text in (("en", en), ("zh", zh)):
        _add(node, "Name", text).set(LANG, language)


def _add_url(parent: etree._Element, name: str, url: str) -> None:
    _add(_add(parent, name), "URI", url).set(LANG, "en")


def _add_address(parent: etree._Element, name: str, scheme: Scheme) -> None:
    address = _add(parent, name)
    postal = _add(_add(address, "PostalAddresses"), "PostalAddress")
    postal.set(LANG, "en")
    _add(postal, "StreetAddress", scheme.street)
    _add(postal, "Locality", scheme.locality)
    _add(postal, "CountryName", scheme.country)
    _add(_add(address, "ElectronicAddress"), "URI", scheme.electronic_address).set(LANG, "en")


def _add_service(node: etree._Element, service: Service) -> None:
    _add_entry(_add(node, "ServiceInformation"), service, service.current)
    if len(service.history) > 1:
        history = _add(node, "ServiceHistory")
        for entry in service.history[1:]:
            _add_entry(_add(history, "ServiceHistoryInstance"), service, entry)


def _add_entry(node: etree._Element, service: Service, entry: StatusEntry) -> None:
    _add(node, "ServiceTypeIdentifier", entry.service_type)
    _add_names(node, "ServiceName", zh=service.name, en=service.name)
    identity = _add(node, "ServiceDigitalIdentity")
    for data in service.certificates:
        _add(_add(identity, "DigitalId"), "X509Certificate", base64.b64encode(data).decode())
    _add(node, "ServiceStatus", entry.status)
    _add(node, "StatusStartingTime", _stamp(entry.since))
