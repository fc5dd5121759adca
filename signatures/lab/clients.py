"""How the platform reaches the lab: in process where the folder is at hand, else over HTTP.

Certificates name ``http://127.0.0.1:<port>/lab/…`` as their sources. A process that holds the lab
resolves those addresses by itself, without a socket; nothing else is ever fetched through here, so
an address in a hostile file leads nowhere.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from datetime import datetime

from asn1crypto import cms, crl, ocsp, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper
from pyhanko_certvalidator import errors
from pyhanko_certvalidator.authority import Authority
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend
from pyhanko_certvalidator.fetchers.api import (
    CertificateFetcher,
    CRLFetcher,
    FetcherBackend,
    Fetchers,
    OCSPFetcher,
)
from pyhanko_certvalidator.fetchers.common_utils import (
    enumerate_delivery_point_urls,
    format_ocsp_request,
    gather_aia_issuer_urls,
    process_ocsp_response_data,
)
from pyhanko_certvalidator.util import get_ocsp_urls, get_relevant_crl_dps

from signatures.domain.errors import NotFound
from signatures.domain.outside import require_outside_transaction
from signatures.lab.lab import Lab
from signatures.lab.region import Region

Now = Callable[[], datetime]


class LabTimeStamper(TimeStamper):
    """pyHanko's way to ask a region's timestamp authority in process, at the moment ``now()``."""

    def __init__(self, region: Region, now: Now) -> None:
        super().__init__()
        self._region = region
        self._now = now

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """The authority's answer."""
        require_outside_transaction("The timestamper")
        return self._region.timestamp(req, self._now())


def timestamper(region: Region, now: Now) -> LabTimeStamper:
    """A stamper that asks in process."""
    return LabTimeStamper(region, now)


def http_timestamper(url: str, *, timeout_seconds: int = 10) -> TimeStamper:
    """A stamper that asks over HTTP, for a process without the lab's folder."""
    return HTTPTimeStamper(url, timeout=timeout_seconds)


class LabFetcherBackend(FetcherBackend):
    """Resolves the addresses in the lab's certificates in process, at the moment ``now()``."""

    def __init__(self, lab: Lab, now: Now) -> None:
        self._sources = LabSources(lab, now)

    def get_fetchers(self) -> Fetchers:
        """Fresh fetchers, each of which remembers what it fetched."""
        return Fetchers(
            ocsp_fetcher=_LabOCSPFetcher(self._sources),
            crl_fetcher=_LabCRLFetcher(self._sources),
            cert_fetcher=_LabCertificateFetcher(self._sources),
        )


def fetcher_backend(lab: Lab | None, now: Now) -> FetcherBackend:
    """The backend to give to a validation context: in process with a lab, HTTP without."""
    if lab is not None:
        return LabFetcherBackend(lab, now)
    backend: FetcherBackend = AIOHttpFetcherBackend()
    return backend


class LabSources:
    """The lab's published addresses, each answered as the server would answer it."""

    def __init__(self, lab: Lab, now: Now) -> None:
        self._now = now
        self._crls: dict[str, tuple[Region, str]] = {}
        self._certificates: dict[str, asn1_x509.Certificate] = {}
        self._responders: dict[str, Region] = {}
        for region in lab.regions.values():
            self._responders[region.ocsp_url] = region
            for name, certificate in (("root", region.root), ("issuing", region.issuing)):
                self._crls[region.crl_url(name)] = (region, name)
                self._certificates[region.issuer_url(name)] = certificate

    def crl(self, url: str) -> crl.CertificateList:
        """The CRL at ``url``; raises ``NotFound`` where the lab has none."""
        try:
            region, name = self._crls[url]
        except KeyError as error:
            raise NotFound(f"The lab publishes no CRL at {url}.") from error
        return region.crl(name, self._now())

    def ocsp(self, url: str, request: ocsp.OCSPRequest) -> ocsp.OCSPResponse:
        """The responder's answer at ``url``; raises ``NotFound`` where the lab has none."""
        try:
            region = self._responders[url]
        except KeyError as error:
            raise NotFound(f"The lab has no OCSP responder at {url}.") from error
        return region.ocsp(request, self._now())

    def certificate(self, url: str) -> asn1_x509.Certificate:
        """The authority's certificate at ``url``; raises ``NotFound`` where the lab has none."""
        try:
            return self._certificates[url]
        except KeyError as error:
            raise NotFound(f"The lab publishes no certificate at {url}.") from error


class _LabOCSPFetcher(OCSPFetcher):
    def __init__(self, sources: LabSources) -> None:
        self._sources = sources
        self._fetched: dict[bytes, ocsp.OCSPResponse] = {}

    async def fetch(
        self, cert: asn1_x509.Certificate | cms.AttributeCertificateV2, authority: Authority
    ) -> ocsp.OCSPResponse:
        if cert.issuer_serial not in self._fetched:
            self._fetched[cert.issuer_serial] = self._ask(cert, authority)
        return self._fetched[cert.issuer_serial]

    def fetched_responses(self) -> Iterable[ocsp.OCSPResponse]:
        return tuple(self._fetched.values())

    def fetched_responses_for_cert(
        self, cert: asn1_x509.Certificate | cms.AttributeCertificateV2
    ) -> Iterable[ocsp.OCSPResponse]:
        response = self._fetched.get(cert.issuer_serial)
        return () if response is None else (response,)

    def _ask(self, cert: asn1_x509.Certificate, authority: Authority) -> ocsp.OCSPResponse:
        request = format_ocsp_request(cert, authority, certid_hash_algo="sha1", request_nonces=True)
        urls = get_ocsp_urls(cert)
        for url in urls:
            try:
                response = self._sources.ocsp(url, request)
                return process_ocsp_response_data(
                    response.dump(), ocsp_request=request, ocsp_url=url
                )
            except (NotFound, errors.OCSPValidationError):
                continue
        raise errors.OCSPFetchError(
            f"No OCSP answer in the lab from {', '.join(urls) or 'nowhere'}"
        )


class _LabCRLFetcher(CRLFetcher):
    def __init__(self, sources: LabSources) -> None:
        self._sources = sources
        self._fetched: dict[bytes, list[crl.CertificateList]] = {}

    async def fetch(
        self,
        cert: asn1_x509.Certificate | cms.AttributeCertificateV2,
        *,
        use_deltas: bool | None = None,
    ) -> Iterable[crl.CertificateList]:
        if cert.issuer_serial not in self._fetched:
            self._fetched[cert.issuer_serial] = self._collect(cert)
        return self._fetched[cert.issuer_serial]

    def fetched_crls(self) -> Iterable[crl.CertificateList]:
        return tuple(each for fetched in self._fetched.values() for each in fetched)

    def fetched_crls_for_cert(
        self, cert: asn1_x509.Certificate | cms.AttributeCertificateV2
    ) -> Iterable[crl.CertificateList]:
        return self._fetched[cert.issuer_serial]

    def _collect(self, cert: asn1_x509.Certificate) -> list[crl.CertificateList]:
        urls = [
            url
            for point in get_relevant_crl_dps(cert, use_deltas=False)
            for url in enumerate_delivery_point_urls(point)
        ]
        found = []
        for url in urls:
            try:
                found.append(self._sources.crl(url))
            except NotFound:
                continue
        if urls and not found:
            raise errors.CRLFetchError(f"No CRL in the lab at {', '.join(urls)}")
        return found


class _LabCertificateFetcher(CertificateFetcher):
    def __init__(self, sources: LabSources) -> None:
        self._sources = sources
        self._fetched: dict[str, asn1_x509.Certificate] = {}

    async def fetch_cert_issuers(
        self, cert: asn1_x509.Certificate | cms.AttributeCertificateV2
    ) -> AsyncGenerator[asn1_x509.Certificate, None]:
        for url in gather_aia_issuer_urls(cert):
            try:
                self._fetched[url] = self._sources.certificate(url)
            except NotFound:
                continue
            yield self._fetched[url]

    async def fetch_crl_issuers(
        self, certificate_list: crl.CertificateList
    ) -> AsyncGenerator[asn1_x509.Certificate, None]:
        # The lab's CRLs are signed by the issuer itself and name nobody else.
        others: tuple[asn1_x509.Certificate, ...] = ()
        for certificate in others:
            yield certificate

    def fetched_certs(self) -> Iterable[asn1_x509.Certificate]:
        return tuple(self._fetched.values())
