"""Taking in a trust list: the rules of TS 119 612 and of succession, each with its refusal."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.domain.errors import Malformed, Refused, SunlitError
from signatures.domain.trustlist import (
    DEPRECATED,
    GRANTED,
    RECOGNISED,
    TSA,
    WITHDRAWN,
    Alarm,
    ServiceKind,
    as_pin,
    parse_list,
)
from signatures.domain.tsl_terms import TSL
from tests.signatures.domain.lists import DAY, LIFE, NOW, SINCE, Operator, service, tsa_service
from tests.signatures.labs import accept, shared

UNKNOWN_STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/blessed"
UNKNOWN_TYPE = "http://uri.etsi.org/TrstSvc/Svctype/Oracle"
EDS = "http://uri.etsi.org/TrstSvc/Svctype/EDS"
LATER = NOW + 10 * DAY


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator()


def refusal(call) -> str:
    with pytest.raises(SunlitError) as caught:
        call()
    assert isinstance(caught.value, (Refused, Malformed))
    return caught.value.code


def spoiled(operator: Operator, path: str, text: str | None) -> bytes:
    """A list signed after one of its values was changed, or (None) its element taken out."""
    root = operator.xml()
    node = root.find(path.replace("/", "/{*}").replace("{*}", f"{{{TSL}}}"))
    if text is None:
        node.getparent().remove(node)
    else:
        node.text = text
    return operator.sign(root)


def test_build_and_parse_give_back_what_was_said(operator):
    services = (
        service((NOW - 5 * DAY, WITHDRAWN), (SINCE, GRANTED), name="签发机构"),
        tsa_service(),
    )
    data = operator.build(*services, sequence=7)
    parsed = operator.accept(data)
    assert parsed.services == services
    assert (parsed.territory, parsed.sequence, parsed.operator) == ("CN-DY", 7, "某某监督管理局")
    assert (parsed.issued, parsed.next_update) == (NOW, NOW + LIFE)
    assert parsed.digest == hashlib.sha256(data).hexdigest()
    assert parsed.signer == as_pin(operator.certificate).sha256.hex()
    assert parsed.alarms == ()


@pytest.mark.parametrize("name", ["east", "west"])
def test_lists_of_both_regions_are_taken_in(name):
    region = shared().region(name)
    parsed = accept(region, NOW)
    kinds = [each.current.kind for each in parsed.usable(NOW)]
    assert kinds == [ServiceKind.CA, ServiceKind.TSA]
    assert [each.x509[0].dump() for each in parsed.services] == [
        region.issuing.dump(),
        region.tsa.dump(),
    ]


def test_rsa_signed_list_is_taken_in():
    from signatures.lab import certificates

    operator = Operator(key=certificates.new_key("rsa"))
    assert operator.accept(operator.build()).sequence == 1


def test_build_refuses_a_list_that_nobody_could_take_in(operator):
    assert refusal(lambda: operator.build(service((SINCE, WITHDRAWN)))) == "list-no-service"


def test_the_same_version_again_is_accepted(operator):
    data = operator.build()
    first = operator.accept(data)
    assert operator.accept(data, previous=first, now=LATER) == first


def test_signer_not_pinned_is_refused(operator):
    stranger = Operator()
    data = stranger.build()
    assert refusal(lambda: operator.accept(data)) == "list-signer-not-pinned"


def test_signer_with_the_pinned_name_but_another_key_is_refused(operator):
    twin = Operator()
    assert twin.certificate.subject == operator.certificate.subject
    assert refusal(lambda: operator.accept(twin.build())) == "list-signer-not-pinned"


def test_signer_pinned_for_another_territory_is_refused(operator):
    west = Operator("CN-XC")
    data = Operator("CN-XC", key=operator.key)
    data.__dict__["certificate"] = operator.certificate
    pins = {**operator.pins, **west.pins}
    code = refusal(lambda: parse_list(data.build(), pins=pins, now=NOW))
    assert code == "list-signer-not-pinned"


def test_certificate_reissued_for_the_pinned_key_is_refused(operator):
    # A pin is a certificate; its operator announces the next one before using it.
    renewed = Operator(key=operator.key, valid_to=NOW + 99 * DAY)
    assert refusal(lambda: operator.accept(renewed.build())) == "list-signer-not-pinned"


def test_territory_without_pins_is_refused(operator):
    data = Operator("CN-XC").build()
    assert refusal(lambda: operator.accept(data)) == "list-territory-unknown"
    assert refusal(lambda: parse_list(operator.build(), pins={"CN-DY": []}, now=NOW)) == (
        "list-territory-unknown"
    )


def test_list_of_another_territory_than_asked_for_is_refused(operator):
    data = operator.build()
    assert operator.accept(data, territory="CN-DY").territory == "CN-DY"
    assert refusal(lambda: operator.accept(data, territory="CN-XC")) == "list-territory"


def test_list_cannot_follow_that_of_another_territory(operator):
    west = Operator("CN-XC")
    previous = west.accept(west.build())
    assert refusal(lambda: operator.accept(operator.build(sequence=2), previous=previous)) == (
        "list-territory"
    )


def test_expired_signer_is_refused():
    operator = Operator(valid_to=NOW + DAY)
    data = operator.build()
    assert operator.accept(data, now=NOW + DAY / 2).sequence == 1
    assert refusal(lambda: operator.accept(data, now=NOW + 2 * DAY)) == "list-signature-invalid"


def test_lower_sequence_is_refused(operator):
    previous = operator.accept(operator.build(sequence=5))
    assert refusal(lambda: operator.accept(operator.build(sequence=4), previous=previous)) == (
        "list-sequence-lower"
    )


def test_same_sequence_with_other_bytes_is_refused(operator):
    previous = operator.accept(operator.build(sequence=5))
    again = operator.build(sequence=5)
    assert hashlib.sha256(again).hexdigest() != previous.digest
    assert refusal(lambda: operator.accept(again, previous=previous)) == "list-sequence-reused"


def test_higher_sequence_issued_earlier_is_refused(operator):
    previous = operator.accept(operator.build(sequence=5))
    older = operator.build(sequence=6, issued=NOW - DAY)
    assert refusal(lambda: operator.accept(older, previous=previous)) == "list-issued-earlier"


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (NOW + LIFE, "list-expired"),
        (NOW + LIFE + 100 * DAY, "list-expired"),
        (NOW - timedelta(minutes=6), "list-not-yet-issued"),
    ],
)
def test_list_out_of_its_time_is_refused(operator, moment, code):
    data = operator.build()
    assert operator.accept(data, now=NOW + LIFE - timedelta(seconds=1)).sequence == 1
    assert refusal(lambda: operator.accept(data, now=moment)) == code


def test_list_that_lives_too_long_is_refused(operator):
    root = operator.xml(next_update=NOW + 191 * DAY)
    assert refusal(lambda: operator.accept(operator.sign(root))) == "list-lives-too-long"


SCHEME = "/SchemeInformation"
FIRST = "/TrustServiceProviderList/TrustServiceProvider/TSPServices/TSPService/ServiceInformation"


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        (f"{SCHEME}/NextUpdate/dateTime", None, "list-closed"),
        (f"{SCHEME}/TSLVersionIdentifier", "7", "list-version"),
        (f"{SCHEME}/TSLType", "http://uri.etsi.org/19612/TSLType/Other", "list-type"),
        (f"{SCHEME}/TSLSequenceNumber", "-1", "list-misshapen"),
        (f"{SCHEME}/TSLSequenceNumber", "1.0", "list-misshapen"),
        (f"{SCHEME}/TSLSequenceNumber", "٣", "list-misshapen"),
        (f"{SCHEME}/TSLSequenceNumber", "9" * 13, "list-misshapen"),
        (f"{SCHEME}/ListIssueDateTime", "2026-03-10", "list-misshapen"),
        (f"{SCHEME}/ListIssueDateTime", "2026-03-10T01:30:00", "list-misshapen"),
        (f"{SCHEME}/SchemeTerritory", None, "list-territory-unknown"),
        (f"{SCHEME}/SchemeOperatorName", None, "list-misshapen"),
        (f"{SCHEME}/SchemeOperatorName/Name", " ", "list-misshapen"),
        ("/TrustServiceProviderList", None, "list-no-service"),
        (f"{FIRST}/ServiceStatus", None, "list-misshapen"),
        (f"{FIRST}/StatusStartingTime", "yesterday", "list-misshapen"),
        (f"{FIRST}/ServiceDigitalIdentity/DigitalId/X509Certificate", "AAAA", "list-certificate"),
        (f"{FIRST}/ServiceDigitalIdentity/DigitalId/X509Certificate", "%%", "list-certificate"),
    ],
)
def test_value_that_is_none_is_refused(operator, path, text, code):
    data = spoiled(operator, "." + path, text)
    assert refusal(lambda: operator.accept(data)) == code


def test_history_out_of_order_is_refused(operator):
    root = operator.xml(service((SINCE, RECOGNISED), (NOW - DAY, WITHDRAWN)))
    assert refusal(lambda: operator.accept(operator.sign(root))) == "list-history-order"


def test_history_with_two_entries_at_one_moment_is_refused(operator):
    root = operator.xml(service((SINCE, RECOGNISED), (SINCE, WITHDRAWN)))
    assert refusal(lambda: operator.accept(operator.sign(root))) == "list-history-order"


def test_key_listed_twice_is_refused(operator):
    root = operator.xml(service(name="One"), service((SINCE, WITHDRAWN), name="Other"))
    assert refusal(lambda: operator.accept(operator.sign(root))) == "list-service-twice"


@pytest.mark.parametrize(
    ("strange", "code", "word"),
    [
        (service((SINCE, UNKNOWN_STATUS)), "unknown-status", "blessed"),
        (service(service_type=UNKNOWN_TYPE), "unknown-type", "Oracle"),
    ],
)
def test_unknown_word_grants_nothing_and_is_named(operator, strange, code, word):
    parsed = operator.accept(operator.build(strange, tsa_service()))
    assert [each.name for each in parsed.usable(NOW)] == ["Timestamp authority"]
    [alarm] = parsed.alarms
    assert isinstance(alarm, Alarm)
    assert (alarm.code, alarm.service) == (code, "Issuing authority")
    assert word in alarm.message


@pytest.mark.parametrize(
    "strange", [service((SINCE, UNKNOWN_STATUS)), service(service_type=UNKNOWN_TYPE)]
)
def test_list_of_unknown_words_alone_is_refused(operator, strange):
    data = operator.sign(operator.xml(strange))
    assert refusal(lambda: operator.accept(data)) == "list-no-service"


def test_known_but_unused_type_grants_nothing_and_alarms_nobody(operator):
    parsed = operator.accept(operator.build(service(service_type=EDS), tsa_service()))
    assert [each.name for each in parsed.usable(NOW)] == ["Timestamp authority"]
    assert parsed.alarms == ()


@pytest.mark.parametrize(
    "successor",
    [
        (tsa_service(),),
        (service((NOW, UNKNOWN_STATUS), (SINCE, RECOGNISED)), tsa_service()),
        (service((SINCE, UNKNOWN_STATUS)), tsa_service()),
        (service(service_type=UNKNOWN_TYPE), tsa_service()),
        (service(service_type=EDS), tsa_service()),
        # A withdrawal that reaches back before the list in force unmakes what stood in it.
        (service((NOW - DAY, WITHDRAWN), (SINCE, RECOGNISED)), tsa_service()),
        (service((SINCE, WITHDRAWN)), tsa_service()),
        # So does a history that begins later than it did.
        (service((SINCE + DAY, RECOGNISED)), tsa_service()),
        (
            service(
                (SINCE + 9 * DAY, RECOGNISED), (SINCE + 5 * DAY, WITHDRAWN), (SINCE, RECOGNISED)
            ),
            tsa_service(),
        ),
        # The same name with another key is another service.
        (service(certificate=shared().region("west").issuing), tsa_service()),
    ],
)
def test_removing_a_service_in_use_is_refused(operator, successor):
    previous = operator.accept(operator.build())
    data = operator.build(*successor, sequence=2, issued=LATER)
    code = refusal(lambda: operator.accept(data, previous=previous, now=LATER))
    assert code == "list-service-removed"
    assert operator.accept(data, now=LATER).sequence == 2


def test_removal_that_a_person_acknowledged_is_accepted(operator):
    previous = operator.accept(operator.build())
    data = operator.build(tsa_service(), sequence=2, issued=LATER)
    [key] = previous.services[0].keys
    accepted = operator.accept(data, previous=previous, now=LATER, acknowledged=[key])
    assert accepted.services == (tsa_service(),)


@pytest.mark.parametrize("status", [WITHDRAWN, DEPRECATED])
def test_withdrawal_from_a_day_on_is_accepted_and_keeps_the_past(operator, status):
    previous = operator.accept(operator.build())
    day = NOW + 3 * DAY
    data = operator.build(
        service((day, status), (SINCE, RECOGNISED)), tsa_service(), sequence=2, issued=LATER
    )
    accepted = operator.accept(data, previous=previous, now=LATER)
    authority = accepted.services[0]
    assert authority.grants(ServiceKind.CA, day - timedelta(seconds=1))
    assert not authority.grants(ServiceKind.CA, day)
    assert [each.name for each in accepted.usable(LATER)] == ["Timestamp authority"]


def test_change_between_granting_statuses_is_no_removal(operator):
    previous = operator.accept(operator.build())
    data = operator.build(
        service((NOW + DAY, GRANTED), (SINCE, RECOGNISED)),
        tsa_service(),
        sequence=2,
        issued=LATER,
    )
    assert operator.accept(data, previous=previous, now=LATER).sequence == 2


def test_withdrawn_service_may_leave_the_list_only_with_its_past(operator):
    kept = service((NOW - DAY, WITHDRAWN), (SINCE, RECOGNISED))
    previous = operator.accept(operator.build(kept, tsa_service()))
    data = operator.build(tsa_service(), sequence=2, issued=LATER)
    assert refusal(lambda: operator.accept(data, previous=previous, now=LATER)) == (
        "list-service-removed"
    )


HISTORY = service(
    (datetime(2026, 1, 1, tzinfo=UTC), RECOGNISED),
    (datetime(2025, 6, 1, tzinfo=UTC), UNKNOWN_STATUS),
    (datetime(2025, 1, 1, tzinfo=UTC), WITHDRAWN),
    (datetime(2024, 1, 1, tzinfo=UTC), GRANTED),
)


@pytest.mark.parametrize(
    ("moment", "granted"),
    [
        (datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2024, 1, 1, tzinfo=UTC), True),
        (datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2025, 1, 1, tzinfo=UTC), False),
        (datetime(2025, 7, 1, tzinfo=UTC), False),
        (datetime(2026, 1, 1, tzinfo=UTC), True),
        (datetime(2036, 1, 1, tzinfo=UTC), True),
    ],
)
def test_status_is_that_of_the_moment(operator, moment, granted):
    [parsed] = operator.accept(operator.build(HISTORY)).services
    assert parsed.grants(ServiceKind.CA, moment) is granted
    assert parsed.grants(ServiceKind.TSA, moment) is False


@settings(max_examples=30, deadline=None)
@given(
    days=st.lists(st.integers(0, 3000), min_size=1, max_size=6, unique=True),
    statuses=st.lists(
        st.sampled_from([GRANTED, RECOGNISED, WITHDRAWN, UNKNOWN_STATUS]), min_size=6, max_size=6
    ),
    asked=st.integers(-10, 3010),
)
def test_status_at_any_moment_is_that_of_the_latest_entry_begun(days, statuses, asked):
    starts = sorted((SINCE + each * DAY for each in days), reverse=True)
    entries = list(zip(starts, statuses, strict=False))
    moment = SINCE + asked * DAY
    begun = [status for since, status in entries if since <= moment]
    expected = bool(begun) and begun[0] in {GRANTED, RECOGNISED}
    assert service(*entries).grants(ServiceKind.CA, moment) is expected
    assert service(*entries, service_type=TSA).grants(ServiceKind.TSA, moment) is expected
