"""Which column of a file is which field of a form. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from intake.imports.errors import ColumnsUnknown, FileRefused
from rulebook.models import Form
from rulebook.paths import is_plain

_NOISE = re.compile(r"[\W_]+")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e mail", "mail", "email address", "e mail address", "work email", "correo",
              "correo electronico",
              "correo electrónico", "endereço de email", "indirizzo email", "adresa de email"),
    "phone": ("phone", "phone number", "telephone", "tel", "mobile", "mobile phone", "cell", "teléfono",
              "telefono", "móvil", "movil", "telefone", "telemóvel", "celular", "cellulare", "telefon"),
    "first_name": ("first name", "firstname", "given name", "nombre de pila", "primeiro nome", "prenume"),
    "last_name": ("last name", "lastname", "surname", "family name", "apellido", "apellidos", "sobrenome",
                  "apelido", "cognome", "nume de familie"),
    "name": ("name", "full name", "fullname", "contact", "contact name", "nombre", "nombre completo", "nome",
             "nome completo", "nume"),
    "company": ("company", "company name", "company account", "account", "account name", "organization",
                "organisation", "empresa", "azienda", "società", "companie", "firma"),
    "job_title": ("job title", "title", "position", "role", "cargo", "puesto", "ruolo", "funcție"),
    "employees": ("employees", "company size", "number of employees", "empleados", "funcionários",
                  "dipendenti", "angajați"),
    "country": ("country", "país", "pais", "paese", "țară", "tara"),
    "city": ("city", "ciudad", "cidade", "città", "oraș"),
    "message": ("message", "comments", "notes", "mensaje", "mensagem", "messaggio", "mesaj"),
}  # fmt: skip
_CONTACT = ("email", "phone", "external_id")


@dataclass(frozen=True, slots=True)
class Columns:
    """Field of the form by column, for columns that are read under another name; what is read as it is, and
    what was proposed."""

    fields: Mapping[str, str]
    proposed: Mapping[str, str]

    def name(self, column: str) -> str:
        """The field's name in the submission."""
        return self.fields.get(column, column)


def columns_of(form: Form, header: Iterable[str], stated: Mapping[str, str], *, accept: bool) -> Columns:
    """How `header` is read by `form`.

    A column whose name is a field of the form, compared without case, blanks and signs, is that field;
    `stated` comes first. Further columns are proposed by what such columns are usually called, and read so
    only with `accept`. Raises FileRefused for a stated column that is not there, ColumnsUnknown when no
    column leads to an e-mail address, a phone number or an id.
    """
    header = list(header)
    fields = _stated(header, stated)
    by_word = {_folded(path): path for path in reversed(_plain_paths(form))}
    for column in header:
        path = by_word.get(_folded(column))
        if column not in fields and path is not None and path not in (*fields.values(), *header):
            fields[column] = path
    proposed = _proposed(form, header, fields)
    if accept:
        fields |= proposed
    known = {fields.get(column, column) for column in header}
    if not any(known & set(_paths(form, name)) for name in _CONTACT):
        raise ColumnsUnknown(_advice(header, proposed), proposed)
    return Columns(fields, proposed)


def _stated(header: list[str], stated: Mapping[str, str]) -> dict[str, str]:
    by_fold = {column.casefold(): column for column in header}
    fields = {}
    for column, path in stated.items():
        found = by_fold.get(column.strip().casefold())
        if found is None:
            raise FileRefused(f"the file has no column {column[:60]!r}: it has {_listed(header)}")
        fields[found] = path
    return fields


def _proposed(form: Form, header: list[str], fields: Mapping[str, str]) -> dict[str, str]:
    taken = {fields.get(column, column) for column in header}
    found: dict[str, str] = {}
    for name, words in _WORDS.items():
        paths = _paths(form, name)
        place = next((path for path in paths if is_plain(path)), None)
        if place is None or taken & set(paths):
            continue
        folded = [_folded(word) for word in words]
        fitting = [
            column for column in header if _folded(column) in folded and column not in (*fields, *found)
        ]
        if fitting:
            found[min(fitting, key=lambda column: folded.index(_folded(column)))] = place
    return found


def _paths(form: Form, name: str) -> list[str]:
    mapping = form.fields.get(name)
    return list(mapping.from_) if mapping is not None else []


def _plain_paths(form: Form) -> list[str]:
    paths = [path for mapping in form.fields.values() for path in mapping.from_]
    others = (form.vendor_id, form.vendor_time, form.consent_field, form.line_field, form.test_flag)
    return [path for path in (*paths, *others) if path is not None and is_plain(path)]


def _advice(header: list[str], proposed: Mapping[str, str]) -> str:
    told = "the form reads no e-mail address, phone number or id from any column of this file"
    if proposed:
        guess = ", ".join(f"{column} = {field}" for column, field in proposed.items())
        return f"{told}; proposed: {guess}. Send accept_proposed=true, or say column=COLUMN=FIELD yourself"
    return f"{told} ({_listed(header)}): say which is which with column=COLUMN=FIELD"


def _listed(header: Iterable[str]) -> str:
    names = list(header)
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")


def _folded(text: str) -> str:
    return _NOISE.sub("", text.casefold())
