"""Lists made by an enemy: wrapped signatures, entities, bombs, and anything that is half a list."""

from __future__ import annotations

import base64
import copy
import hashlib
import time

import pytest
from lxml import etree
from signxml import SignatureReference
from signxml.algorithms import DigestAlgorithm, SignatureMethod

from signatures.domain import tsl_shape, tsl_signature
from signatures.domain.errors import Malformed, Refused, SunlitError
from signatures.domain.trustlist import RECOGNISED
from signatures.domain.tsl_terms import TSL
from tests.signatures.domain.lists import NOW, SINCE, Operator, service
from tests.signatures.labs import shared

DS = "http://www.w3.org/2000/09/xmldsig#"
NS = {"tsl": TSL, "ds": DS}


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator()


@pytest.fixture(scope="module")
def genuine(operator) -> bytes:
    return operator.build()


@pytest.fixture
def root(genuine) -> etree._Element:
    return etree.fromstring(genuine)


def evil() -> etree._Element:
    """An unsigned list that names the other region's authority."""
    foreign = service((SINCE, RECOGNISED), certificate=shared().region("west").issuing)
    return Operator().xml(foreign, sequence=99)


def code(operator: Operator, data: bytes | etree._Element) -> str:
    if not isinstance(data, bytes):
        data = etree.tostring(data)
    with pytest.raises(SunlitError) as caught:
        operator.accept(data)
    assert isinstance(caught.value, (Refused, Malformed))
    return caught.value.code


def signature(root: etree._Element) -> etree._Element:
    return root.find("ds:Signature", NS)


def test_the_genuine_list_passes_in_every_harmless_dress(operator, genuine, root):
    # So that the refusals below are for their own reasons.
    assert operator.accept(genuine).sequence == 1
    assert operator.accept(etree.tostring(root)).sequence == 1
    assert operator.accept(b"\xef\xbb\xbf" + etree.tostring(root)).sequence == 1


def test_genuine_list_inside_a_forged_one_is_refused(operator, root):
    forged = evil()
    mark = signature(root)
    root.remove(mark)
    extension = etree.SubElement(
        etree.SubElement(forged[0], f"{{{TSL}}}SchemeExtensions"), f"{{{TSL}}}Extension"
    )
    extension.append(root)
    forged.append(mark)
    assert code(operator, forged) == "list-signature-invalid"


def test_genuine_list_kept_in_the_signature_of_a_forged_one_is_refused(operator, root):
    forged = evil()
    mark = signature(root)
    root.remove(mark)
    holder = etree.SubElement(mark, f"{{{DS}}}Object")
    holder.append(root)
    forged.append(mark)
    assert code(operator, forged) == "list-signature-invalid"


def test_reference_by_id_to_an_inner_list_is_refused(operator, genuine):
    # The strongest wrapping: the signature does verify, over the inner list.
    inner = operator.xml()
    inner.set("Id", "list")
    signed = etree.fromstring(operator.sign(inner))
    assert operator.accept(etree.tostring(signed)).sequence == 1
    mark = signature(signed)
    signed.remove(mark)
    forged = evil()
    extension = etree.SubElement(
        etree.SubElement(forged[0], f"{{{TSL}}}SchemeExtensions"), f"{{{TSL}}}Extension"
    )
    extension.append(signed)
    forged.append(mark)
    assert code(operator, forged) == "list-signature-coverage"


def test_two_elements_with_the_referenced_id_are_refused(operator):
    inner = operator.xml()
    inner.set("Id", "list")
    signed = etree.fromstring(operator.sign(inner))
    signed[0].set("Id", "list")
    assert code(operator, signed) == "list-signature-invalid"


def test_second_signature_is_refused(operator, root):
    root.append(copy.deepcopy(signature(root)))
    assert code(operator, root) == "list-signature-place"


def test_signature_elsewhere_is_refused(operator, root):
    root.insert(0, signature(root))
    assert code(operator, root) == "list-signature-place"


def test_signature_inside_the_scheme_is_refused(operator, root):
    root[0].append(signature(root))
    assert code(operator, root) == "list-signature-place"


def test_list_without_signature_is_refused(operator, root):
    root.remove(signature(root))
    assert code(operator, root) == "list-signature-place"


def test_nothing_but_a_signature_is_refused(operator, root):
    assert code(operator, signature(root)) == "list-signature-place"


def test_certificate_shown_but_not_used_is_refused(operator, root):
    # Signed by a stranger, with the pinned certificate put into KeyInfo.
    stranger = Operator()
    forged = etree.fromstring(stranger.build(sequence=99))
    shown = signature(forged).find(".//ds:X509Certificate", NS)
    shown.text = signature(root).find(".//ds:X509Certificate", NS).text
    assert code(operator, forged) == "list-signature-invalid"


def test_pinned_certificate_added_beside_the_stranger_is_refused(operator, root):
    stranger = Operator()
    forged = etree.fromstring(stranger.build(sequence=99))
    pinned = copy.deepcopy(signature(root).find(".//ds:X509Certificate", NS))
    signature(forged).find(".//ds:X509Data", NS).append(pinned)
    assert code(operator, forged) == "list-signature-invalid"


def test_signature_that_names_no_certificate_is_refused(operator, root):
    node = signature(root).find(".//ds:X509Data", NS)
    node.getparent().remove(node)
    assert code(operator, root) == "list-signer-not-pinned"


@pytest.mark.parametrize(
    "path",
    [
        "ds:SignatureValue",
        "ds:SignedInfo/ds:Reference/ds:DigestValue",
        "ds:KeyInfo/ds:X509Data",
        "ds:Object",
    ],
)
def test_signature_without_one_of_its_parts_is_refused(operator, root, path):
    node = signature(root).find(path, NS)
    node.getparent().remove(node)
    assert code(operator, root) in {"list-signature-invalid", "list-signer-not-pinned"}


def resigned(operator: Operator, change) -> bytes:
    """A list signed with a signer whose references ``change`` has spoiled before signing."""

    class Spoiler(tsl_signature._Signer):
        def _build_xades_ds_object(self, sig_root, signing_settings):
            super()._build_xades_ds_object(sig_root, signing_settings)
            change(sig_root.find("ds:SignedInfo", NS))

    signed = Spoiler(at=NOW, method=SignatureMethod.ECDSA_SHA256).sign(
        operator.xml(), key=operator.key, cert=[operator.certificate], always_add_key_value=False
    )
    return etree.tostring(signed)


def transform(algorithm: str):
    def change(signed_info: etree._Element) -> None:
        node = etree.SubElement(
            signed_info.find("ds:Reference/ds:Transforms", NS), f"{{{DS}}}Transform"
        )
        node.set("Algorithm", algorithm)

    return change


def drop_document(signed_info: etree._Element) -> None:
    signed_info.remove(signed_info.find("ds:Reference", NS))


def cover_twice(signed_info: etree._Element) -> None:
    again = copy.deepcopy(signed_info.find("ds:Reference", NS))
    del again.attrib["Id"]
    signed_info.append(again)


def drop_properties(signed_info: etree._Element) -> None:
    signed_info.remove(signed_info.findall("ds:Reference", NS)[1])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (transform("http://www.w3.org/TR/1999/REC-xpath-19991116"), "list-signature-coverage"),
        (transform("http://www.w3.org/TR/1999/REC-xslt-19991116"), "list-signature-coverage"),
        (transform("http://www.w3.org/2002/06/xmldsig-filter2"), "list-signature-coverage"),
        (drop_document, "list-signature-coverage"),
        (cover_twice, "list-signature-coverage"),
        (drop_properties, "list-signature-invalid"),
    ],
)
def test_validly_signed_references_of_the_wrong_kind_are_refused(operator, change, expected):
    assert code(operator, resigned(operator, change)) == expected


def test_reference_to_a_file_or_address_is_refused(operator):
    def point_outside(signed_info: etree._Element) -> None:
        signed_info.find("ds:Reference", NS).set("URI", "file:///etc/hostname")

    assert code(operator, resigned(operator, point_outside)) == "list-signature-invalid"


def test_signature_over_one_element_only_is_refused(operator):
    root = operator.xml()
    root[0].set("Id", "part")
    signer = tsl_signature._Signer(at=NOW, method=SignatureMethod.ECDSA_SHA256)
    signed = signer.sign(
        root,
        key=operator.key,
        cert=[operator.certificate],
        always_add_key_value=False,
        reference_uri=[SignatureReference(URI="#part")],
    )
    assert code(operator, signed) == "list-signature-coverage"


def test_weak_digest_is_refused(operator):
    assert DigestAlgorithm.SHA224 not in tsl_signature.DIGESTS

    def weaken(signed_info: etree._Element) -> None:
        method = signed_info.find("ds:Reference/ds:DigestMethod", NS)
        method.set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")

    assert code(operator, resigned(operator, weaken)) == "list-signature-invalid"


def test_mac_in_place_of_a_signature_is_refused(operator, root):
    # The pinned certificate is public, so a MAC keyed with it would be anybody's.
    method = signature(root).find("ds:SignedInfo/ds:SignatureMethod", NS)
    method.set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    assert code(operator, root) == "list-signature-invalid"


def test_key_of_the_forgers_beside_the_certificate_is_refused(operator, root):
    key_info = signature(root).find("ds:KeyInfo", NS)
    value = etree.SubElement(key_info, "{http://www.w3.org/2009/xmldsig11#}DEREncodedKeyValue")
    value.text = base64.b64encode(b"0" * 91).decode()
    assert code(operator, root) == "list-signature-invalid"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tsl:SchemeInformation/tsl:TSLSequenceNumber", "2"),
        ("tsl:SchemeInformation/tsl:NextUpdate/tsl:dateTime", "2026-12-31T00:00:00Z"),
        (".//tsl:X509Certificate", base64.b64encode(b"other").decode()),
        (".//tsl:StatusStartingTime", "2020-01-01T00:00:00Z"),
    ],
)
def test_changed_word_is_refused(operator, root, path, text):
    root.find(path, NS).text = text
    assert code(operator, root) == "list-signature-invalid"


def test_comment_that_would_split_a_value_changes_nothing(operator, genuine):
    # Comments are not signed; a reader of the unsigned tree would see a shorter name.
    cut = genuine.replace(b"CN:Trust list", b"CN:Trust<!-- --> list").replace(
        b"<tsl:TSLSequenceNumber>1<", b"<tsl:TSLSequenceNumber><!-- 9 -->1<"
    )
    assert cut != genuine
    parsed = operator.accept(cut)
    assert (parsed.sequence, parsed.scheme) == (1, operator.accept(genuine).scheme)


def test_territory_hidden_behind_a_comment_is_refused(operator, genuine):
    cut = genuine.replace(b"CN-DY<", b"CN<!-- -->-DY<")
    assert code(operator, cut) == "list-territory-unknown"


XXE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(98, 110))
    + b"]><l>&m;</l>"
)


@pytest.mark.parametrize(
    "data",
    [
        XXE,
        LAUGHS,
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/list.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]><a/>',
    ],
)
def test_document_types_and_entities_are_refused_unread(operator, data):
    began = time.perf_counter()
    assert code(operator, data) == "list-has-dtd"
    assert time.perf_counter() - began < 0.5


def test_entity_put_into_a_genuine_list_is_refused(operator, genuine):
    head, body = genuine.split(b"?>", 1)
    data = head + b'?><!DOCTYPE x [<!ENTITY n "1">]>' + body.replace(b">1<", b">&n;<", 1)
    assert code(operator, data) == "list-has-dtd"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "gb18030", "utf-7"])
def test_other_encodings_are_refused(operator, genuine, encoding):
    # A document type would hide from a search for its bytes.
    text = genuine.decode().replace("UTF-8", encoding)
    assert code(operator, text.encode(encoding)) == "list-not-utf8"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "list-not-xml"),
        (b"not a list", "list-not-xml"),
        (b"<a/>", "list-signature-place"),
        (b"%PDF-1.7", "list-not-xml"),
        (b"\x00" * 100, "list-not-utf8"),
        (b"\xff" * 100, "list-not-utf8"),
        (b"<a>" + b" " * tsl_shape.MAX_BYTES + b"</a>", "list-too-large"),
        (b"<a>" + b"<b/>" * (tsl_shape.MAX_ELEMENTS + 1) + b"</a>", "list-too-large"),
        (b"<a>" * 41 + b"</a>" * 41, "list-too-large"),
        (b"<a>" * 1_000_000, "list-not-xml"),
    ],
)
def test_what_is_no_list_is_refused_by_name(operator, data, expected):
    assert code(operator, data) == expected


def test_largest_bearable_document_costs_little_time(operator):
    bulk = b"<a>" + b"<b/>" * (tsl_shape.MAX_ELEMENTS - 2)
    bulk += b" " * (tsl_shape.MAX_BYTES - len(bulk) - 4) + b"</a>"
    assert len(bulk) == tsl_shape.MAX_BYTES
    began = time.perf_counter()
    assert code(operator, bulk) == "list-signature-place"
    assert time.perf_counter() - began < 5


def test_every_truncation_is_refused(operator, genuine):
    for length in range(0, len(genuine), 97):
        with pytest.raises(SunlitError):
            operator.accept(genuine[:length])


def test_flipped_bits_never_change_what_is_read(operator, genuine):
    """A flip is refused, or lies where nothing is said; it never gives another list."""
    honest = operator.accept(genuine)
    for at in range(3, len(genuine), 61):
        data = bytearray(genuine)
        data[at] ^= 1 << (at % 7)
        try:
            parsed = operator.accept(bytes(data))
        except SunlitError:
            continue
        assert parsed.services == honest.services
        assert parsed.digest == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        lambda root: root[0].append(etree.Element("{urn:x}Stranger")),
        lambda root: root[0].append(etree.Element(f"{{{TSL}}}Stranger")),
        lambda root: root[0].insert(0, copy.deepcopy(root[0][1])),
        lambda root: root[0].append(copy.deepcopy(root[0].find("tsl:SchemeTerritory", NS))),
        lambda root: root[0].set("onload", "x"),
        lambda root: root[0].append(etree.ProcessingInstruction("php", "x")),
        lambda root: setattr(root[0], "text", "words"),
        lambda root: setattr(root[0][0], "tail", "words"),
        lambda root: root.append(copy.deepcopy(root[1])),
        lambda root: root.remove(root[0]),
        lambda root: root.find(".//tsl:ServiceStatus", NS).append(etree.Element(f"{{{TSL}}}URI")),
        lambda root: root.find(".//tsl:TSPServices", NS).clear(),
    ],
)
def test_signed_but_misshapen_list_is_refused(operator, change):
    root = operator.xml()
    change(root)
    assert code(operator, operator.sign(root)) in {"list-misshapen", "list-territory-unknown"}


def extended(operator: Operator, content: etree._Element, critical: str) -> bytes:
    root = operator.xml()
    information = root.find(".//tsl:ServiceInformation", NS)
    extension = etree.SubElement(
        etree.SubElement(information, f"{{{TSL}}}ServiceInformationExtensions"),
        f"{{{TSL}}}Extension",
    )
    extension.set("Critical", critical)
    extension.append(content)
    return operator.sign(root)


def additional(uri: str) -> etree._Element:
    node = etree.Element(f"{{{TSL}}}AdditionalServiceInformation")
    name = etree.SubElement(node, f"{{{TSL}}}URI")
    name.text = f"http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/{uri}"
    return node


@pytest.mark.parametrize(
    ("content", "critical", "usable"),
    [
        (etree.Element("{urn:x}Strange"), "true", False),
        (etree.Element("{urn:x}Strange"), "1", False),
        (etree.Element("{urn:x}Strange"), "perhaps", False),
        (etree.Element("{urn:x}Strange"), "false", True),
        (additional("ForWebSiteAuthentication"), "true", False),
        (additional("ForeSeals"), "true", True),
    ],
)
def test_extension_that_is_not_understood_grants_nothing(operator, content, critical, usable):
    parsed = operator.accept(extended(operator, copy.deepcopy(content), critical))
    names = [each.name for each in parsed.usable(NOW)]
    assert ("Issuing authority" in names) is usable
    assert len(parsed.alarms) == (0 if usable else 1)
