"""The vocabulary of trust lists: service types and statuses of ETSI TS 119 612 V2.4.1.

What is not named here is unknown, and what is unknown grants nothing: a new word in somebody's
list must reach a person before it can let anybody in.
"""

from __future__ import annotations

from enum import StrEnum

TSL = "http://uri.etsi.org/02231/v2#"
"""Namespace of the list (annex C)."""

TSL_TAG = "http://uri.etsi.org/19612/TSLTag"
VERSIONS = frozenset({5, 6})
"""TSLVersionIdentifier of the editions in use (5.3.1)."""

_BASE = "http://uri.etsi.org/TrstSvc/"
_TYPE = _BASE + "Svctype/"
_STATUS = _BASE + "TrustedList/Svcstatus/"
_INFO = _BASE + "TrustedList/SvcInfoExt/"

LIST_TYPE = _BASE + "TrustedList/TSLType/CNlist"
LIST_TYPES = frozenset({LIST_TYPE, _BASE + "TrustedList/TSLType/EUgeneric"})
"""Lists of services (5.3.3); a list of lists names no service and is no trust list here."""

STATUS_DETERMINATION = _BASE + "TrustedList/StatusDetn/CNdetermination"
COMMUNITY_RULES = _BASE + "TrustedList/schemerules/CN"
LONG_HISTORY = 65535
"""HistoricalInformationPeriod that promises never to drop history (5.3.12)."""


class ServiceKind(StrEnum):
    """What a service is used for here; ``OTHER`` is known to the standard and unused."""

    CA = "CA"
    TSA = "TSA"
    OCSP = "OCSP"
    CRL = "CRL"
    OTHER = "OTHER"


class Standing(StrEnum):
    """What a status comes to."""

    GRANTED = "granted"
    NOT_GRANTED = "not granted"
    UNKNOWN = "unknown"


CA_PKC = _TYPE + "CA/PKC"
TSA = _TYPE + "TSA"
OCSP = _TYPE + "Certstatus/OCSP"
CRL = _TYPE + "Certstatus/CRL"

USED_TYPES = {
    CA_PKC: ServiceKind.CA,
    _TYPE + "CA/QC": ServiceKind.CA,
    TSA: ServiceKind.TSA,
    _TYPE + "TSA/QTST": ServiceKind.TSA,
    _TYPE + "TSA/TSS-QC": ServiceKind.TSA,
    _TYPE + "TSA/TSS-AdESQCandQES": ServiceKind.TSA,
    OCSP: ServiceKind.OCSP,
    _TYPE + "Certstatus/OCSP/QC": ServiceKind.OCSP,
    CRL: ServiceKind.CRL,
    _TYPE + "Certstatus/CRL/QC": ServiceKind.CRL,
}
"""Service types that are made use of (5.5.1.1 and 5.5.1.2)."""

UNUSED_TYPES = frozenset(
    _TYPE + name
    for name in (
        "EDS/Q",
        "EDS/REM/Q",
        "PSES/Q",
        "QESValidation/Q",
        "RemoteQSigCDManagement/Q",
        "RemoteQSealCDManagement/Q",
        "EAA/Q",
        "ElectronicArchiving/Q",
        "Ledgers/Q",
        "EDS",
        "EDS/REM",
        "PSES",
        "AdESValidation",
        "AdESGeneration",
        "RemoteSigCDManagemen",
        "RemoteSealCDManagement",
        "EAA",
        "EAA/Pub-EAA",
        "ElectronicArchiving",
        "Ledgers",
        "PKCValidation",
        "PKCPreservation",
        "EAAValidation",
        "TSTValidation",
        "EDSValidation",
        "RA",
        "RA/nothavingPKIid",
        "ACA",
        "SignaturePolicyAuthority",
        "Archiv",
        "Archiv/nothavingPKIid",
        "IdV",
        "IdV/nothavingPKIid",
        "KEscrow",
        "KEscrow/nothavingPKIid",
        "PPwd",
        "PPwd/nothavingPKIid",
        "TLIssuer",
        "NationalRootCA-QC",
        "unspecified",
    )
)
"""Service types that the standard names and nothing here relies on."""

GRANTED = _STATUS + "granted"
WITHDRAWN = _STATUS + "withdrawn"
RECOGNISED = _STATUS + "recognisedatnationallevel"
DEPRECATED = _STATUS + "deprecatedatnationallevel"

STANDINGS = {
    GRANTED: Standing.GRANTED,
    RECOGNISED: Standing.GRANTED,
    _STATUS + "setbynationallaw": Standing.GRANTED,
    _STATUS + "undersupervision": Standing.GRANTED,
    _STATUS + "supervisionincessation": Standing.GRANTED,
    _STATUS + "accredited": Standing.GRANTED,
    WITHDRAWN: Standing.NOT_GRANTED,
    DEPRECATED: Standing.NOT_GRANTED,
    _STATUS + "deprecatedbynationallaw": Standing.NOT_GRANTED,
    _STATUS + "supervisionceased": Standing.NOT_GRANTED,
    _STATUS + "supervisionrevoked": Standing.NOT_GRANTED,
    _STATUS + "accreditationceased": Standing.NOT_GRANTED,
    _STATUS + "accreditationrevoked": Standing.NOT_GRANTED,
}
"""Statuses of today and, in histories, of earlier editions (5.5.4 and annex J)."""

FOR_SIGNATURES = frozenset({_INFO + "ForeSignatures", _INFO + "ForeSeals"})
FOR_OTHER_USES = frozenset({_INFO + "ForWebSiteAuthentication"})
"""AdditionalServiceInformation that narrows an authority's certificates to a use (5.5.9.4)."""

KNOWN_EXTENSIONS = frozenset(
    {
        f"{{{TSL}}}AdditionalServiceInformation",
        f"{{{TSL}}}ExpiredCertsRevocationInfo",
        "{http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#}Qualifications",
        "{http://uri.etsi.org/02231/v2/additionaltypes#}TakenOverBy",
    }
)
"""Service extensions whose meaning is understood, so that they may be critical (5.5.9)."""


def kind_of(service_type: str) -> ServiceKind | None:
    """What a service type is used for, or ``None`` where the standard does not know it."""
    if service_type in USED_TYPES:
        return USED_TYPES[service_type]
    return ServiceKind.OTHER if service_type in UNUSED_TYPES else None


def standing_of(status: str) -> Standing:
    """What a status comes to; one that is not in the standard is unknown."""
    return STANDINGS.get(status, Standing.UNKNOWN)
