# ruff: noqa: E501 - the names of fields, one language a line
"""What a visitor reads, in the languages that forms have. The texts of developers stay English."""

from collections.abc import Mapping
from types import MappingProxyType

from intake.domain.refusals import Fault, FieldError
from rulebook.models import Form

DEFAULT = "en"

FAULTS: Mapping[str, Mapping[Fault, str]] = MappingProxyType(
    {
        "en": {
            Fault.REQUIRED: "Please fill in this field.",
            Fault.ONE_OF: "Please fill in at least one of these: {names}.",
            Fault.EMAIL: "Please enter an e-mail address such as ana@example.com.",
            Fault.PHONE: "Please enter a phone number such as +34 600 000 001.",
            Fault.VALUE: "Please enter another value.",
            Fault.TEXT: "Please remove the characters that cannot be read.",
            Fault.KEPT: "This was sent before with other answers. These have arrived too: somebody will look at them.",
            Fault.PAGE: "This page does not send the form as it should. Please contact us another way.",
        },
        "es": {
            Fault.REQUIRED: "Rellene este campo.",
            Fault.ONE_OF: "Rellene al menos uno de estos campos: {names}.",
            Fault.EMAIL: "Introduzca una dirección de correo como ana@example.com.",
            Fault.PHONE: "Introduzca un número de teléfono como +34 600 000 001.",
            Fault.VALUE: "Introduzca otro valor.",
            Fault.TEXT: "Quite los caracteres que no se pueden leer.",
            Fault.KEPT: "Esto ya se envió con otras respuestas. Estas también han llegado: alguien las mirará.",
            Fault.PAGE: "Esta página no envía el formulario como debe. Póngase en contacto por otra vía.",
        },
        "pt": {
            Fault.REQUIRED: "Preencha este campo.",
            Fault.ONE_OF: "Preencha pelo menos um destes campos: {names}.",
            Fault.EMAIL: "Indique um endereço de e-mail como ana@example.com.",
            Fault.PHONE: "Indique um número de telefone como +351 900 000 001.",
            Fault.VALUE: "Indique outro valor.",
            Fault.TEXT: "Retire os caracteres que não podem ser lidos.",
            Fault.KEPT: "Isto já foi enviado com outras respostas. Estas também chegaram: alguém as verá.",
            Fault.PAGE: "Esta página não envia o formulário como deve. Contacte-nos por outra via.",
        },
        "it": {
            Fault.REQUIRED: "Compili questo campo.",
            Fault.ONE_OF: "Compili almeno uno di questi campi: {names}.",
            Fault.EMAIL: "Inserisca un indirizzo e-mail come ana@example.com.",
            Fault.PHONE: "Inserisca un numero di telefono come +39 300 000 0001.",
            Fault.VALUE: "Inserisca un altro valore.",
            Fault.TEXT: "Tolga i caratteri che non si possono leggere.",
            Fault.KEPT: "Questo è già stato inviato con altre risposte. Anche queste sono arrivate: qualcuno le guarderà.",
            Fault.PAGE: "Questa pagina non invia il modulo come dovrebbe. Ci contatti in un altro modo.",
        },
        "ro": {
            Fault.REQUIRED: "Completați acest câmp.",
            Fault.ONE_OF: "Completați cel puțin unul dintre aceste câmpuri: {names}.",
            Fault.EMAIL: "Introduceți o adresă de e-mail precum ana@example.com.",
            Fault.PHONE: "Introduceți un număr de telefon precum +40 700 000 001.",
            Fault.VALUE: "Introduceți altă valoare.",
            Fault.TEXT: "Ștergeți caracterele care nu pot fi citite.",
            Fault.KEPT: "Acestea s-au trimis deja cu alte răspunsuri. Au ajuns și cele de acum: cineva le va citi.",
            Fault.PAGE: "Această pagină nu trimite formularul cum trebuie. Contactați-ne pe altă cale.",
        },
        "de": {
            Fault.REQUIRED: "Bitte füllen Sie dieses Feld aus.",
            Fault.ONE_OF: "Bitte füllen Sie mindestens eines dieser Felder aus: {names}.",
            Fault.EMAIL: "Bitte geben Sie eine E-Mail-Adresse wie ana@example.com ein.",
            Fault.PHONE: "Bitte geben Sie eine Telefonnummer wie +49 151 00000001 ein.",
            Fault.VALUE: "Bitte geben Sie einen anderen Wert ein.",
            Fault.TEXT: "Bitte entfernen Sie die Zeichen, die nicht lesbar sind.",
            Fault.KEPT: "Das wurde schon mit anderen Angaben gesendet. Auch diese sind angekommen: Jemand sieht sie sich an.",
            Fault.PAGE: "Diese Seite sendet das Formular nicht richtig. Bitte nehmen Sie auf anderem Weg Kontakt auf.",
        },
        "fr": {
            Fault.REQUIRED: "Veuillez remplir ce champ.",
            Fault.ONE_OF: "Veuillez remplir au moins un de ces champs : {names}.",
            Fault.EMAIL: "Veuillez saisir une adresse e-mail comme ana@example.com.",
            Fault.PHONE: "Veuillez saisir un numéro de téléphone comme +33 6 00 00 00 01.",
            Fault.VALUE: "Veuillez saisir une autre valeur.",
            Fault.TEXT: "Veuillez retirer les caractères illisibles.",
            Fault.KEPT: "Ceci a déjà été envoyé avec d'autres réponses. Celles-ci sont arrivées aussi : quelqu'un les regardera.",
            Fault.PAGE: "Cette page n'envoie pas le formulaire comme il faut. Veuillez nous contacter autrement.",
        },
    }
)
_LABELS = (
    "email",
    "phone",
    "name",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "country",
    "city",
    "message",
    "employees",
    "industry",
    "region",
    "postcode",
    "website",
)
_LABELS_IN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": ("E-mail", "Phone", "Name", "First name", "Last name", "Company", "Job title", "Country", "City", "Message", "Employees", "Industry", "Region", "Postcode", "Website"),
        "es": ("Correo electrónico", "Teléfono", "Nombre", "Nombre", "Apellidos", "Empresa", "Cargo", "País", "Ciudad", "Mensaje", "Empleados", "Sector", "Provincia", "Código postal", "Sitio web"),
        "pt": ("E-mail", "Telefone", "Nome", "Nome próprio", "Apelido", "Empresa", "Cargo", "País", "Cidade", "Mensagem", "Funcionários", "Setor", "Região", "Código postal", "Site"),
        "it": ("E-mail", "Telefono", "Nome", "Nome", "Cognome", "Azienda", "Ruolo", "Paese", "Città", "Messaggio", "Dipendenti", "Settore", "Regione", "CAP", "Sito web"),
        "ro": ("E-mail", "Telefon", "Nume", "Prenume", "Nume de familie", "Companie", "Funcție", "Țară", "Oraș", "Mesaj", "Angajați", "Domeniu", "Județ", "Cod poștal", "Site web"),
        "de": ("E-Mail", "Telefon", "Name", "Vorname", "Nachname", "Firma", "Position", "Land", "Ort", "Nachricht", "Mitarbeiter", "Branche", "Region", "Postleitzahl", "Website"),
        "fr": ("E-mail", "Téléphone", "Nom", "Prénom", "Nom de famille", "Société", "Fonction", "Pays", "Ville", "Message", "Effectif", "Secteur", "Région", "Code postal", "Site web"),
    }
)  # fmt: skip


def message_of(error: FieldError, language: str) -> str:
    """The sentence beside a field, in one of the languages here."""
    text = FAULTS[language][error.fault]
    if error.fault is Fault.ONE_OF:
        names = ", ".join(label_of(name, language) or name for name in error.about)
        return text.format(names=names)
    return text


def label_of(profile_field: str, language: str) -> str | None:
    """What a visitor calls a field of the profile."""
    if profile_field not in _LABELS:
        return None
    return _LABELS_IN[language][_LABELS.index(profile_field)]


def spoken(code: str) -> str | None:
    """The language among those here that a code such as `pt-BR` means."""
    language = code.strip().lower().replace("_", "-").partition("-")[0]
    return language if language in FAULTS else None


def page_language(form: Form) -> str:
    """The form's own language, as its page is read in it; else English."""
    return spoken(form.language) or DEFAULT


def answer_language(form: Form | None, accept: str) -> str:
    """The language of messages in JSON: the form's where its entry names one, as they stand beside its
    fields; else what the caller asks for (Accept-Language, RFC 9110 section 12.5.4)."""
    if form is not None and "language" in form.model_fields_set and form.language != DEFAULT:
        return page_language(form)
    return preferred(accept) or DEFAULT


def preferred(accept: str) -> str | None:
    """The first language here that an Accept-Language header ranks highest; None where it names none."""
    ranked: list[tuple[float, str]] = []
    for part in accept[:500].split(","):
        code, _, parameter = part.partition(";")
        found = spoken(code)
        quality = _quality(parameter)
        if found is not None and quality > 0:
            ranked.append((-quality, found))
    return min(ranked, key=lambda each: each[0])[1] if ranked else None


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
