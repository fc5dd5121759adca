"""Files and what is found in them: the same for the kit, for the page's modules and in Chromium.

Each case: the slot, the file's name, its bytes, and the codes with their telling places.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from tests.bidding import papers

NAME = "华东建工集团有限公司"
CODE = "91310000MA1FL0XX3T"
PERSON = "王建国"
OWN = [NAME, "华东建工", CODE, "李四光", "Sunrise Builders", PERSON]
SHEET = {"manager": PERSON, "price": "14250600.50", "capitals": "壹仟肆佰贰拾伍万零陆佰元伍角整"}
XMP = (
    '<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="urn:rdf">'
    '<rdf:Description rdf:about="" pdf:Producer="{producer}"><dc:creator><rdf:Seq><rdf:li>{name}'
    "</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
)


@dataclass(frozen=True)
class Case:
    slot: int
    name: str
    data: bytes
    found: tuple[str, ...] = ()

    @property
    def is_pdf(self) -> bool:
        return self.data[:5] == b"%PDF-"


def named(term: str, place: str) -> str:
    return f"blind-name {term} {place}"


PLAIN = papers.pdf("施工方案", "进度计划")
WORDS = papers.docx()
FILES: dict[str, Case] = {
    # What is right: nothing is found.
    "pdf": Case(3, "技术方案.pdf", PLAIN),
    "pdf-qualification": Case(2, "资格.pdf", papers.pdf(NAME, info={"Author": NAME})),
    "docx-qualification": Case(2, "资格.docx", papers.docx(NAME, more=papers.core(creator=NAME))),
    "picture-qualification": Case(2, "营业执照.jpg", papers.jpeg(artist=NAME)),
    "nobody": Case(3, "a.pdf", papers.pdf("a", info={"Author": "(anonymous)"})),
    "other-amount": Case(2, "a.pdf", papers.pdf("注册资本 114250600.50 元，1.14250600.50")),
    # Formal.
    "empty-kind": Case(2, "a.pdf", b"\x00\x01", ("type-mismatch pdf unknown",)),
    "zip-called-pdf": Case(2, "a.pdf", WORDS, ("type-mismatch pdf zip",)),
    "pdf-called-docx": Case(2, "a.docx", PLAIN, ("type-mismatch docx pdf",)),
    "png-called-jpg": Case(2, "a.jpg", papers.png(), ("type-mismatch jpg png",)),
    "text-called-pdf": Case(2, "a.pdf", "施工方案".encode(), ("type-mismatch pdf text",)),
    "program": Case(2, "a.pdf", b"MZ\x90\0 %PDF-1.7", ("program",)),
    "program-by-name": Case(2, "a.VBS", b"MsgBox 1", ("program",)),
    "shell": Case(2, "notes.txt", b"#!/bin/sh\n", ("program",)),
    "device": Case(2, "con.pdf", PLAIN, ("name-device",)),
    "device-number": Case(2, "LPT1.tar.pdf", PLAIN, ("name-device",)),
    "no-ending": Case(2, "README", b"text", ("unknown-kind",)),
    "unknown-ending": Case(2, "model.step9", b"ISO-10303", ("unknown-kind",)),
    "pdf-cut": Case(2, "a.pdf", PLAIN[: len(PLAIN) // 2], ("damaged",)),
    "pdf-header-alone": Case(2, "a.pdf", b"%PDF-1.7 CANARY" + bytes(2000), ("damaged",)),
    "pdf-hollow": Case(2, "a.pdf", b"%PDF-1.7\nstartxref\n0\n%%EOF\n", ("damaged",)),
    "pdf-password": Case(2, "a.pdf", papers.changed(PLAIN, password="s"), ("encrypted",)),
    "pdf-protected": Case(2, "a.pdf", papers.changed(PLAIN, password=""), ("encrypted",)),
    "pdf-script": Case(2, "a.pdf", papers.changed(PLAIN, script="app.alert(1)"), ("scripts",)),
    "pdf-inside": Case(2, "a.pdf", papers.changed(PLAIN, inside=b"x"), ("embedded",)),
    "zip-cut": Case(2, "a.docx", WORDS[:-30], ("damaged",)),
    "zip-torn": Case(
        2, "a.docx", WORDS.replace(WORDS[60:80], bytes(20), 1), ("damaged",)
    ),
    "zip-encrypted": Case(2, "a.docx", papers.encrypted_entry(WORDS), ("encrypted",)),
    "archive-encrypted": Case(2, "a.zip", papers.encrypted_entry(WORDS), ("encrypted",)),
    "ole-encrypted": Case(
        2, "a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        ("encrypted",),
    ),
    "macros": Case(2, "a.docm", papers.docx(more={"word/vbaProject.bin": b"x"}), ("macros",)),
    "jpeg-cut": Case(2, "a.jpg", papers.jpeg()[:30], ("damaged",)),
    "png-cut": Case(2, "a.png", papers.png()[:40], ("damaged",)),
    # The price before its time.
    "price": Case(
        2, "a.pdf", papers.pdf("方案", "总价 ¥14,250,600.50 元"), ("price-early page 2",)
    ),
    "price-plain": Case(3, "a.pdf", papers.pdf("14250600.5"), ("price-early page 1",)),
    "price-capitals": Case(
        2, "a.docx", papers.docx("壹仟肆佰贰拾伍万零陆佰元伍角"), ("price-early text",)
    ),
    "price-name": Case(2, "报价14250600.50.pdf", PLAIN, ("price-early name",)),
    "price-property": Case(
        2, "a.pdf", papers.pdf("a", info={"Title": "14250600.50"}), ("price-early field Title",)
    ),
    # The blind slot.
    "blind-author": Case(3, "a.pdf", papers.pdf("a", info={"Author": "张三"}),
        ("blind-author Author 张三",)),
    "blind-own-author": Case(3, "a.pdf", papers.pdf("a", info={"Author": NAME}),
        (named(NAME, "field Author"),)),
    "blind-producer": Case(3, "a.pdf", papers.pdf("a", info={"Producer": "华东建工 Office"}),
        (named("华东建工", "field Producer"),)),
    "blind-title": Case(3, "a.pdf", papers.pdf("a", info={"Title": f"{PERSON}方案"}),
        (named(PERSON, "field Title"),)),
    "blind-company": Case(3, "a.pdf", papers.pdf("a", info={"Company": "某公司"}),
        ("blind-author Company 某公司",)),
    "blind-xmp": Case(3, "a.pdf", papers.changed(PLAIN, xmp=XMP.format(name="张三", producer="P")),
        ("blind-author Author 张三",)),
    "blind-xmp-own": Case(
        3, "a.pdf", papers.changed(PLAIN, xmp=XMP.format(name="x", producer="Sunrise Builders")),
        (named("Sunrise Builders", "field Producer"), "blind-author Author x")),
    "blind-page": Case(3, "a.pdf", papers.pdf("方案", "由华东建工集团有限公司编制"),
        (named(NAME, "page 2"),)),
    "blind-spaced": Case(3, "a.pdf", papers.pdf("华 东 建 工"), (named("华东建工", "page 1"),)),
    "blind-code": Case(3, "a.pdf", papers.pdf(f"x {CODE.lower()}"), (named(CODE, "page 1"),)),
    "blind-latin": Case(3, "a.pdf", papers.pdf("by SUNRISE  builders, Ltd"),
        (named("Sunrise Builders", "page 1"),)),
    "blind-latin-within": Case(3, "a.pdf", papers.pdf("Sunrise Buildersville")),
    "blind-file-name": Case(3, "华东建工-技术.pdf", PLAIN, (named("华东建工", "name"),)),
    "blind-picture-of-page": Case(3, "a.pdf", papers.pdf(" "), ("blind-unread",)),
    "blind-docx": Case(
        3, "a.docx", papers.docx(f"编制：{PERSON}", more=papers.core(creator="张三")),
        ("not-pdf", "blind-author Author 张三", named(PERSON, "text"))),
    "blind-docx-comment": Case(
        3, "a.docx",
        papers.docx(more={"word/comments.xml": f'<w:c {papers.WORD} w:author="李四光"/>'}),
        ("not-pdf", named("李四光", "field Author"))),
    "blind-docx-company": Case(3, "a.docx",
        papers.docx(more={"docProps/app.xml": f"<P><Company>{NAME}</Company></P>"}),
        ("not-pdf", named(NAME, "field Company"))),
    "blind-docx-picture": Case(
        3, "a.docx", papers.docx(more={"word/media/image1.jpeg": papers.jpeg(artist="Zhang")}),
        ("not-pdf", "blind-author Author Zhang")),
    "blind-xlsx": Case(3, "a.xlsx", papers.package(
        {"xl/worksheets/sheet2.xml": "<s><c><is><t>华东&#24314;工</t></is></c></s>"}),
        ("not-pdf", named("华东建工", "page 2"))),
    "blind-ofd": Case(3, "a.ofd", papers.package(
        {"OFD.xml": "<o:OFD><o:Author>张三</o:Author><o:Creator>WPS</o:Creator></o:OFD>",
         "Doc_0/Pages/Page_0/Content.xml": f"<o:TextCode>{NAME}</o:TextCode>"}),
        ("not-pdf", "blind-author Author 张三", named(NAME, "page 1"))),
    "blind-archive": Case(3, "a.zip", papers.package({"华东建工/a.txt": "x"}),
        ("not-pdf", named("华东建工", "text"), "blind-unread")),
    "blind-exif": Case(3, "a.jpg", papers.jpeg(artist="Zhang San", gps=True),
        ("not-pdf", "blind-author Author Zhang San", "blind-place", "blind-unread")),
    "blind-jpeg-comment": Case(3, "a.jpg", papers.jpeg(comment=NAME.encode()),
        ("not-pdf", named(NAME, "field Comment"), "blind-unread")),
    "blind-png-text": Case(3, "a.png", papers.png([(b"tEXt", b"Author\0Zhang")]),
        ("not-pdf", "blind-author Author Zhang", "blind-unread")),
    "blind-png-itxt": Case(
        3, "a.png", papers.png([(b"iTXt", b"Title\0\0\0zh\0t\0" + NAME.encode())]),
        ("not-pdf", named(NAME, "field Title"), "blind-unread")),
    "blind-png-packed": Case(
        3, "a.png", papers.png([(b"zTXt", b"Copyright\0\0" + zlib.compress(b"Zhang"))]),
        ("not-pdf", "blind-author Copyright Zhang", "blind-unread")),
    "blind-png-xmp": Case(3, "a.png", papers.png(
        [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.format(name=NAME, producer="P").encode())]),
        ("not-pdf", named(NAME, "field Author"), "blind-unread")),
    "blind-text": Case(3, "a.txt", f"编制 {NAME}".encode("gb18030"),
        ("not-pdf", named(NAME, "text"))),
}  # fmt: skip


def said(code: str, places: dict) -> str:
    """A finding in one line: its code and its telling places."""
    order = ("ending", "kind", "term", "where", "field", "text", "page")
    values = [str(places[each]) for each in order if each in places]
    if places.get("where") in ("field", "page"):
        values = [each for each in values if each != places["where"]]
        values.insert(1 if "term" in places else 0, places["where"])
    return " ".join([code, *values])
