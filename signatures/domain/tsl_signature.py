"""The XAdES signature over a trust list: making it, and trusting nothing that it does not cover.

ETSI TS 119 612, 5.7.1: an enveloped XAdES baseline signature over the whole document with the
enveloped-signature transform and exclusive canonicalisation. What :func:`verify` returns are the
canonical bytes that were signed; a reader of anything else could be shown another list than the
one that was signed (signature wrapping).
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import SignXMLException
from signxml.util import SigningSettings, ds_tag, namespaces, xades_tag
from signxml.verifier import VerifyResult
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESSigner, XAdESVerifier

from signatures.domain.errors import Refused
from signatures.domain.outside import require_outside_transaction

METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.SHA384_RSA_MGF1,
        SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
TRANSFORMS = [SignatureConstructionMethod.enveloped.value, EXCLUSIVE.value]
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
RULE = "ETSI TS 119 612, 5.7.1"


@dataclass(frozen=True)
class Verified:
    """The bytes that a pinned certificate signed, and that certificate."""

    data: bytes
    signer: asn1_x509.Certificate


class _Signer(XAdESSigner):
    """The library's signer, with the given time and with every transform written down.

    By itself it writes this machine's time, and it digests the signed properties in exclusive
    canonical form without saying so; a verifier would then assume the inclusive one (XMLDSig
    1.1, 4.4.3.2).
    """

    def __init__(self, *, at: datetime, method: SignatureMethod) -> None:
        super().__init__(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=method,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=EXCLUSIVE,
        )
        self._at = at

    def add_signing_time(
        self,
        signed_signature_properties: etree._Element,
        sig_root: etree._Element,
        signing_settings: SigningSettings,
    ) -> None:
        node = etree.SubElement(signed_signature_properties, xades_tag("SigningTime"))
        node.text = self._at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _add_reference_to_signed_info(
        self, sig_root: etree._Element, node_to_reference: etree._Element, **attrs: str
    ) -> None:
        super()._add_reference_to_signed_info(sig_root, node_to_reference, **attrs)
        reference = sig_root.findall("ds:SignedInfo/ds:Reference", namespaces=namespaces)[-1]
        transforms = etree.Element(ds_tag("Transforms"))
        etree.SubElement(transforms, ds_tag("Transform"), Algorithm=EXCLUSIVE.value)
        reference.insert(0, transforms)


def sign(
    root: etree._Element,
    *,
    certificate: x509.Certificate,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    at: datetime,
) -> bytes:
    """Sign a list and return it as UTF-8; ``at`` is written as the time of signing."""
    require_outside_transaction("Signing a trust list")
    method = (
        SignatureMethod.ECDSA_SHA256
        if isinstance(key, ec.EllipticCurvePrivateKey)
        else SignatureMethod.RSA_SHA256
    )
    signed = _Signer(at=at, method=method).sign(
        root, key=key, cert=[certificate], always_add_key_value=False
    )
    return etree.tostring(signed, encoding="UTF-8", xml_declaration=True)


def verify(
    data: bytes,
    root: etree._Element,
    *,
    pins: Collection[asn1_x509.Certificate],
    now: datetime,
) -> Verified:
    """The signed bytes of a list whose signature one of ``pins`` made; raises ``Refused``.

    ``root`` is ``data`` parsed within its bounds. The signer is the pinned certificate itself,
    compared byte for byte: no authority vouches for it and its chain is not asked. It must be
    valid at ``now``.
    """
    signer = _pinned_signer(root, pins)
    configuration = XAdESSignatureConfiguration(
        location="./",
        expect_references=True,
        signature_methods=METHODS,
        digest_algorithms=DIGESTS,
        verification_time=now,
    )
    try:
        results = XAdESVerifier().verify(
            data,
            x509_cert=x509.load_der_x509_certificate(signer.dump()),
            expect_config=configuration,
        )
    except (SignXMLException, etree.LxmlError, ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"The trust list's signature does not hold: {error}",
            code="list-signature-invalid",
            rule=RULE,
        ) from error
    covered = _covered(results)
    if covered != _canonical_without_signature(root):
        raise _uncovered("covers something else than the document that carries it")
    return Verified(data=covered, signer=signer)


def _pinned_signer(
    root: etree._Element, pins: Collection[asn1_x509.Certificate]
) -> asn1_x509.Certificate:
    """The pin that one of the certificates shown by the signature equals."""
    path = "./ds:Signature/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
    named = root.findall(path, namespaces={"ds": namespaces.ds})
    shown = {"".join((node.text or "").split()) for node in named}
    for pin in pins:
        if _base64(pin) in shown:
            return pin
    raise Refused(
        "The trust list is signed by a certificate that is not pinned for its territory."
        if shown
        else "The trust list's signature does not say which certificate made it.",
        code="list-signer-not-pinned",
        rule=RULE,
    )


def _base64(certificate: asn1_x509.Certificate) -> str:
    pem = x509.load_der_x509_certificate(certificate.dump()).public_bytes(
        serialization.Encoding.PEM
    )
    return "".join(pem.decode().splitlines()[1:-1])


def _covered(results: list[VerifyResult]) -> bytes:
    """The bytes of the one reference to the whole document; everything else is only checked."""
    if not results:
        raise _uncovered("has no reference")
    signed_info = results[0].signature_xml.find("ds:SignedInfo", namespaces=namespaces)
    references = (
        signed_info.findall("ds:Reference", namespaces=namespaces)
        if signed_info is not None
        else []
    )
    if len(references) != len(results):
        raise _uncovered("has references that were not verified")
    covering: list[bytes] = []
    for reference, result in zip(references, results, strict=True):
        if _covers_document(reference, result):
            if _transforms(reference) != TRANSFORMS:
                raise _uncovered(
                    "transforms the document in a way that the standard does not allow"
                )
            covering.append(result.signed_data)
    if len(covering) != 1:
        raise _uncovered(f"refers to the whole document {len(covering)} times, not once")
    return covering[0]


def _covers_document(reference: etree._Element, result: VerifyResult) -> bool:
    """Whether a reference is the one to the document; one to anything foreign is refused."""
    if reference.get("URI") == "":
        return True
    if result.signed_xml is None:
        raise _uncovered("refers to something that is not XML")
    tag = str(result.signed_xml.tag)
    properties = tag == xades_tag("SignedProperties").text
    key_info = tag == f"{{{namespaces.ds}}}KeyInfo"
    if properties or key_info:
        return False
    if tag.endswith("}TrustServiceStatusList"):
        # Named by its Id; whether it is the outermost element is seen from its bytes.
        return True
    raise _uncovered(f"refers to {etree.QName(result.signed_xml).localname}")


def _canonical_without_signature(root: etree._Element) -> bytes:
    bare = copy.deepcopy(root)
    signature = bare[-1]
    before = signature.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (signature.tail or "")
    bare.remove(signature)
    canonical: bytes = etree.tostring(bare, method="c14n", exclusive=True, with_comments=False)
    return canonical


def _transforms(reference: etree._Element) -> list[str]:
    found = reference.findall("ds:Transforms/ds:Transform", namespaces=namespaces)
    return [str(node.get("Algorithm")) for node in found]


def _uncovered(what: str) -> Refused:
    return Refused(f"The trust list's signature {what}.", code="list-signature-coverage", rule=RULE)
