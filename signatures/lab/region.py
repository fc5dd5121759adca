"""One region of the lab: a root, an issuing authority and the services around them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from signatures.domain.errors import Malformed, NotFound
from signatures.lab import certificates, lists, records, responders
from signatures.lab.certificates import DAY, YEAR, PublicKey, Usage
from signatures.lab.issued import Issued
from signatures.lab.profiles import Profile
from signatures.lab.responders import Credential, IssuerStatus, Revocation, as_asn1

CRL_VALIDITY = {"root": 90 * DAY, "issuing": DAY}
REASONS = frozenset(
    {
        "unspecified",
        "key_compromise",
        "ca_compromise",
        "affiliation_changed",
        "superseded",
        "cessation_of_operation",
        "privilege_withdrawn",
    }
)
"""Why a certificate may be revoked (RFC 5280, 5.3.1); suspension is not offered."""


class Region:
    """The authorities of one region, on their folder; made by :class:`signatures.lab.lab.Lab`."""

    def __init__(self, *, folder: Path, profile: Profile, base_url: str) -> None:
        self.folder = folder
        self.profile = profile
        self.url = f"{base_url}/lab/{profile.name}"
        self._credentials: dict[str, Credential] = {}

    @property
    def name(self) -> str:
        """The region's name in paths: ``east`` or ``west``."""
        return self.profile.name

    @property
    def territory(self) -> str:
        """The territory that stands in the region's trust list."""
        return self.profile.territory

    @property
    def ocsp_url(self) -> str:
        """Where the issuing authority's responder answers."""
        return f"{self.url}/ocsp"

    @property
    def tsa_url(self) -> str:
        """Where timestamps are given."""
        return f"{self.url}/tsa"

    @property
    def trust_list_url(self) -> str:
        """Where the region's trust list lies."""
        return f"{self.url}/list.xml"

    def crl_url(self, name: str) -> str:
        """Where the CRL of ``root`` or ``issuing`` lies."""
        return f"{self.url}/{name}.crl"

    def issuer_url(self, name: str) -> str:
        """Where the certificate of ``root`` or ``issuing`` lies."""
        return f"{self.url}/{name}.cer"

    @property
    def root(self) -> asn1_x509.Certificate:
        """The region's self-signed root."""
        return self.credential("root").asn1

    @property
    def issuing(self) -> asn1_x509.Certificate:
        """The authority that issues to end entities."""
        return self.credential("issuing").asn1

    @property
    def tsa(self) -> asn1_x509.Certificate:
        """The timestamp authority's certificate."""
        return self.credential("tsa").asn1

    @property
    def list_signer(self) -> Credential:
        """Who signs the region's trust list: a self-signed certificate to be pinned."""
        return self.credential("list")

    def credential(self, name: str) -> Credential:
        """An authority's certificate and key: root, issuing, ocsp, tsa or list."""
        if name not in self._credentials:
            self._credentials[name] = Credential(
                certificate=records.read_certificate(self.folder / f"{name}.cer"),
                key=records.read_key(self.folder / f"{name}.key"),
            )
        return self._credentials[name]

    def create(self, *, now: datetime) -> None:
        """Make the region's authorities, valid from before ``now`` to long after it."""
        root_key = certificates.new_key()
        root = certificates.authority_certificate(
            subject=self._authority_name("Root CA"),
            key=root_key,
            issuer=None,
            issuer_key=root_key,
            valid_from=now - 5 * YEAR,
            valid_to=now + 20 * YEAR,
            path_length=1,
        )
        issuing_key = certificates.new_key()
        issuing = certificates.authority_certificate(
            subject=self._authority_name("Issuing CA"),
            key=issuing_key,
            issuer=root,
            issuer_key=root_key,
            valid_from=now - 4 * YEAR,
            valid_to=now + 16 * YEAR,
            path_length=0,
            crl_url=self.crl_url("root"),
            issuer_url=self.issuer_url("root"),
        )
        self._keep("root", Credential(certificate=root, key=root_key))
        self._keep("issuing", Credential(certificate=issuing, key=issuing_key))
        self._create_service("ocsp", "OCSP", "issuing", ExtendedKeyUsageOID.OCSP_SIGNING, now=now)
        self._create_service("tsa", "TSA", "root", ExtendedKeyUsageOID.TIME_STAMPING, now=now)
        self._create_service("list", "Trust List Operator", None, certificates.TSL_SIGNING, now=now)

    def issue(
        self,
        common_name: str,
        *,
        organisation: str | None = None,
        credit_code: str | None = None,
        person_id: str | None = None,
        usage: str = Usage.SEAL,
        key_type: str = "ec",
        public_key: PublicKey | None = None,
    ) -> Issued:
        """Issue a certificate for signing and sealing.

        ``credit_code`` is the organisation's unified social credit code, ``person_id`` an
        identifier of a natural person. A seal (of an organisation or the platform) must name its
        organisation and code, a person's certificate a person. The key is made here (``ec`` or
        ``rsa``) unless the holder hands in ``public_key``; the lab keeps the certificate, never
        the key. Raises ``Malformed`` where the subject lacks what its usage needs.
        """
        wanted = _usage(usage)
        if wanted is Usage.PERSON and person_id is None:
            raise Malformed("A person's certificate needs person_id.", code="subject-incomplete")
        if wanted is not Usage.PERSON and (organisation is None or credit_code is None):
            raise Malformed(
                "A seal's certificate needs organisation and credit_code.",
                code="subject-incomplete",
            )
        issuing = self.credential("issuing")
        key = certificates.new_key(key_type) if public_key is None else None
        certificate = certificates.end_entity_certificate(
            subject=certificates.subject_name(
                common_name=common_name,
                organisation=organisation,
                credit_code=credit_code,
                person_id=person_id,
            ),
            public_key=key.public_key() if key is not None else _given(public_key),
            issuer=issuing.certificate,
            issuer_key=issuing.key,
            valid_from=issuing.certificate.not_valid_before_utc + YEAR // 2,
            valid_to=issuing.certificate.not_valid_after_utc - YEAR,
            crl_url=self.crl_url("issuing"),
            ocsp_url=self.ocsp_url,
            issuer_url=self.issuer_url("issuing"),
        )
        self._record_issued("issuing", certificate)
        return Issued(certificate=as_asn1(certificate), key=key, chain=(self.issuing, self.root))

    def revoke(self, certificate: asn1_x509.Certificate, at: datetime, reason: str) -> None:
        """Revoke a certificate of this region from ``at`` on; it cannot be undone or repeated.

        Raises ``NotFound`` for a certificate that this region did not issue, ``Conflict`` for one
        that is revoked already, ``Malformed`` for a reason that is none.
        """
        if reason not in REASONS:
            raise Malformed(f"{reason!r} is no reason for revocation.", code="unknown-reason")
        issuer = self._issuer_of(certificate)
        serial = certificate.serial_number
        records.write_json(
            self.folder / "revoked" / issuer / f"{serial:x}.json",
            {"serial": str(serial), "at": _whole_second(at).isoformat(), "reason": reason},
        )

    def ocsp(self, request: ocsp.OCSPRequest | bytes, now: datetime) -> ocsp.OCSPResponse:
        """The responder's answer as of ``now``, about certificates of the issuing authority."""
        issuing = self.credential("issuing")
        issued = self.folder / "issued" / "issuing"
        status = IssuerStatus(
            issuer=issuing.asn1,
            issued=frozenset(int(path.stem, 16) for path in issued.glob("*.cer")),
            revoked={each.serial: each for each in self.revocations("issuing")},
        )
        return responders.answer_ocsp(
            request if isinstance(request, bytes) else request.dump(),
            responder=self.credential("ocsp"),
            status=status,
            now=_whole_second(now),
        )

    def crl(self, name: str, now: datetime) -> asn1_crl.CertificateList:
        """The CRL of ``root`` or ``issuing`` as of ``now``."""
        if name not in CRL_VALIDITY:
            raise NotFound(f"The lab publishes no CRL named {name!r}.")
        data = responders.build_crl(
            issuer=self.credential(name),
            revocations=self.revocations(name),
            now=_whole_second(now),
            validity=CRL_VALIDITY[name],
        )
        return asn1_crl.CertificateList.load(data)

    def timestamp(self, request: tsp.TimeStampReq | bytes, now: datetime) -> tsp.TimeStampResp:
        """The timestamp authority's answer to a request at ``now``, a rejection included."""
        return responders.answer_timestamp(
            request if isinstance(request, bytes) else request.dump(),
            authority=self.credential("tsa"),
            chain=(self.root,),
            now=_whole_second(now),
        )

    def timestamp_digest(
        self, digest: bytes, now: datetime, *, algorithm: str = "sha256"
    ) -> tsp.TimeStampResp:
        """A timestamp on a digest made by ``algorithm``."""
        return self.timestamp(responders.timestamp_request(digest, algorithm=algorithm), now)

    def trust_list(self, now: datetime) -> bytes:
        """The region's signed trust list as of ``now``; renewed by itself well before its end."""
        moment = _whole_second(now)
        return lists.current(
            self.folder / "lists",
            profile=self.profile,
            signer=self.list_signer,
            services=lists.services(self.folder, self.profile, now=moment),
            url=self.trust_list_url,
            now=moment,
        )

    def withdraw(self, service: str, at: datetime) -> None:
        """Withdraw ``issuing`` or ``tsa`` from the trust list from ``at`` on, for good.

        It shows in lists from that moment; what was signed before keeps its standing.
        """
        lists.withdraw(self.folder, service, _whole_second(at))

    def revocations(self, issuer: str) -> Sequence[Revocation]:
        """Everything that ``root`` or ``issuing`` has revoked, whenever it takes effect."""
        found = []
        for path in sorted((self.folder / "revoked" / issuer).glob("*.json")):
            record = records.read_json(path)
            found.append(
                Revocation(
                    serial=int(record["serial"]),
                    at=datetime.fromisoformat(record["at"]),
                    reason=record["reason"],
                )
            )
        return found

    def has_issued(self, certificate: asn1_x509.Certificate) -> bool:
        """Whether these very bytes were issued by an authority of this region."""
        try:
            self._issuer_of(certificate)
        except NotFound:
            return False
        return True

    def _issuer_of(self, certificate: asn1_x509.Certificate) -> str:
        for issuer in CRL_VALIDITY:
            path = self.folder / "issued" / issuer / f"{certificate.serial_number:x}.cer"
            if path.exists() and path.read_bytes() == certificate.dump():
                return issuer
        raise NotFound(f"The lab's region {self.name} did not issue this certificate.")

    def _authority_name(self, role: str) -> x509.Name:
        return certificates.authority_name(
            organisation=self.profile.authority,
            common_name=f"LAB {self.profile.title_en} {role}",
        )

    def _create_service(
        self,
        name: str,
        role: str,
        issuer: str | None,
        purpose: ObjectIdentifier,
        *,
        now: datetime,
    ) -> None:
        key = certificates.new_key()
        subject = self._authority_name(role)
        if issuer is None:
            subject = certificates.authority_name(
                organisation=self.profile.operator,
                common_name=f"LAB {self.profile.title_en} {role}",
            )
        signer = self.credential(issuer) if issuer is not None else None
        certificate = certificates.service_certificate(
            subject=subject,
            key=key,
            issuer=signer.certificate if signer is not None else None,
            issuer_key=signer.key if signer is not None else key,
            valid_from=now - 4 * YEAR,
            valid_to=now + 15 * YEAR,
            purpose=purpose,
            # Nobody asks whether a responder is revoked, and a pinned signer has no issuer.
            crl_url=self.crl_url("root") if issuer == "root" else None,
            issuer_url=self.issuer_url(issuer) if issuer is not None else None,
        )
        self._keep(name, Credential(certificate=certificate, key=key), issuer=issuer)

    def _keep(self, name: str, credential: Credential, *, issuer: str | None = "root") -> None:
        records.write_key(self.folder / f"{name}.key", credential.key)
        records.write_certificate(self.folder / f"{name}.cer", credential.certificate)
        if issuer is not None:
            self._record_issued(issuer, credential.certificate)

    def _record_issued(self, issuer: str, certificate: x509.Certificate) -> None:
        serial = certificate.serial_number
        records.write_certificate(self.folder / "issued" / issuer / f"{serial:x}.cer", certificate)


def _usage(usage: str) -> Usage:
    try:
        return Usage(usage)
    except ValueError as error:
        raise Malformed(
            f"{usage!r} is no usage; the lab knows {', '.join(Usage)}.", code="unknown-usage"
        ) from error


def _given(public_key: PublicKey | None) -> PublicKey:
    if public_key is None:
        raise Malformed("A certificate needs a public key.")
    return public_key


def _whole_second(moment: datetime) -> datetime:
    """``moment`` in UTC without its fraction, which CRLs and OCSP responses cannot carry."""
    if moment.tzinfo is None:
        raise Malformed("The lab needs moments with their time zone.", code="naive-time")
    return moment.astimezone(UTC) - timedelta(microseconds=moment.microsecond)
