"""Languages as people and vendors write them, to ISO 639-1."""

import unicodedata
from functools import lru_cache

_NAMES = {
    "ar": "arabic|arabe|árabe|arabo|arabă|arabisch|العربية",
    "bg": "bulgarian|búlgaro|bulgaro|bulgară|bulgare|bulgarisch|български",
    "ca": "catalan|catalán|català|catalão|catalano|catalană|katalanisch",
    "cs": "czech|checo|ceco|tcheco|cehă|tchèque|tschechisch|čeština",
    "da": "danish|danés|danese|dinamarquês|daneză|danois|dänisch|dansk",
    "de": "german|alemán|alemão|tedesco|germană|allemand|deutsch",
    "el": "greek|griego|grego|greco|greacă|grec|griechisch|ελληνικά",
    "en": "english|inglés|inglês|inglese|engleză|anglais|englisch",
    "es": "spanish|español|castellano|espanhol|spagnolo|spaniolă|espagnol|spanisch",
    "eu": "basque|euskera|vasco|basco|bască|euskara",
    "fi": "finnish|finlandés|finlandese|finlandês|finlandeză|finnois|finnisch|suomi",
    "fr": "french|francés|francês|francese|franceză|français|französisch",
    "gl": "galician|gallego|galego|gallego|galiziano|galiciană|galicien",
    "hu": "hungarian|húngaro|ungherese|maghiară|hongrois|ungarisch|magyar",
    "it": "italian|italiano|italiană|italien|italienisch",
    "ja": "japanese|japonés|japonês|giapponese|japoneză|japonais|japanisch|日本語",
    "ko": "korean|coreano|coreeană|coréen|koreanisch|한국어",
    "nl": "dutch|neerlandés|holandés|holandês|neerlandês|olandese|olandeză|néerlandais|niederländisch",
    "no": "norwegian|noruego|norueguês|norvegese|norvegiană|norvégien|norwegisch|norsk|nb|nn",
    "pl": "polish|polaco|polonês|polacco|poloneză|polonais|polnisch|polski",
    "pt": "portuguese|portugués|português|portoghese|portugheză|portugais|portugiesisch",
    "ro": "romanian|rumano|romeno|rumeno|română|roumain|rumänisch|moldovan|mo",
    "ru": "russian|ruso|russo|rusă|russe|russisch|русский",
    "sv": "swedish|sueco|svedese|suedeză|suédois|schwedisch|svenska",
    "tr": "turkish|turco|turcă|turc|türkisch|türkçe",
    "uk": "ukrainian|ucraniano|ucraino|ucraineană|ukrainien|ukrainisch|українська",
    "zh": "chinese|chino|chinês|cinese|chineză|chinois|chinesisch|中文|mandarin",
}
_THREE = {
    "ara": "ar", "bul": "bg", "cat": "ca", "ces": "cs", "cze": "cs", "dan": "da", "deu": "de", "ger": "de",
    "ell": "el", "gre": "el", "eng": "en", "spa": "es", "eus": "eu", "baq": "eu", "fin": "fi", "fra": "fr",
    "fre": "fr", "glg": "gl", "hun": "hu", "ita": "it", "jpn": "ja", "kor": "ko", "nld": "nl", "dut": "nl",
    "nor": "no", "nob": "no", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "swe": "sv",
    "tur": "tr", "ukr": "uk", "zho": "zh", "chi": "zh",
}  # fmt: skip


@lru_cache(maxsize=1024)
def language_code(text: str) -> str | None:
    """The two letters of a tag (`pt-BR`, `es_ES`), of three letters (`spa`), or of a name in English, itself,
    or es, pt, it, ro, fr, de."""
    named = _table().get(_key(text))
    if named is not None:
        return named
    code = text.strip().replace("_", "-").partition("-")[0].lower()
    if len(code) == 2 and code.isascii() and code.isalpha():
        return code
    return _THREE.get(code)


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    return {_key(name): code for code, names in _NAMES.items() for name in names.split("|")}


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
