"""What messages say, in each language, and the links they carry."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from string import Formatter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events.words import AccountStanding, BuyerStage, DeclineCode, Quadrant, RejectCode, TimerKind
from router.domain.said import said
from router.messages.compose import compose
from router.messages.compose_lists import SHOWN, compose_late, compose_left, compose_nobodys
from router.messages.facts import EarlierLead, Facts, LateLead, Left, Nobodys, OtherLead, PromiseFacts, Reader
from router.messages.kinds import CHOICES, LinkAct, MessageKind, content_of
from router.messages.links import CHARACTERS, Link, Links
from router.messages.rendering import TRIAL_SIGN, as_blocks, as_html, as_text
from router.messages.texts import CATALOGUE, WHY, plural, words_for

ROUND = UUID("6f2d0f3e-1111-5a7e-9a61-5b8d2f0b1a11")
SECRET = "a secret of thirty-two characters"
LINKS = Links(SECRET, "https://leads.example.com/")
AT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)

OF_SEVERAL = {MessageKind.UNATTENDED, MessageKind.LATE_EXPECTED, MessageKind.NOBODYS}

FACTS = Facts(
    lead_id=uuid4(),
    round=1,
    rep_name="Ana",
    why="next in turn of 2 by weight",
    quadrant="perfect",
    line="Platform",
    source="Website",
    campaign="spring",
    profile={
        "name": "Ada Byron",
        "company": "Engines <Ltd>",
        "email": "ada@example.com",
        "phone": "+34600000000",
    },
    score={
        "fit": 80,
        "interest": 70,
        "contributions": [{"rule": "r", "dimension": "fit", "points": 20, "reason": "a director"}],
    },
    told={
        "persona": {"id": "p", "name": "Director", "goals": ["speed"], "objections": ["price", "effort"]},
        "buyer_stage": "decision",
        "consent": {"given": True, "text": "you may call me"},
    },
    account={"name": "Engines", "standing": "customer"},
    submissions=2,
    is_test=False,
    received_at=AT,
    accept_by=AT,
    respond_by=AT,
    accepted_at=None,
    contacted_at=None,
    others=[OtherLead("Courses", "Carla"), OtherLead("Tools", None)],
    asked_at=[AT],
    links=LINKS.of_round(ROUND),
    content=[("Prices & terms", "https://example.com/prices?a=1&b=2")],
)


OPEN = PromiseFacts(TimerKind.FIRST_RESPONSE, AT, 2, 3)
OF_PROMISES = (MessageKind.WARNED, MessageKind.BREACHED, MessageKind.REMINDED)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", CATALOGUE)
def test_every_language_has_every_text_with_the_same_places(language: str) -> None:
    english, texts = CATALOGUE["en"], CATALOGUE[language]
    assert texts.keys() == english.keys()
    allowed = {"weekday", "day", "month", "time", "zone"}
    differ = [key for key in english if places(texts[key]) != places(english[key]) and key != "moment"]
    assert not differ
    assert places(texts["moment"]) <= allowed
    assert len(texts["weekdays"].split()) == 7
    assert len(texts["months"].split()) == 12
    assert not [key for key, text in texts.items() if not text.strip()]


@pytest.mark.parametrize("language", CATALOGUE)
def test_every_language_says_every_why_with_the_same_places(language: str) -> None:
    english, words = WHY["en"], WHY[language]
    assert words.keys() == english.keys()
    assert not [key for key in english if places(words[key]) != places(english[key])]
    quadrants = [f"quadrant.{each}" for each in Quadrant]
    assert [words[key] for key in quadrants] == [CATALOGUE[language][key] for key in quadrants]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "it was the turn of Bea, who could not answer in time"),
        ("es", "era el turno de Bea, que no podía responder a tiempo"),
        ("pt", "era a vez de Bea, que não podia responder a tempo"),
        ("it", "era il turno di Bea, che non poteva rispondere in tempo"),
        ("ro", "era rândul altcuiva (Bea), care nu putea răspunde la timp"),
    ],
)
def test_why_is_told_in_the_readers_language_and_by_their_clock(language: str, line: str) -> None:
    kept = [said("overruled", rep="Bea").document(), said("waited_since", at=AT).document()]
    reader = Reader("Ana", language, "Europe/Madrid")
    letter = compose(MessageKind.ASSIGNED, replace(FACTS, said=kept), reader)
    text = as_text(letter)
    assert f"- {line}\n" in text
    assert words_for(language, "Europe/Madrid").moment(AT) in text
    assert FACTS.why not in text


@pytest.mark.parametrize("kept", [[], [{"key": "of a later release", "values": {}}]])
def test_a_record_without_such_sentences_is_told_as_it_was_decided(kept: list[dict[str, object]]) -> None:
    letter = compose(MessageKind.ASSIGNED, replace(FACTS, said=kept), Reader("Ana", "it"))
    assert f"- {FACTS.why}\n" in as_text(letter)


@pytest.mark.parametrize(
    "needed",
    [
        *(f"subject.{kind}" for kind in MessageKind),
        *(f"intro.{kind}" for kind in MessageKind),
        *(f"act.{act}" for act in LinkAct),
        *(f"quadrant.{each}" for each in Quadrant),
        *(f"stage.{each}" for each in BuyerStage),
        *(f"standing.{each}" for each in AccountStanding),
        *(f"choice.{each}" for each in [*DeclineCode, *RejectCode]),
        *(f"choice.{each}" for fields in CHOICES.values() for answers in fields.values() for each in answers),
    ],
)
def test_whatever_can_be_said_has_words(needed: str) -> None:
    assert needed in CATALOGUE["en"]


@pytest.mark.parametrize(
    ("language", "number", "form"),
    [
        ("en", 0, "other"),
        ("en", 1, "one"),
        ("it", 2, "other"),
        ("ro", 0, "few"),
        ("ro", 1, "one"),
        ("ro", 2, "few"),
        ("ro", 19, "few"),
        ("ro", 20, "other"),
        ("ro", 100, "other"),
        ("ro", 101, "few"),
        ("ro", 119, "few"),
        ("ro", 120, "other"),
    ],
)
def test_numbers_take_the_form_of_the_language(language: str, number: int, form: str) -> None:
    assert plural(language, number) == form


@pytest.mark.parametrize(
    ("language", "zone", "shown"),
    [
        ("en", "Europe/Madrid", "Tuesday, 3 March, 10:30 (Europe/Madrid)"),
        ("es", "Europe/Madrid", "martes 3 de marzo, 10:30 (Europe/Madrid)"),
        ("pt", "America/Sao_Paulo", "terça-feira, 3 de março, 06:30 (America/Sao_Paulo)"),
        ("it", "Europe/Rome", "martedì 3 marzo, 10:30 (Europe/Rome)"),
        ("ro", "Europe/Bucharest", "marți, 3 martie, 11:30 (Europe/Bucharest)"),
        ("xx", "UTC", "Tuesday, 3 March, 09:30 (UTC)"),
    ],
)
def test_a_deadline_is_told_by_the_readers_own_clock(language: str, zone: str, shown: str) -> None:
    assert words_for(language, zone).moment(AT) == shown


@pytest.mark.parametrize("language", CATALOGUE)
@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind not in OF_SEVERAL])
def test_every_kind_is_composed_in_every_language(kind: MessageKind, language: str) -> None:
    facts = replace(FACTS, promise=OPEN) if kind is MessageKind.REMINDED else FACTS
    letter = compose(kind, facts, Reader("Ana", language, "Europe/Madrid"))
    assert "{" not in as_text(letter) + letter.subject
    assert f'lang="{language}"' in as_html(letter)
    assert all(len(each.get("text", {}).get("text", "")) <= 3000 for each in as_blocks(letter))


def test_a_new_lead_is_told_with_everything_known_about_it() -> None:
    letter = compose(MessageKind.ASSIGNED, FACTS, Reader("Ana", "en", "Europe/Madrid"))
    text = as_text(letter)
    for expected in (
        "Ada Byron",
        "+34600000000",
        "is a customer",
        "Accept by Tuesday, 3 March, 10:30 (Europe/Madrid)",
        "next in turn of 2 by weight",
        "perfect: fit 80 of 100, interest 70 of 100",
        "fit +20: a director",
        "Doubts: price; effort",
        "Consent: given; you may call me",
        "2 submissions",
        "Campaign: spring",
        "Courses: Carla",
        "Tools: waits for a rep",
        "FOR THE BUYER\n- Prices & terms: https://example.com/prices?a=1&b=2",
        "Accept: https://leads.example.com/act/",
    ):
        assert expected in text
    assert letter.subject == "New lead: Ada Byron, Engines <Ltd> (perfect)"


def test_whatever_the_buyer_told_a_form_is_told_to_the_rep() -> None:
    profile = {
        **FACTS.profile,
        "phone_extension": "12",
        "industry": "optics",
        "employees": 40,
        "website": "https://engines.example",
        "attributes": {"budget_range": "10-20k", "wants_demo": True, "tools": ["CRM", "ERP"], "seats": 5},
    }
    told = {
        **FACTS.told,
        "attribution": {"referrer": "https://news.example", "landing_page": "/prices"},
        "expected_value": {"minor": 125_000, "currency": "EUR"},
        "consent": {"given": True, "purposes": ["partners"], "at": "2026-03-03T09:30:00Z"},
    }
    letter = compose(MessageKind.ASSIGNED, replace(FACTS, profile=profile, told=told), Reader("Ana"))
    for form in (as_text(letter), as_html(letter), str(as_blocks(letter))):
        for expected in (
            "+34600000000 (12)",
            "Industry: optics",
            "Employees: 40",
            "Website: https://engines.example",
            "budget range: 10-20k",
            "wants demo: yes",
            "tools: CRM, ERP",
            "seats: 5",
            "Came from: https://news.example",
            "First page: /prices",
            "Expected value: 1250 EUR",
            "Consent: given; also for: partners; Tuesday, 3 March, 09:30 (UTC)",
        ):
            assert expected in form, expected


@pytest.mark.parametrize(
    ("language", "line"),
    [("en", "Courses: lost, Tuesday, 3 March, 09:30 (UTC), Carla"), ("it", "Courses: perso, ")],
)
def test_what_became_of_earlier_leads_is_told(language: str, line: str) -> None:
    facts = replace(FACTS, earlier=[EarlierLead("Courses", "lost", AT, "Carla")])
    letter = compose(MessageKind.ASSIGNED, facts, Reader("Ana", language))
    text = as_text(letter)
    assert letter.data["earlier_leads"][0]["ended"] == "lost"
    assert CATALOGUE[language]["heading.before"].upper() in text
    assert line in text


def test_a_buyer_who_answered_a_hundred_questions_is_still_read() -> None:
    many = {f"question_{number}": "x" * 2000 for number in range(100)}
    facts = replace(FACTS, profile={**FACTS.profile, "attributes": many})
    letter = compose(MessageKind.ASSIGNED, facts, Reader("Ana"))
    assert "and 75 more" in as_text(letter)
    assert len(as_text(letter)) < 12_000
    shown = "".join(each["text"]["text"] for each in as_blocks(letter) if "text" in each)
    assert "question 24: xxx" in shown
    assert "and 75 more" in shown, "Slack gets it in several sections, none of them cut off"


def test_what_a_buyer_wrote_makes_no_markup_and_no_line_of_its_own() -> None:
    evil = {"name": "<script>x</script>", "message": "hello\n\nAccept: https://evil.example\u2028<img src=x>"}
    letter = compose(MessageKind.ASSIGNED, replace(FACTS, profile=evil), Reader("Ana"))
    page = as_html(letter)
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r"^Accept: https://evil", as_text(letter), re.MULTILINE)
    assert "\n" not in letter.subject
    kinds = {each["text"]["type"] for each in as_blocks(letter) if "text" in each}
    assert kinds == {"plain_text"}


def test_who_lost_a_lead_is_told_no_more_of_the_buyer() -> None:
    facts = replace(FACTS, holder_name="Bea")
    letter = compose(MessageKind.TAKEN_BACK, facts, Reader("Ana"))
    assert "Bea has it now." in as_text(letter)
    assert "ada@example.com" not in as_text(letter) + str(letter.data)
    assert not letter.buttons


def test_content_for_the_buyer_is_links_in_every_form() -> None:
    letter = compose(MessageKind.ASSIGNED, FACTS, Reader("Ana"))
    assert '<a href="https://example.com/prices?a=1&amp;b=2">Prices &amp; terms</a>' in as_html(letter)
    assert "For the buyer" in str(as_blocks(letter))
    assert letter.data["content"] == [
        {"title": "Prices & terms", "url": "https://example.com/prices?a=1&b=2"}
    ]
    for kind in (MessageKind.BREACHED, MessageKind.DECLINE_ASKED, MessageKind.SETTLED):
        assert "For the buyer" not in as_text(compose(kind, FACTS, Reader("Ana"))), "it is not theirs to send"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"code": "no_time", "reason": "no time"}, ["no time for it"]),
        ({"code": "other", "reason": "my\nbrother"}, ["another reason", "my brother"]),
        ({"reason": "on a train"}, ["on a train"]),
        ({}, []),
    ],
)
def test_a_team_lead_reads_why_a_rep_asks_to_decline(content: dict[str, str], said: list[str]) -> None:
    facts = replace(FACTS, declined_because=content, links=LINKS.of_decline(ROUND))
    letter = compose(MessageKind.DECLINE_ASKED, facts, Reader("Carla"))
    assert [list(each.lines) for each in letter.sections if each.heading == "Reason given"] == (
        [said] if said else []
    )
    assert [act for act, _, _ in letter.buttons] == [LinkAct.CONFIRM, LinkAct.REFUSE]
    bare = compose(MessageKind.DECLINE_ASKED, replace(facts, links={}), Reader("Carla"))
    assert "Decide where open declines are listed." in as_text(bare)


@pytest.mark.parametrize("language", CATALOGUE)
def test_late_answers_are_told_together_and_counted(language: str) -> None:
    late = [LateLead(uuid4(), {"name": f"Ada {n}"}, "perfect", "Ana", AT, None) for n in range(SHOWN + 1)]
    letter = compose_late(late, 4, Reader("Carla", language))
    section, commands = letter.sections
    assert len(section.lines) == SHOWN + 1
    assert (
        commands.lines[-1] == f'Ada {SHOWN - 1}: baton lead assign {late[SHOWN - 1].lead_id} REP --why "..."'
    )
    assert str(SHOWN + 5) in letter.subject
    assert "5" in section.lines[-1]


@pytest.mark.parametrize("language", CATALOGUE)
def test_leads_that_nobody_may_take_are_told_together_and_counted(language: str) -> None:
    leads = [(uuid4(), {"name": f"Ada {n}"}, "perfect") for n in range(SHOWN + 1)]
    letter = compose_nobodys(Nobodys("North", leads, 4), Reader("Carla", language))
    section, commands = letter.sections
    assert len(section.lines) == SHOWN + 1
    assert commands.lines[-1] == f'Ada {SHOWN - 1}: baton lead assign {leads[SHOWN - 1][0]} REP --why "..."'
    assert str(SHOWN + 5) in letter.subject
    assert letter.subject.startswith("North")
    assert "5" in section.lines[-1]


def test_what_stands_for_an_ended_round_has_no_button_and_says_who_has_it() -> None:
    letter = compose(MessageKind.SETTLED, replace(FACTS, holder_name="Bea"), Reader("Ana"))
    assert [block["type"] for block in as_blocks(letter, answers_here=True)] == [
        "header",
        "section",
        "section",
    ]
    assert "Bea has it now." in as_text(letter)
    closed = compose(MessageKind.SETTLED, replace(FACTS, is_closed=True), Reader("Ana"))
    assert "The lead is closed." in as_text(closed)


def test_an_accepted_lead_is_not_offered_again() -> None:
    letter = compose(MessageKind.ASKED_AGAIN, replace(FACTS, accepted_at=AT), Reader("Ana"))
    assert [act for act, _, _ in letter.buttons] == [LinkAct.CONTACTED, LinkAct.REJECT]


def test_without_links_a_message_says_how_to_answer() -> None:
    letter = compose(MessageKind.ASSIGNED, replace(FACTS, links={}), Reader("Ana"))
    assert "Answer it where you see your leads." in as_text(letter)


def test_a_team_lead_sees_which_leads_stay_with_who_is_away() -> None:
    left = Left("Ana", [(uuid4(), {"name": "Ada"}, "perfect"), (uuid4(), {}, "warm")])
    letter = compose_left(left, Reader("Carla", "ro"))
    assert letter.subject == "Ana lipsește: 2 leaduri deschise"
    assert letter.sections[0].lines == ["Ada (perfect)", "un cumpărător (călduț)"]
    assert letter.sections[1].heading == "Atribuire prin comandă"
    assert f"Ada: baton lead assign {left.leads[0][0]} REP" in as_text(letter)


@pytest.mark.parametrize(
    ("kind", "trial", "is_asked"),
    [
        (TimerKind.ACCEPT, None, True),
        (TimerKind.FIRST_RESPONSE, None, True),
        (TimerKind.OUTCOME, None, False),
        (TimerKind.ACCEPT, "Spring of speed", False),
    ],
)
def test_a_breach_that_needs_a_decision_says_how_to_give_the_lead_to_somebody(
    kind: TimerKind, trial: str | None, is_asked: bool
) -> None:
    facts = replace(FACTS, promise=replace(OPEN, kind=kind, trial=trial), contacted_at=None)
    said = as_text(compose(MessageKind.BREACHED, facts, Reader("Rosa")))
    assert (f"baton lead assign {FACTS.lead_id} REP" in said) is is_asked
    assert ("needs your decision" in said) is is_asked


@given(round_=st.uuids(), act=st.sampled_from(LinkAct))
def test_a_link_says_its_act_and_round_and_nothing_else(round_: UUID, act: LinkAct) -> None:
    token = LINKS.token(Link(act, round_))
    assert len(token) == CHARACTERS
    assert LINKS.read(token) == Link(act, round_)


@given(place=st.integers(0, CHARACTERS - 1), other=st.sampled_from("AbZ9-_"))
def test_a_changed_link_is_none(place: int, other: str) -> None:
    token = LINKS.token(Link(LinkAct.ACCEPT, ROUND))
    changed = token[:place] + other + token[place + 1 :]
    read = LINKS.read(changed)
    assert read is None or read == Link(LinkAct.ACCEPT, ROUND)


@pytest.mark.parametrize("token", ["", "x", "é" * CHARACTERS, "!" * CHARACTERS, "A" * CHARACTERS, "A" * 9999])
def test_what_is_no_link_is_none(token: str) -> None:
    assert LINKS.read(token) is None


def test_links_are_made_only_with_a_secret_and_an_address() -> None:
    token = LINKS.token(Link(LinkAct.ACCEPT, ROUND))
    assert Links("", "https://leads.example.com").of_round(ROUND) == {}
    assert Links(SECRET, "").of_round(ROUND) == {}
    assert Links("", "").read(token) is None
    assert Links("another secret of enough length!!", "https://x.example").read(token) is None


@pytest.mark.parametrize(
    ("act", "chosen", "content"),
    [
        (LinkAct.ACCEPT, {"code": "other"}, {}),
        (LinkAct.DECLINE, {"code": "no_time"}, {"code": "no_time", "reason": "no time"}),
        (LinkAct.DECLINE, {"code": "because"}, None),
        (LinkAct.CONTACTED, {"channel": "phone"}, None),
        (
            LinkAct.CONTACTED,
            {"channel": "phone", "result": "reached"},
            {"channel": "phone", "result": "reached"},
        ),
    ],
)
def test_only_offered_answers_are_taken(
    act: LinkAct, chosen: dict[str, str], content: dict[str, str] | None
) -> None:
    assert content_of(act, chosen) == content


@pytest.mark.parametrize("language", CATALOGUE)
@pytest.mark.parametrize("kind", OF_PROMISES)
def test_no_two_promises_are_told_in_the_same_words(kind: MessageKind, language: str) -> None:
    """But that accepting and answering are both waited for, and a first answer as the next."""
    letters = {
        each: compose(kind, replace(FACTS, promise=replace(OPEN, kind=each)), Reader("Ana", language))
        for each in TimerKind
    }
    subjects = [letter.subject for letter in letters.values()]
    alike = {MessageKind.WARNED: 4, MessageKind.BREACHED: 5, MessageKind.REMINDED: 4}
    assert len(set(subjects)) == alike[kind]
    assert all("{" not in as_text(each) + each.subject for each in letters.values())


@pytest.mark.parametrize(
    ("kind", "subject", "line"),
    [
        (
            TimerKind.NEXT_RESPONSE,
            "Ada Byron, Engines <Ltd> asked again, and Ana did not",
            "Next response by",
        ),
        (TimerKind.NEXT_ATTEMPT, "Ana did not try Ada Byron, Engines <Ltd> again in time", "Next attempt by"),
        (TimerKind.OUTCOME, "Ana did not say in time how it goes with Ada Byron", "Outcome by"),
        (TimerKind.ACCEPT, "Ana did not accept Ada Byron, Engines <Ltd> in time", "Accept by"),
    ],
)
def test_a_team_lead_reads_which_promise_was_broken(kind: TimerKind, subject: str, line: str) -> None:
    facts = replace(FACTS, promise=replace(OPEN, kind=kind), contacted_at=None)
    letter = compose(MessageKind.BREACHED, facts, Reader("Rosa"))
    assert letter.subject.startswith(subject)
    assert line in as_text(letter)
    assert (letter.data["promise"], letter.data["due_at"]) == (kind.value, AT.isoformat())
    assert not letter.buttons


@pytest.mark.parametrize("language", CATALOGUE)
def test_two_warnings_of_one_promise_have_subjects_of_their_own(language: str) -> None:
    subjects = {
        compose(
            MessageKind.WARNED, replace(FACTS, promise=replace(OPEN, gone=gone)), Reader("Ana", language)
        ).subject
        for gone in (0.5, 0.8)
    }
    assert len(subjects) == 2
    assert all("50%" in each or "80%" in each for each in subjects)


def test_a_reminder_counts_and_lets_only_the_rep_answer() -> None:
    facts = replace(FACTS, promise=OPEN)
    mine = compose(MessageKind.REMINDED, facts, Reader("Ana"))
    assert mine.subject == "Ada Byron, Engines <Ltd>: still unanswered, reminder 2 of 3"
    assert mine.buttons
    theirs = compose(MessageKind.REMINDED, replace(facts, is_readers=False), Reader("Rosa"))
    assert theirs.subject == f"Ana, {mine.subject}"
    assert not theirs.buttons
    assert "/act/" not in as_text(theirs) + str(theirs.data)
    assert (theirs.data["number"], theirs.data["at_most"]) == (2, 3)


@pytest.mark.parametrize("language", CATALOGUE)
@pytest.mark.parametrize("kind", OF_PROMISES)
def test_what_is_only_tried_says_so_first_and_in_its_colour(kind: MessageKind, language: str) -> None:
    facts = replace(FACTS, promise=replace(OPEN, trial="Next <spring>"))
    letter = compose(kind, facts, Reader("Ana", language))
    assert letter.subject.startswith("[")
    assert "Next <spring>" in as_text(letter).splitlines()[0]
    assert "background:#fff3cd" in as_html(letter)
    assert "Next &lt;spring&gt;" in as_html(letter)
    assert as_blocks(letter)[1]["text"]["text"].startswith(TRIAL_SIGN)
    assert letter.data["trial_of"] == "Next <spring>"
    binding = compose(kind, replace(facts, promise=OPEN), Reader("Ana", language))
    assert not binding.mark
    assert "background" not in as_html(binding)
