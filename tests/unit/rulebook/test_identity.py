"""Who is known by what."""

from uuid import UUID

from rulebook.identity import IdentityKey, identity_keys, record_key, signal_keys

SUBMISSION = UUID("00000000-0000-0000-0000-000000000001")


def test_keys_come_in_the_order_in_which_they_identify_best() -> None:
    profile = {"external_id": "crm-7", "phone": "+34600000001", "email": "Ana.Ruiz@Example.com"}
    assert identity_keys(profile) == [
        IdentityKey("email", "ana.ruiz@example.com"),
        IdentityKey("phone", "+34600000001"),
        IdentityKey("external", "crm-7"),
    ]


def test_two_spellings_of_one_person_share_a_key() -> None:
    one, other = {"email": "info@müller.example"}, {"email": "INFO@xn--mller-kva.example"}
    assert identity_keys(one) == identity_keys(other)


def test_nobody_is_known_by_nothing() -> None:
    assert identity_keys({"email": None, "name": "Ana", "phone": ""}) == []


def test_a_submission_travels_under_its_first_key_or_its_own_id() -> None:
    assert record_key({"phone": "+34600000001"}, SUBMISSION) == "phone:+34600000001"
    assert record_key({}, SUBMISSION) == str(SUBMISSION)


def test_a_signal_is_known_by_the_same_keys_and_its_visitor() -> None:
    assert signal_keys({"email": "ANA@example.com", "visitor": "v1"}) == [
        IdentityKey("email", "ana@example.com"),
        IdentityKey("visitor", "v1"),
    ]
