"""What a name may be, how names are compared when people are searched, and how lists sort them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext as _

NAME_LENGTH, NUMBER_LENGTH, TITLE_LENGTH = 100, 40, 100
_GIVEN_NAME_FROM = 3  # syllables: 김지우 is also found by 지우, 김건 not by 건
# Scripts whose letters look alike. Nobody's name mixes them within one word; who imitates a name does.
_LOOKALIKES = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_INVISIBLE = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


def clean_name(text: str) -> str:
    """`text` composed (NFC) with single spaces. Raises ValidationError with a sentence for the field."""
    name = unicodedata.normalize("NFC", text).strip(" ")
    if _is_partly_invisible(name):
        raise ValidationError(
            _("The name holds characters that cannot be seen. Type it anew."), code="invisible"
        )
    if not any(character.isalpha() for character in name):
        raise ValidationError(_("A name needs at least one letter."), code="no_letter")
    if len(name) > NAME_LENGTH:
        raise ValidationError(_("A name may have 100 characters."), code="too_long")
    if any(len(_scripts(word)) > 1 for word in name.split()):
        raise ValidationError(
            _("The name mixes letters of alphabets that look alike. Type it in one alphabet."), code="mixed"
        )
    return " ".join(name.split())


def clean_titles(title: Mapping[str, str]) -> dict[str, str]:
    """A job title by language, composed (NFC) with single spaces; without empty ones. None is needed.

    Raises ValidationError for the field job_title: characters that cannot be seen, or too many of them.
    """
    titles = {language: unicodedata.normalize("NFC", text).strip(" ") for language, text in title.items()}
    if any(_is_partly_invisible(text) for text in titles.values()):
        text = _("The job title holds characters that cannot be seen. Type it anew.")
        raise ValidationError({"job_title": text})
    titles = {language: " ".join(text.split()) for language, text in titles.items()}
    if any(len(text) > TITLE_LENGTH for text in titles.values()):
        raise ValidationError({"job_title": _("A job title may have 100 characters.")})
    return {language: text for language, text in titles.items() if text}


def _is_partly_invisible(text: str) -> bool:
    return any(unicodedata.category(character) in _INVISIBLE for character in text)


def clean_number(text: str) -> str:
    """An employee number as a login names it: NFKC, single spaces, nothing that cannot be seen.

    Raises ValidationError for the field number: too long, also where signs that stand for many were written out.
    """
    plain = unicodedata.normalize("NFKC", " ".join(text.split()))
    number = "".join(sign for sign in plain if unicodedata.category(sign) not in _INVISIBLE).strip()
    try:
        MaxLengthValidator(NUMBER_LENGTH)(number)
    except ValidationError as error:
        raise ValidationError({"number": error.error_list}) from error
    return number


def clean_names(name: Mapping[str, str]) -> dict[str, str]:
    """As `clean_name`, for every language that has a text; one is needed. Raises ValidationError for the field name."""
    names, errors = {}, []
    for language, text in name.items():
        if not text.strip():
            continue
        try:
            names[language] = clean_name(text)
        except ValidationError as error:
            errors += error.error_list
    if not names and not errors:
        errors.append(ValidationError(_("Give a name in at least one language.")))
    if errors:
        raise ValidationError({"name": errors})
    return names


def _scripts(word: str) -> set[str]:
    first_words = {unicodedata.name(character, "").partition(" ")[0] for character in word}
    return first_words & set(_LOOKALIKES)


def search_form(text: str) -> str:
    """What is compared: compatibility forms unified (NFKC), case folded, spaces single; no null byte."""
    plain = unicodedata.normalize("NFKC", text.replace("\0", "")).casefold()
    return " ".join(plain.split())[:254]


def search_terms(name: Mapping[str, str], *others: str) -> set[str]:
    """The beginnings by which somebody is found: a name from each of its words on; `others` are mail and numbers."""
    terms = {search_form(other) for other in others}
    for text in name.values():
        words = search_form(text).split()
        terms |= {" ".join(words[start:]) for start in range(len(words))}
        if len(words) == 1 and is_hangul(words[0]) and len(words[0]) >= _GIVEN_NAME_FROM:
            terms.add(words[0][1:])
    return terms - {""}


def sort_key(name: Mapping[str, str]) -> str:
    """Lists of a Korean group sort by the Korean name where there is one."""
    return search_form(name.get("ko") or next(iter(name.values()), ""))[:200]


def is_hangul(text: str) -> bool:
    return all("가" <= character <= "힣" for character in text)
