"""Forms and sources: who may send, what is fetched, where visitors go next, what a source costs."""

from datetime import timedelta
from urllib.parse import urlsplit

from rulebook.documents import Loc
from rulebook.durations import format_duration
from rulebook.models import Form, Rulebook, Source
from rulebook.report import Report, did_you_mean
from rulebook.vendor_presets import vendor_names

_LONGEST_FILL = timedelta(minutes=1)
_LONGEST_RETURN = timedelta(days=365)


def check_senders(rulebook: Rulebook, report: Report) -> None:
    """Report what cannot work, or what lets anybody send."""
    for name, form in rulebook.forms.items():
        loc: Loc = ("forms", name)
        _check_vendor(loc, form, report)
        _check_fetch(loc, form, report)
        _check_redirects(loc, form, report)
        _check_spam(loc, form, report)
        _check_consent(loc, form, report)
    for number, domain in enumerate(rulebook.staff_domains):
        _check_domain(("staff_domains", number), domain, report)
    for name, source in rulebook.sources.items():
        _check_source(("sources", name), source, report)


def _check_vendor(loc: Loc, form: Form, report: Report) -> None:
    if form.vendor is not None and form.vendor not in vendor_names():
        report.error(
            (*loc, "vendor"),
            f"there is no ready mapping for `{form.vendor}`",
            f"{did_you_mean(form.vendor, vendor_names())} Or leave it out and map the fields yourself",
        )
    signature = form.signature
    if signature is not None and signature.scheme == "google_key" and signature.header is not None:
        report.error(
            (*loc, "signature", "header"),
            "Google sends its key in the body",
            "delete it; `field: google_key` says where it comes, and is the usual place",
        )


def _check_fetch(loc: Loc, form: Form, report: Report) -> None:
    if form.fetch is None:
        return
    api = form.fetch.api
    if form.signature is None:
        app = f"{{scheme: {api}, secret: my-{api}-app}}"
        report.error(
            (*loc, "fetch"),
            "anybody could make this form ask the vendor, as its notices are not signed",
            f"add `signature: {app}`",
        )
    elif form.signature.scheme != api:
        report.error(
            (*loc, "signature", "scheme"),
            f"notices of {api} are not signed by `{form.signature.scheme}`",
            f"write `scheme: {api}`",
        )
    if form.vendor is not None and form.vendor != api:
        report.warning(
            (*loc, "vendor"), f"the lead is fetched from {api}, and read as {form.vendor}'s", f"write {api}"
        )


def _check_redirects(loc: Loc, form: Form, report: Report) -> None:
    for key in ("allowed_redirects", "allowed_origins"):
        for number, origin in enumerate(getattr(form, key)):
            is_any = key == "allowed_origins" and origin == "*"
            if not is_any and origin != (right := origin_of(origin)):
                hint = f"write {right}" if right else "write such as https://www.example.com"
                report.error((*loc, key, number), f"`{origin}` is no origin", hint)
    if form.redirect_field is not None and not form.allowed_redirects and form.vendor is None:
        report.warning(
            (*loc, "redirect_field"),
            "is never followed, as no origin is allowed",
            "add `allowed_redirects: [https://www.example.com]`, or delete it",
        )


def origin_of(text: str) -> str | None:
    """The origin in a web address as browsers write it: `https://www.example.com`; None without one."""
    try:
        parts = urlsplit(text.strip() if "//" in text else f"https://{text.strip()}")
        port = (
            f":{parts.port}" if parts.port not in (None, {"https": 443, "http": 80}.get(parts.scheme)) else ""
        )
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and parts.hostname and "*" not in parts.hostname
    return f"{parts.scheme}://{parts.hostname}{port}" if is_web else None


def _check_spam(loc: Loc, form: Form, report: Report) -> None:
    fill = form.spam.min_fill
    if fill is not None and fill > _LONGEST_FILL:
        report.error(
            (*loc, "spam", "min_fill"),
            f"{format_duration(fill)} is longer than a browser takes to fill a form by itself",
            "write such as 3s",
        )
    if fill is not None and form.signature is not None:
        report.warning(
            (*loc, "spam", "min_fill"),
            "is never measured: what signs its posts has no page with the snippet",
            "delete it",
        )
    if form.spam.captcha is not None and form.signature is not None:
        report.error(
            (*loc, "spam", "captcha"),
            "a sender that signs its posts cannot solve a captcha",
            "delete the captcha, or the signature",
        )


def _check_consent(loc: Loc, form: Form, report: Report) -> None:
    if form.consent_required and form.consent_field is None:
        report.error(
            (*loc, "consent_required"),
            "no field of this form gives consent, so every submission would wait",
            "add `consent_field: privacy`, the name of the box",
        )
    if form.consent_purposes and form.consent_field is None:
        report.error(
            (*loc, "consent_purposes"),
            "no field of this form gives consent, and a purpose counts beside it only",
            "add `consent_field: privacy`, the name of the box",
        )
    if form.consent_text is not None and form.consent_version is None:
        report.warning(
            (*loc, "consent_text"),
            "has no version, so that nobody can tell which text a person saw after it changes",
            'add `consent_version: "1"`',
        )


def _check_domain(loc: Loc, domain: str, report: Report) -> None:
    bare = domain.strip().lower().rpartition("@")[2].rpartition("/")[2]
    if domain != bare or "." not in bare:
        hint = f"write {bare}" if "." in bare else "write a domain such as example.com"
        report.error(loc, f"`{domain}` is no domain in small letters", hint)


def _check_source(loc: Loc, source: Source, report: Report) -> None:
    returns = source.returns
    if returns is None:
        return
    if returns.window > _LONGEST_RETURN:
        report.error((*loc, "returns", "window"), "is longer than a year", "write such as 14d")
    if source.cost is None:
        report.warning(
            (*loc, "returns"),
            "says when a paid lead may be given back, but the source costs nothing",
            "add `cost: {amount_minor: 2500, per: lead}`, in cents",
        )
    elif source.cost.per != "lead":
        report.warning(
            (*loc, "cost", "per"),
            "what is paid by the period cannot be given back by the lead",
            "write `per: lead`, or delete `returns`",
        )
    twice = {reason for reason in returns.reasons if returns.reasons.count(reason) > 1}
    if twice:
        report.error((*loc, "returns", "reasons"), f"`{min(twice)}` stands twice", "keep one of the two")
