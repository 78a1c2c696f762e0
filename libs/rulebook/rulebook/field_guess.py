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
    " nomecompleto nomeecognome nomecognome nume numecomplet numeleprenumele nom nometprenom nomcomplet"
    " vollstandigername",
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
    " bemerkung anfrage kommentar",
    "external_id": "externalid crmid customerid contactid",
}
_NOISE = re.compile(r"^(?:q\d+_|input_|your-|field_|f_|entry\.)", re.IGNORECASE)
_SAYS_NOTHING = frozenset(
    {"value", "values", "answer", "text", "textQuestionAnswer", "accepted", "string_value"}
)
_EMAIL = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]{2,}$")
_PHONE = re.compile(r"^(?:p:)?\+\d[\d\s().-]{6,18}$")
_SITE = re.compile(r"^https?://[^/\s]+/?$")


def guess(path: str, value: Any) -> str | None:
    """The profile field that a path and its value look like; None where neither tells."""
    return by_name(last_word(path)) or by_value(value)


def by_name(name: str) -> str | None:
    """The profile field of a field's name, which may be a question of a few words; None where it says
    nothing."""
    key = _key(_NOISE.sub("", name))
    if not key:
        return None
    table = _table()
    if key in table:
        return table[key]
    near = get_close_matches(key, [word for word in table if len(word) > 4], n=1, cutoff=0.88)
    return table[near[0]] if near else _by_word(name)


def by_value(value: Any) -> str | None:
    """`email`, `phone` or `website` for a text that can be nothing else."""
    text = as_text(value).strip() if isinstance(value, str) else ""
    if _EMAIL.match(text):
        return "email"
    if _PHONE.match(text):
        return "phone"
    return "website" if _SITE.match(text) else None


def _by_word(name: str) -> str | None:
    """`What is your e-mail address?`: a telling word inside a question."""
    words = [_key(word) for word in re.split(r"[\s_./:?¿-]+", name)]
    for field in ("email", "phone", "company", "job_title", "country", "city"):
        if any(_table().get(word) == field for word in words):
            return field
    return None


def last_word(path: str) -> str:
    """What a path calls its value: the last name in it that says something."""
    words = [word for word in path.replace("|json", "").replace("[", ".").replace("]", "").split(".") if word]
    words = [word.partition("=")[2] or word for word in words]
    telling = [word for word in words if word not in _SAYS_NOTHING and not word.isdigit()]
    return telling[-1] if telling else path


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    return {word: field for field, words in _WORDS.items() for word in words.split()}
