"""Scorecards: are ids one of a kind, do groups exist, can a threshold be reached at all."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rulebook.documents import Loc
from rulebook.models import Group, Rule, Rulebook, Scorecard, SignalRule
from rulebook.report import Report, did_you_mean

HIGHEST = 100
MOST_STEPS = 2_000
"""Points that acts of one lead may lose one after the other. All are walked, in memory, each time it is
scored: so many take some milliseconds."""


def check_scorecards(rulebook: Rulebook, report: Report) -> None:
    """Report rules of one id, groups that do not exist or hold nobody, and thresholds out of reach."""
    for loc, card in cards_in(rulebook):
        _check_ids(loc, card, report)
        _check_groups(loc, card, report)
        _check_thresholds(loc, card, report)
        _check_cooling(loc, card, report)
        _check_steps(loc, card, report)
    for line in rulebook.shadow_scorecards:
        if line not in rulebook.scorecards and not report.is_ignored(line):
            report.error(
                ("shadow_scorecards", line),
                "is tried beside a scorecard that there is not",
                f"write it as scorecards/{line}.yaml, or name the file after a line that has a scorecard",
            )


def cards_in(rulebook: Rulebook) -> Iterator[tuple[Loc, Scorecard]]:
    """The scorecards that decide, and those that are tried beside them, with their places."""
    for line, card in rulebook.scorecards.items():
        yield ("scorecards", line), card
    for line, card in rulebook.shadow_scorecards.items():
        yield ("shadow_scorecards", line), card


def _parts(card: Scorecard) -> Iterator[tuple[str, Sequence[Rule | SignalRule]]]:
    yield "fit", card.fit
    yield "interest", card.interest
    yield "signals", card.signals


def _check_ids(loc: Loc, card: Scorecard, report: Report) -> None:
    """A contribution names its rule only, so an id stands for one rule of the whole scorecard."""
    ids = Counter(rule.id for _, rules in _parts(card) for rule in rules)
    seen: set[str] = set()
    for part, rules in _parts(card):
        for number, rule in enumerate(rules):
            if ids[rule.id] > 1 and rule.id in seen:
                message = f"there is another rule `{rule.id}` here"
                report.error((*loc, part, number, "id"), message, "give each rule its own id")
            seen.add(rule.id)
    personas = Counter(persona.id for persona in card.personas)
    for number, persona in enumerate(card.personas):
        if personas[persona.id] > 1:
            message = f"there is another persona `{persona.id}` here"
            report.error((*loc, "personas", number, "id"), message, "give each persona its own id")
            personas[persona.id] = 1


def _check_groups(loc: Loc, card: Scorecard, report: Report) -> None:
    used: dict[str, set[str]] = {}
    for part, rules in _parts(card):
        for number, rule in enumerate(rules):
            if rule.group is None:
                continue
            used.setdefault(rule.group, set()).add("fit" if part == "fit" else "interest")
            if rule.group not in card.groups:
                hint = (
                    did_you_mean(rule.group, card.groups)
                    if card.groups
                    else "add it to `groups`, with `most`"
                )
                report.error((*loc, part, number, "group"), f"there is no group `{rule.group}`", hint)
    for group in card.groups:
        if group not in used:
            report.warning(
                (*loc, "groups", group), "no rule is in this group", "take it out, or name it in a rule"
            )
        elif len(used[group]) > 1:
            report.error(
                (*loc, "groups", group),
                "holds rules of fit and of interest",
                "make a group for each of the two",
            )


def _check_thresholds(loc: Loc, card: Scorecard, report: Report) -> None:
    dimensions: tuple[tuple[str, Sequence[Rule | SignalRule], int | None], ...] = (
        ("fit", card.fit, card.fit_full),
        ("interest", [*card.interest, *card.signals], card.interest_full),
    )
    for dimension, rules, full in dimensions:
        base, threshold = getattr(card, f"{dimension}_base"), getattr(card, f"{dimension}_threshold")
        most = _most(base, rules, card.groups) * HIGHEST // (full or HIGHEST)
        if rules and most < threshold and not report.is_partial("rules"):
            report.warning(
                (*loc, f"{dimension}_threshold"),
                f"no lead reaches {threshold}: all rules together give {most}",
                "lower the threshold, or raise points",
            )


def _check_cooling(loc: Loc, card: Scorecard, report: Report) -> None:
    """What fades leaves the base: where that is not `hysteresis` below the threshold, one act makes interest
    high for good."""
    base = card.interest_base * HIGHEST // (card.interest_full or HIGHEST)
    fades = bool(card.signals) or any(rule.half_life for rule in card.interest)
    if fades and card.interest_threshold - card.hysteresis <= base < card.interest_threshold:
        report.warning(
            (*loc, "hysteresis"),
            f"high interest never ends: a lead begins with {base},"
            f" and it lasts down to {card.interest_threshold - card.hysteresis}",
            "lower the hysteresis or the base, or raise the threshold",
        )


def _check_steps(loc: Loc, card: Scorecard, report: Report) -> None:
    steps = sum(
        abs(rule.points) * rule.repeats.damping**rank
        for rule in card.signals
        for rank in range(rule.repeats.most)
    )
    if steps > MOST_STEPS:
        report.error(
            (*loc, "signals"),
            f"cost too much: the acts of one lead may lose {steps:,.0f} points one by one,"
            f" {MOST_STEPS:,} at most",
            "lower `repeats`: a damping of 0.5, or fewer acts",
        )


def _most(base: int, rules: Sequence[Rule | SignalRule], groups: Mapping[str, Group]) -> int:
    """The most that rules can give together, if all held at once and every act was done just now."""
    by_group: dict[str | None, float] = {}
    for rule in rules:
        times = 1.0
        if isinstance(rule, SignalRule):
            times = sum(rule.repeats.damping**rank for rank in range(rule.repeats.most))
        by_group[rule.group] = by_group.get(rule.group, 0) + max(0.0, rule.points * times)
    capped = (
        points if name is None or name not in groups else min(points, groups[name].most)
        for name, points in by_group.items()
    )
    return base + round(sum(capped))
