"""Which profile field a field of an unknown payload is: by its name in seven languages, else by its value."""

import re
import unicodedata
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from rulebook.scalars import as_text

_WORDS: dict[str, str] = {
    "email": "email mail emailaddress workemail businessemail youremail correo correoelectronico correoe"
    " emailprofissional posta postaelettronica indirizzoemail adresamail adresaemail emailadresse courriel"
    " adressemail adresseemail",
    "phone": "phone tel telephone phonenumber workphone mobile mobilephone cell cellphone yourphone yourtel"
    " telefono numerodetelefono movil celular telefone numerodetelefone telemovel cellulare numeroditelefono"
    " telefon numardetelefon mobil telefonnummer handy rufnummer numerodetelephone portable whatsapp",
    "first_name": "firstname givenname fname forename nombre primeiro primeironome prenume prenom vorname",
    "last_name": "lastname familyname surname lname apellido apellidos sobrenome apelido cognome"
    " numedefamilie nomdefamille nachname familienname",
    "name": "name fullname yourname contactname nombrecompleto nombreyapellidos nombreapellidos nome"
    " nombreyapellido nombresyapellidos tunombre sunombre comotellamas comosellama cualestunombre"
    " cualessunombre whatsyourname whatisyourname nomecompleto nomeecognome nomecognome seunome qualeseunome"
    " comosechama iltuonome comitichiami cometichiami comesichiama qualeiltuonome nume numecomplet"
    " numeleprenumele numelesiprenumele cumtenumesti cumvanumiti nom nometprenom nomcomplet votrenom"
    " quelestvotrenom commentvousappelezvous vollstandigername ihrname wieheissensie wieheißensie",
    "company": "company companyname organization organisation business yourcompany empresa compania"
    " nombredelaempresa nomedaempresa azienda societa ragionesociale nomeazienda firma companie numefirma"
    " entreprise societe nomdelentreprise unternehmen firmenname",
    "job_title": "jobtitle title position role puesto cargo funcion funcao ruolo posizione qualifica functie"
    " functia poste fonction beruf jobposition stellung",
    "industry": "industry sector setor settore industria domeniu secteur branche",
    "employees": "employees companysize numberofemployees numemployees headcount empleados numerodeempleados"
    " tamanodelaempresa funcionarios numerodefuncionarios dipendenti numerodipendenti angajati numarangajati"
    " effectif nombredesalaries mitarbeiter anzahlmitarbeiter unternehmensgrosse teamsize",
    "country": "country countryname countrycode pais paese nazione tara pays land",
    "region": "region state province provincia estado comunidad regione judet bundesland county",
    "city": "city town ciudad poblacion localidad cidade citta oras localitate ville stadt ort",
    "postcode": "postcode postalcode zip zipcode codigopostal cp cep cap codpostal codepostal plz"
    " postleitzahl",
    "language": "language lang idioma lingua limba langue sprache locale",
    "website": "website url web webpage sitioweb paginaweb site sitoweb siteweb webseite",
    "message": "message comments comment notes yourmessage description enquiry inquiry mensaje comentarios"
    " consulta mensagem comentario messaggio commenti richiesta note mesaj comentarii commentaire nachricht"
    " bemerkung anfrage kommentar notas observaciones observacoes anmerkung remarks",
    "external_id": "externalid crmid customerid contactid",
}
_SEATS = (
    "seat seats place places license licenses licence licences user users puestos plazas asientos licencias"
    " usuarios lugares vagas licencas utilizadores posti licenze utenti locuri licente utilizatori platze"
    " lizenzen nutzer postes utilisateurs"
)
"""How many are wanted, in the words of forms: a plural that no profile field is called by."""

_NOISE = re.compile(r"^(?:q\d+_|input_|your-|field_|f_|entry\.)", re.IGNORECASE)
_REMARK = re.compile(r"\s*(?:\([^()]*\)|[*:])\s*$")
_SAYS_NOTHING = frozenset(
    {"value", "values", "answer", "text", "textQuestionAnswer", "accepted", "string_value"}
)
_BREAKS = re.compile(r"[\s_./:?!¿¡,;()-]+")
_HOW_MANY = re.compile(
    r"how many|cu[aá]nt[ao]s|quant[aoie]s?\b|combien|wie ?viele?|c[aâ][tțţ][ie]", re.IGNORECASE
)
_PEOPLE = frozenset({"people", "personas", "pessoas", "persone", "persoane", "personnes", "personen"})
_ASKED = (
    "email",
    "phone",
    "employees",
    "job_title",
    "country",
    "city",
    "company",
)
"""What a word inside a question may tell, the surest first: `the city of your company` asks for a city."""
_WORDED = frozenset(
    {"email", "name", "first_name", "last_name", "job_title", "industry", "country", "city", "website"}
    | {"language"}
)
_EMAIL = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]{2,}$")
_PHONE = re.compile(r"^(?:p:)?\+\d[\d\s().-]{6,18}$")
_SITE = re.compile(r"^https?://[^/\s]+/?$")


def guess(path: str, value: Any, label: str = "") -> str | None:
    """The profile field that a path, what is asked (`label`) and the value look like; None where nothing
    tells.

    A name or question that is a word for the field comes first, then a value that can be nothing else, then a
    telling word inside a question. A value that the field cannot have speaks against it.
    """
    name = last_word(path)
    told = (_by_whole_name(name), _by_whole_name(label), by_value(value), _by_word(name), _by_word(label))
    return next((field for field in told if field is not None and _may_be(field, value)), None)


def by_name(name: str) -> str | None:
    """The profile field of a field's name, which may be a question of a few words; None where it says
    nothing."""
    return _by_whole_name(name) or _by_word(name)


def by_value(value: Any) -> str | None:
    """`email`, `phone` or `website` for a text that can be nothing else."""
    text = as_text(value).strip() if isinstance(value, str) else ""
    if _EMAIL.match(text):
        return "email"
    if _PHONE.match(text):
        return "phone"
    return "website" if _SITE.match(text) else None


def is_seats(name: str) -> bool:
    """Whether a field's name asks how many seats, places or users are wanted."""
    return plain_word(_NOISE.sub("", name)) in _SEATS.split()


def _by_whole_name(name: str) -> str | None:
    """By the whole name, a slip of the pen in it forgiven; a plural is another word, not a slip."""
    key = plain_word(_NOISE.sub("", _REMARK.sub("", name)))
    if not key:
        return None
    table = _table()
    if key in table:
        return table[key]
    near = get_close_matches(key, _long_words(), n=1, cutoff=0.88)
    return table[near[0]] if near and not _is_plural(key, near[0]) else None


def _is_plural(key: str, word: str) -> bool:
    """`puestos` of `puesto`; those of an e-mail or a phone still hold one."""
    return _table()[word] not in ("email", "phone") and key in (f"{word}s", f"{word}es")


def _by_word(name: str) -> str | None:
    """`What is your e-mail address?`: a telling word inside a question."""
    words = [plain_word(word) for word in _BREAKS.split(name)]
    fields = [_table().get(word) for word in words]
    if len(fields) < 2:
        return None
    is_amount = _HOW_MANY.match(_BREAKS.sub(" ", name).strip()) is not None
    if is_amount and "company" in fields and _PEOPLE & set(words):
        return "employees"
    asked = ("employees",) if is_amount else _ASKED
    return next((field for field in asked if field in fields), None)


def _may_be(field: str, value: Any) -> bool:
    """Whether the field can have that value: no name is a number or a yes."""
    if value in (None, "", [], {}):
        return True
    if isinstance(value, bool) or as_text(value).strip().casefold() in ("true", "false"):
        return field not in _WORDED and field not in ("phone", "employees", "postcode")
    is_number = isinstance(value, int | float) or re.fullmatch(r"\d{1,6}", as_text(value).strip()) is not None
    return not (is_number and field in _WORDED)


def last_word(path: str) -> str:
    """What a path calls its value: the last name in it that says something."""
    words = [word for word in path.replace("|json", "").replace("[", ".").replace("]", "").split(".") if word]
    words = [word.partition("=")[2] or word for word in words]
    telling = [word for word in words if word not in _SAYS_NOTHING and not word.isdigit()]
    return telling[-1] if telling else path


def plain_word(name: str) -> str:
    """The letters and digits of a name, small and without accents."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    return {word: field for field, words in _WORDS.items() for word in words.split()}


@lru_cache(maxsize=1)
def _long_words() -> list[str]:
    """Those long enough for a slip to leave them plain."""
    return [word for word in _table() if len(word) > 4]
