"""Nurturing: is anybody told, and can anybody be handed over."""

from rulebook.models import Rulebook
from rulebook.report import Report, did_you_mean

_LOC = ("nurturing",)


def check_nurturing(rulebook: Rulebook, report: Report) -> None:
    """Report what cannot work, or hands over nobody."""
    nurturing = rulebook.nurturing
    if nurturing is None:
        return
    if not nurturing.is_told:
        report.warning(
            _LOC,
            "nobody is told of it",
            "add `webhook: {url: https://..., secret: NAME}` or `csv: {hour: 6}`, or delete the file",
        )
    webhook = nurturing.webhook
    if webhook is not None and webhook.url.startswith("http://"):
        report.warning(
            (*_LOC, "webhook", "url"),
            "sends names and addresses unencrypted",
            f"write https://{webhook.url.removeprefix('http://')}",
        )
    if webhook is not None and webhook.secret == nurturing.unsubscribes_secret:
        report.warning(
            (*_LOC, "unsubscribes_secret"),
            "also signs our own messages, so one of them sent back would pass as the tool's",
            "use a secret of its own for each way",
        )
    _check_consent(rulebook, report)


def _check_consent(rulebook: Rulebook, report: Report) -> None:
    nurturing = rulebook.nurturing
    if nurturing is None or report.is_partial("forms"):
        return
    if not nurturing.consent_needed:
        if nurturing.consent_versions:
            report.warning(
                (*_LOC, "consent_versions"),
                "says nothing, as consent is not needed",
                "delete it, or write `consent_needed: true`",
            )
        return
    asking = [form for form in rulebook.forms.values() if form.consent_field is not None]
    if not asking:
        report.warning(
            (*_LOC, "consent_needed"),
            "hands over nobody but whom imports bring with consent, as no form asks for it",
            "add `consent_field: NAME` to forms that show a consent text",
        )
    known = list(dict.fromkeys(form.consent_version for form in asking if form.consent_version))
    for number, version in enumerate(nurturing.consent_versions):
        if version not in known:
            report.warning(
                (*_LOC, "consent_versions", number),
                f"no form shows version `{version}` of a text any more",
                did_you_mean(version, known) if known else "add `consent_version` to the forms that show it",
            )
