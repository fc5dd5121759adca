"""Why a signature or a certificate is judged as it is, in the reader's language.

The pure judges speak English and give each finding a code; pages say the same by the code. What
has no code of its own is shown as it was found.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from signatures.domain.trust import Explanation

#: By the sub-indication of ETSI EN 319 102-1, 5.1.3.
_INDICATIONS: dict[str, Promise] = {
    "HASH_FAILURE": gettext_lazy("The content is not what was signed."),
    "SIG_CRYPTO_FAILURE": gettext_lazy("The signature is not by the certificate's key."),
    "FORMAT_FAILURE": gettext_lazy("The file is not of the form that it claims."),
    "REVOKED": gettext_lazy("The certificate was revoked before it signed."),
    "REVOKED_NO_POE": gettext_lazy(
        "The certificate is revoked, and nothing proves that it signed before."
    ),
    "REVOKED_CA_NO_POE": gettext_lazy("An authority above the certificate is revoked."),
    "NOT_YET_VALID": gettext_lazy("The certificate was not valid yet."),
    "EXPIRED": gettext_lazy("The certificate had expired when it signed."),
    "OUT_OF_BOUNDS_NO_POE": gettext_lazy(
        "The certificate is not valid now, and nothing proves that it signed while it was."
    ),
    "OUT_OF_BOUNDS_NOT_REVOKED": gettext_lazy(
        "The certificate has expired, and nothing proves that it signed before."
    ),
    "NO_CERTIFICATE_CHAIN_FOUND": gettext_lazy("The certificate leads to no recognised authority."),
    "CERTIFICATE_CHAIN_GENERAL_FAILURE": gettext_lazy(
        "The path to the authority could not be confirmed; the revocation status is unknown or "
        "the certificate is not valid at this time."
    ),
    "CHAIN_CONSTRAINTS_FAILURE": gettext_lazy("The certificate may not be used for this."),
    "CRYPTO_CONSTRAINTS_FAILURE": gettext_lazy("An algorithm or a key is too weak."),
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": gettext_lazy("An algorithm or a key is too weak by now."),
    "SIG_CONSTRAINTS_FAILURE": gettext_lazy("The signature lacks an attribute that it needs."),
    "REVOCATION_OUT_OF_BOUNDS_NO_POE": gettext_lazy(
        "The revocation data themselves cannot be confirmed."
    ),
    "NO_POE": gettext_lazy(
        "Nothing proves that the signature existed while its evidence was good."
    ),
    "TRY_LATER": gettext_lazy("No revocation data that are recent enough can be had now."),
    "TIMESTAMP_ORDER_FAILURE": gettext_lazy("The timestamps contradict one another."),
    "SIGNED_DATA_NOT_FOUND": gettext_lazy("There is no signature in it."),
}

#: By the code of ``signatures.domain.trust.why``.
_EXPLANATIONS: dict[str, Promise] = {
    "recognised": pgettext_lazy(
        "why", "List %(sequence)s of %(territory)s recognises %(service)s since %(since)s."
    ),
    "list-expired": pgettext_lazy(
        "why", "List %(sequence)s of %(territory)s names %(service)s, but has expired."
    ),
    "not-yet-listed": pgettext_lazy(
        "why", "List %(sequence)s of %(territory)s did not recognise %(service)s yet."
    ),
    "unknown-type": pgettext_lazy(
        "why", "List %(sequence)s of %(territory)s gives %(service)s a type that is not known."
    ),
    "unknown-status": pgettext_lazy(
        "why", "List %(sequence)s of %(territory)s gives %(service)s a status that is not known."
    ),
    "other-use": pgettext_lazy(
        "why", "List %(sequence)s of %(territory)s lists %(service)s, but for another use."
    ),
    "withdrawn": pgettext_lazy(
        "why", "List %(sequence)s of %(territory)s withdrew %(service)s on %(since)s."
    ),
    "obstacle": pgettext_lazy(
        "why", "List %(sequence)s of %(territory)s lists %(service)s in a way not usable here."
    ),
    "certificate-expired": pgettext_lazy("why", "A certificate on the path has expired."),
    "certificate-not-yet-valid": pgettext_lazy(
        "why", "A certificate on the path is not valid yet."
    ),
    "path-invalid": pgettext_lazy(
        "why", "It names a listed authority as its issuer, but the path between them does not hold."
    ),
    "unlisted": pgettext_lazy("why", "No list in force names its issuer or an authority above it."),
}

#: What the assessment says a signature covers, what it does not, and what it warns of.
_SAYINGS: dict[str, Promise] = {
    "the whole file": gettext_lazy("the whole file"),
    "the file as it was when signed": gettext_lazy("the file as it was when signed"),
    "the whole statement": gettext_lazy("the whole statement"),
    "only a part of the file": gettext_lazy("only a part of the file"),
    "evidence that was added later": gettext_lazy(
        "Evidence that was added later, such as timestamps; it changes nothing of what was signed."
    ),
    "No revocation data were at hand: whether the certificate was revoked is unknown.": (
        gettext_lazy(
            "No revocation data were at hand: whether the certificate was revoked is unknown."
        )
    ),
}


def saying(found: str) -> str:
    """A coverage, a gap in it or a warning, in the reader's language; others as they were found."""
    if found.startswith("field "):
        return _("The form field %(name)s, which was filled later.") % {"name": found[6:]}
    sentence = _SAYINGS.get(found)
    return found if sentence is None else str(sentence)


def indication(code: str, found: tuple[str, ...]) -> tuple[str, ...]:
    """The sentence of a sub-indication, or what was ``found`` where it has none."""
    sentence = _INDICATIONS.get(code)
    return (str(sentence),) if sentence is not None and found else found


def explanation(why: Explanation) -> tuple[str, ...]:
    """The outcome in words: recognised or not, then by which entry of which list."""
    outcome = (
        _("The certificate is recognised.")
        if why.recognised
        else _("The certificate is not recognised.")
    )
    sentence = _EXPLANATIONS.get(why.code)
    if sentence is None:
        return why.sentences
    known = {
        "sequence": why.sequence,
        "territory": why.territory,
        "service": why.service,
        "since": "" if why.since is None else f"{why.since:%Y-%m-%d}",
    }
    return outcome, str(sentence) % known
