"""The metadata as archives exchange them: an EEP after DA/T 48 and PREMIS 3.0.

Both are exports of what the volume says; element names and obligations are rows of
``tables/metadata.toml``. The same volume gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid5

from lxml import etree
from lxml.etree import Element, QName, SubElement, _Element

from archive.domain import tables, volume
from archive.domain.examinations import Examination
from archive.domain.package import INDEX
from archive.domain.volume import Volume
from signatures.domain import jcs, platform

PREMIS = "http://www.loc.gov/premis/v3"
NAMESPACES: dict[Any, str] = {
    None: PREMIS,
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}


def eep(of: Volume, *, index: tuple[str, int]) -> bytes:
    """``metadata/eep.xml``; ``index`` is the index volume's SHA-256 and size."""
    root = Element("电子文件封装包", {"待确认": "true", "依据": tables.read("metadata")["source"]})
    _text(root, "封装包格式描述", "本封装包为招标投标电子文件归档包的元数据导出")
    _text(root, "版本", f"{of.version}")
    signed = SubElement(root, "被签名对象", {"eep版本": "2009"})
    _text(signed, "封装包类型", "原始型")
    _fields(signed, "volume", volume.volume_metadata(of))
    content = SubElement(signed, "封装内容")
    block = SubElement(content, "文件实体块")
    catalogue = SubElement(block, "文件实体")
    _text(catalogue, "题名", "电子档案索引卷")
    _text(catalogue, "存储位置", INDEX)
    _text(catalogue, "数字摘要值", index[0])
    _text(catalogue, "计算机文件大小", str(index[1]))
    for one in of.records:
        _fields(SubElement(block, "文件实体"), "record", volume.record_metadata(one))
    missing = SubElement(content, "缺项")
    for lack in of.collection.missing:
        row = SubElement(missing, "类别", {"必备": "true" if lack.gap else "false"})
        _text(row, "名称", lack.record_class.title.zh)
        _text(row, "原因", lack.reason.zh)
    return _written(root)


def _fields(parent: _Element, level: str, values: Mapping[str, str]) -> None:
    for field in tables.metadata_fields(level):
        if values[field.key]:
            _text(parent, field.element, values[field.key])


def premis(of: Volume, examination: Examination, *, index: tuple[str, int]) -> bytes:
    """``metadata/premis.xml``: each file as an object, what happened to them, and by what."""
    root = Element(QName(PREMIS, "premis"), {"version": "3.0"}, nsmap=NAMESPACES)
    _object(root, "index", INDEX, index[0], index[1], "PDF/A-3b", "fmt/480", "index.pdf")
    for one in of.records:
        if one.present:
            exhibit = one.exhibit
            _object(
                root, exhibit.urn, one.path, exhibit.digest, exhibit.size,
                one.format.name or exhibit.media_type, one.format.pronom, exhibit.name,
            )  # fmt: skip
        if one.signature is not None:
            _object(
                root, f"{one.exhibit.urn}#signature", one.signature.path, one.signature.sha256,
                one.signature.size, "CMS signature", "", "",
            )  # fmt: skip
    for one in of.records:
        exhibit = one.exhibit
        at = jcs.timestamp(exhibit.filed_at)
        said = f"ledger leaf {exhibit.leaf}"
        outcome = "success" if one.present else "bytes gone"
        _event(root, of, "ingestion", at, said, outcome, exhibit.urn)
    outcomes = list(examination.outcomes.values())
    _event(
        root, of, "validation", jcs.timestamp(examination.at),
        "four examinations, see metadata/examinations.json",
        f"{outcomes.count('pass')} passed, {outcomes.count('fail')} failed, "
        f"{outcomes.count('not-checked')} not checked", "index",
    )  # fmt: skip
    agent = _sub(root, "agent")
    _identifier(agent, "agent", platform.origin())
    _text_in(agent, "agentName", of.builder)
    _text_in(agent, "agentType", "organization")
    for name, version in sorted(examination.tools.items()):
        agent = _sub(root, "agent")
        _identifier(agent, "agent", f"software:{name}")
        _text_in(agent, "agentName", name)
        _text_in(agent, "agentType", "software")
        _text_in(agent, "agentVersion", version or "unknown")
    return _written(root)


def _object(
    root: _Element,
    urn: str,
    path: str,
    sha256: str,
    size: int,
    format_: str,
    pronom: str,
    name: str,
) -> None:
    thing = _sub(root, "object")
    thing.set(QName(NAMESPACES["xsi"], "type"), "file")
    _identifier(thing, "object", urn)
    about = _sub(thing, "objectCharacteristics")
    fixity = _sub(about, "fixity")
    _text_in(fixity, "messageDigestAlgorithm", "SHA-256")
    _text_in(fixity, "messageDigest", sha256)
    _text_in(about, "size", str(size))
    format_element = _sub(about, "format")
    _text_in(_sub(format_element, "formatDesignation"), "formatName", format_)
    if pronom:
        registry = _sub(format_element, "formatRegistry")
        _text_in(registry, "formatRegistryName", "PRONOM")
        _text_in(registry, "formatRegistryKey", pronom)
    if name:
        _text_in(thing, "originalName", name)
    storage = _sub(_sub(thing, "storage"), "contentLocation")
    _text_in(storage, "contentLocationType", "path in the package")
    _text_in(storage, "contentLocationValue", path)


def _event(
    root: _Element, of: Volume, kind: str, at: str, detail: str, outcome: str, about: str
) -> None:
    event = _sub(root, "event")
    _identifier(event, "event", f"urn:uuid:{uuid5(of.identifier, f'{of.root} {kind} {about}')}")
    _text_in(event, "eventType", kind)
    _text_in(event, "eventDateTime", at)
    _text_in(_sub(event, "eventDetailInformation"), "eventDetail", detail)
    _text_in(_sub(event, "eventOutcomeInformation"), "eventOutcome", outcome)
    for what, value in (("Agent", platform.origin()), ("Object", about)):
        linking = _sub(event, f"linking{what}Identifier")
        _text_in(linking, f"linking{what}IdentifierType", "URN")
        _text_in(linking, f"linking{what}IdentifierValue", value)


def _identifier(parent: _Element, what: str, value: str) -> None:
    element = _sub(parent, f"{what}Identifier")
    _text_in(element, f"{what}IdentifierType", "URN")
    _text_in(element, f"{what}IdentifierValue", value)


def _sub(parent: _Element, name: str) -> _Element:
    return SubElement(parent, QName(PREMIS, name))


def _text_in(parent: _Element, name: str, text: str) -> None:
    _sub(parent, name).text = _legal(text)


def _text(parent: _Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _legal(text)


def _legal(text: str) -> str:
    """Without what XML 1.0 forbids (section 2.2): written as its code point."""
    return "".join(
        character
        if character in "\t\n\r"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character >= "\U00010000"
        else f"[U+{ord(character):04X}]"
        for character in text
    )


def _written(root: _Element) -> bytes:
    written: bytes = etree.tostring(
        root, encoding="UTF-8", xml_declaration=True, pretty_print=True
    )
    return written
