"""`baton lead own`: a rep enters a lead that they found."""

from typing import Annotated, Any

import typer

from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.output import print_json, print_line
from baton_cli.stack import Service
from router.cli.own_token import OwnToken, own_token

RepName = Annotated[str, typer.Argument(metavar="REP", help="Who found it; a rep's id.")]


def own(
    rep: RepName,
    line: Annotated[str, typer.Option(help="A line that the rep sells.")],
    email: Annotated[str | None, typer.Option(help="E-mail address; this or --phone.")] = None,
    phone: Annotated[str | None, typer.Option(help="Phone number, as +34600111222.")] = None,
    name: Annotated[str | None, typer.Option(help="Full name.")] = None,
    company: Annotated[str | None, typer.Option(help="Company.")] = None,
    note: Annotated[str | None, typer.Option(help="What the rep knows already.")] = None,
    language: Annotated[str | None, typer.Option(help="Two letters, as es.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters, as ES.")] = None,
    key: Annotated[str | None, typer.Option(help="Said again with the same key, it is entered once.")] = None,
    token: OwnToken = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Enter a lead that a rep found: it comes to them, unless somebody has the person already."""
    said = {"line": line, "email": email, "phone": phone, "name": name, "company": company}
    said |= {"note": note, "language": language, "country": country}
    with open_client(stack) as client:
        mine = own_token(client, rep, token)
        headers = {"Idempotency-Key": key} if key is not None else {}
        body = {name: value for name, value in said.items() if value is not None}
        answer: dict[str, Any] = client.post(
            Service.ROUTER, "/v1/me/leads", body, headers=headers, token=mine
        )
    if as_json:
        print_json(answer)
    else:
        print_line(f"Entered as {answer['id']}; {answer['then']}.")
