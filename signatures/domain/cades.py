"""Detached CAdES signatures (ETSI EN 319 122-1, baseline B-B): made and taken apart.

The signer builds the signed attributes itself from a digest that it computed itself: content
type, message digest, signing certificate (ESS, RFC 5035), algorithm protection (RFC 6211) and,
outside PDF, the signing time. :func:`check` proves that a signature is by the certificate that
it names over the digest that the caller computes; whether that certificate deserves trust is a
matter of ``signatures.domain.assess``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import algos, cms, core, tsp, x509
from pyhanko_certvalidator.sig_validate import (
    DefaultSignatureValidator,
    SignatureValidationContext,
)

from signatures.domain.errors import Malformed, SunlitError
from signatures.domain.keys import Signer, describe, require_strong

DIGESTS = frozenset({"sha256", "sha384", "sha512"})
MECHANISMS = frozenset({"rsassa_pkcs1v15", "rsassa_pss", "ecdsa", "ed25519"})
MAXIMUM_SIGNATURE = 256 * 1024
SINGLE = ("content_type", "message_digest", "signing_certificate_v2")


@dataclass(frozen=True)
class Checked:
    """What a signature says, proven by the key in ``certificate`` and by nothing else."""

    certificate: x509.Certificate
    certificates: tuple[x509.Certificate, ...]
    signing_time: datetime | None
    digest_algorithm: str
    mechanism: str
    signature: bytes
    """The raw signature value: what a signature timestamp is over."""


def malformed(message: str, code: str = "bad-signature") -> Malformed:
    """The error of every check below."""
    return Malformed(message, code=code)


def sign_digest(
    digest: bytes,
    signer: Signer,
    *,
    signing_time: datetime | None,
) -> bytes:
    """A detached signature, DER, over content whose digest is given.

    ``digest`` is by ``signer.digest_algorithm``. ``signing_time`` is None inside a PDF, where
    the signature dictionary carries it (EN 319 142-1, 5.2), and else a moment with a zone.
    """
    name = signer.digest_algorithm
    if len(digest) != hashlib.new(name).digest_size:
        raise malformed(f"The digest is not of {name}'s length.", "bad-digest")
    mechanism = signer.backend.get_signature_mechanism_for_digest(name)
    protection = cms.CMSAlgorithmProtection(
        {"digest_algorithm": {"algorithm": name}, "signature_algorithm": mechanism}
    )
    attributes = [
        _attribute("content_type", "data"),
        _attribute("message_digest", digest),
        _attribute("signing_certificate_v2", _signing_certificate(signer.certificate)),
        _attribute("cms_algorithm_protection", protection),
    ]
    if signing_time is not None:
        attributes.append(_attribute("signing_time", _time(signing_time)))
    signed = cms.CMSAttributes(attributes)
    certificate = signer.certificate
    own = certificate.dump()
    issuers = [each for each in signer.chain if each.self_signed == "no" and each.dump() != own]
    content = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": name}],
            "encap_content_info": {"content_type": "data"},
            "certificates": [certificate, *issuers],
            "signer_infos": [
                {
                    "version": "v1",
                    "sid": cms.IssuerAndSerialNumber(
                        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                    ),
                    "digest_algorithm": {"algorithm": name},
                    "signed_attrs": signed,
                    "signature_algorithm": mechanism,
                    "signature": signer.sign_raw(signed.dump()),
                }
            ],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


def check(signature: bytes, *, digest: Callable[[str], bytes]) -> Checked:
    """Check one detached signature against content that only the caller sees.

    ``digest`` gives the content's digest by an algorithm's name. Raises :class:`Malformed` when
    anything at all is not exactly right: form, one signer, signed attributes, digest, signing
    certificate, strength of algorithms, the signature itself.
    """
    if not signature or len(signature) > MAXIMUM_SIGNATURE:
        raise malformed(
            f"A signature has between 1 and {MAXIMUM_SIGNATURE} bytes; this has {len(signature)}."
        )
    try:
        return _check(signature, digest)
    except SunlitError:
        raise
    except Exception as error:
        # The parsers below raise half a dozen kinds of errors at hostile bytes.
        raise malformed(f"The signature cannot be read: {describe(error)}.") from error


def _check(signature: bytes, digest: Callable[[str], bytes]) -> Checked:
    outer = cms.ContentInfo.load(signature, strict=True)
    if outer["content_type"].native != "signed_data":
        raise malformed("The signature is not CMS signed data.")
    signed_data = outer["content"]
    enclosed = signed_data["encap_content_info"]
    if enclosed["content_type"].native != "data":
        raise malformed("The signature is over something other than plain data.")
    if not isinstance(enclosed["content"], core.Void):
        raise malformed("The signature carries content of its own; it must be detached.")
    infos = signed_data["signer_infos"]
    if len(infos) != 1:
        raise malformed(f"The signature has {len(infos)} signers; exactly one is needed.")
    info = infos[0]
    name = info["digest_algorithm"]["algorithm"].native
    if name not in DIGESTS:
        raise malformed(f"The digest algorithm {name} is not accepted.", "weak-algorithm")
    if name not in {each["algorithm"].native for each in signed_data["digest_algorithms"]}:
        raise malformed("The signature does not announce its digest algorithm.")
    mechanism = check_mechanism(info["signature_algorithm"], name)
    attributes = _signed_attributes(info)
    if attributes["content_type"].native != "data":
        raise malformed("The signed content type is not that of plain data.")
    if not hmac.compare_digest(attributes["message_digest"].native, digest(name)):
        raise malformed("The signature is over other content.", "wrong-digest")
    certificates = tuple(
        each.chosen for each in signed_data["certificates"] or () if each.name == "certificate"
    )
    certificate = _find(info["sid"], certificates)
    _check_named(attributes["signing_certificate_v2"], certificate)
    protection = attributes.get("cms_algorithm_protection")
    if protection is not None and (
        protection["digest_algorithm"].native != info["digest_algorithm"].native
        or protection["signature_algorithm"].native != info["signature_algorithm"].native
    ):
        raise malformed("The signed algorithms are not those that were used (RFC 6211).")
    require_strong(certificate.public_key)
    value = info["signature"].native
    _verify(value, info, certificate, name)
    time = attributes.get("signing_time")
    return Checked(
        certificate=certificate,
        certificates=certificates,
        signing_time=None if time is None else time.native.astimezone(UTC),
        digest_algorithm=name,
        mechanism=mechanism,
        signature=value,
    )


def check_mechanism(algorithm: algos.SignedDigestAlgorithm, digest: str) -> str:
    """The mechanism's name; :class:`Malformed` when it is weak or belongs to another digest."""
    try:
        mechanism: str = algorithm.signature_algo
    except ValueError:
        mechanism = str(algorithm["algorithm"].native)
    if mechanism not in MECHANISMS:
        raise malformed(f"The signature algorithm {mechanism} is not accepted.", "weak-algorithm")
    try:
        own = algorithm.hash_algo
    except ValueError:
        own = digest  # plain rsaEncryption and Ed25519 name no digest
    if mechanism == "rsassa_pss":
        parameters = algorithm["parameters"]
        mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
        if mask != own:
            raise malformed(f"RSA-PSS masks with {mask}, not {own}.", "weak-algorithm")
    if mechanism == "ed25519":
        own = digest
    if own != digest:
        raise malformed(f"Digest {digest} and signature algorithm {own} differ.")
    return mechanism


def check_certificates(
    certificates: Iterable[x509.Certificate], *, known: Iterable[x509.Certificate] = ()
) -> None:
    """Raise :class:`Malformed` when a certificate beside a signature was altered.

    Nobody signs those certificates together with the content, so each must be signed by its own
    issuer, where that is among them or ``known``, and must not be another version of one that is.
    """
    given = list(certificates)
    others = [*given, *known]
    for one in given:
        issuers = [each for each in others if each.subject == one.issuer]
        if issuers and not any(_issued(one, each) for each in issuers):
            raise malformed("A certificate beside the signature is not its issuer's.")
        for each in others:
            same = each.serial_number == one.serial_number and (
                each.subject == one.subject or each.issuer == one.issuer
            )
            if same and each.dump() != one.dump():
                raise malformed("A certificate beside the signature was altered.")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        DefaultSignatureValidator().validate_signature(
            certificate.signature,
            certificate["tbs_certificate"].dump(),
            issuer.public_key,
            certificate["signature_algorithm"],
        )
    except Exception:
        return False
    inner, outer = certificate["tbs_certificate"]["signature"], certificate["signature_algorithm"]
    return bool(inner.dump() == outer.dump())


def _signed_attributes(info: cms.SignerInfo) -> dict[str, core.Asn1Value]:
    """The signed attributes by name, each present once and with one value."""
    given = info["signed_attrs"]
    if isinstance(given, core.Void) or len(given) == 0:
        raise malformed("The signature has no signed attributes.", "no-signed-attributes")
    found: dict[str, core.Asn1Value] = {}
    for attribute in given:
        name = attribute["type"].native
        if name in found:
            raise malformed(f"The signed attribute {name} stands there twice.")
        if len(attribute["values"]) != 1:
            raise malformed(f"The signed attribute {name} does not have exactly one value.")
        found[name] = attribute["values"][0]
    for name in SINGLE:
        if name not in found:
            raise malformed(f"The signed attribute {name} is missing.", "no-signed-attributes")
    return found


def _find(
    sid: cms.SignerIdentifier, certificates: tuple[x509.Certificate, ...]
) -> x509.Certificate:
    for certificate in certificates:
        if sid.name == "issuer_and_serial_number":
            if (
                sid.chosen["issuer"].dump() == certificate.issuer.dump()
                and sid.chosen["serial_number"].native == certificate.serial_number
            ):
                return certificate
        elif certificate.key_identifier == sid.chosen.native:
            return certificate
    raise malformed("The signer's certificate is not in the signature.", "no-certificate")


def _check_named(attribute: tsp.SigningCertificateV2, certificate: x509.Certificate) -> None:
    """The first ESS certificate identifier must be the signer's (RFC 5035, section 4)."""
    named = attribute["certs"][0]
    name = named["hash_algorithm"]["algorithm"].native
    if name not in DIGESTS:
        raise malformed(f"The certificate is named by {name}.", "weak-algorithm")
    actual = hashlib.new(name, certificate.dump()).digest()
    if not hmac.compare_digest(named["cert_hash"].native, actual):
        raise malformed("The signature names another certificate.", "wrong-certificate")
    serial = named["issuer_serial"]
    if not isinstance(serial, core.Void) and (
        serial["serial_number"].native != certificate.serial_number
        or [each.chosen for each in serial["issuer"]] != [certificate.issuer]
    ):
        raise malformed("The signature names another issuer or serial.", "wrong-certificate")


def _verify(value: bytes, info: cms.SignerInfo, certificate: x509.Certificate, name: str) -> None:
    # RFC 5652, 5.4: what is signed is the DER of a SET OF, not the tagged form in the structure.
    received = info["signed_attrs"].untag().dump()
    if cms.CMSAttributes([each.copy() for each in info["signed_attrs"]]).dump() != received:
        raise malformed("The signed attributes are not in DER.")
    try:
        DefaultSignatureValidator().validate_signature(
            value,
            received,
            certificate.public_key,
            info["signature_algorithm"],
            SignatureValidationContext(contextual_md_algorithm=name, prehashed=False),
        )
    except Exception as error:
        raise malformed("The signature is not by the certificate's key.") from error


def _attribute(name: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": name, "values": [value]})


def _signing_certificate(certificate: x509.Certificate) -> tsp.SigningCertificateV2:
    # SHA-256 is the default in RFC 5035, so DER leaves the algorithm out.
    digest = hashlib.sha256(certificate.dump()).digest()
    serial = {
        "issuer": [x509.GeneralName({"directory_name": certificate.issuer})],
        "serial_number": certificate.serial_number,
    }
    return tsp.SigningCertificateV2({"certs": [{"cert_hash": digest, "issuer_serial": serial}]})


def _time(moment: datetime) -> cms.Time:
    if moment.tzinfo is None:
        raise malformed("The signing time has no time zone.")
    moment = moment.astimezone(UTC).replace(microsecond=0)
    # RFC 5652, 11.3: two-digit years from 1950 to 2049, else four digits.
    kind = "utc_time" if 1950 <= moment.year <= 2049 else "generalized_time"
    return cms.Time({kind: moment})
