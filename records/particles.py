"""Korean particles that agree with the word before them: 과정을, 퀴즈를; 서울로, 부산으로.

A translation writes both forms after a placeholder, as Koreans do by hand: `%(title)s을(를) 열었어요`. Which one
it is shows when the placeholder is filled: gettext returns a `PairedText` for such a sentence, and its `%`
chooses. So it holds in pages, mails and plain strings alike, and no text of people is ever searched.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.utils.translation import trans_real

# (after a final consonant, after a vowel)
_PAIRS = (
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("과", "와"),
    ("아", "야"),
    ("이에요", "예요"),
    ("으로", "로"),
    ("이나", "나"),
    ("이랑", "랑"),
    ("이며", "며"),
    ("이고", "고"),
    ("이라", "라"),
)
_FORMS = {
    spelling: pair
    for pair in _PAIRS
    for one, other in (pair, pair[::-1])
    for spelling in (f"{one}({other})", f"({one}){other}", f"{one}/{other}")
} | {f"({long[0]}){short}": (long, short) for long, short in _PAIRS if long[1:] == short}
_PAIR = re.compile(" ?(" + "|".join(map(re.escape, sorted(_FORMS, key=len, reverse=True))) + ")")

_NEITHER = re.compile(
    r"(<[^<>]*>|&(quot|apos|#39|#x27|gt|lt|nbsp);|[\s\"'’”»›」』】〉》\])}.,:;!?…·‧*_`~-])$"
)
_IN_BRACKETS = re.compile(r"(?<=\S)\s*\([^()]*\)$")
_VOWEL, _RIEUL, _CONSONANT = 0, 8, 1  # a syllable's final sound, as Unicode counts them; any other is 1

# Zero to nine as they are read: 영 일 이 삼 사 오 육 칠 팔 구
_DIGITS = (1, 8, 0, 1, 0, 0, 1, 8, 8, 0)
# 십, 백, 천, 만, 억 end with a consonant; 조 does not.
_TRILLIONS = range(12, 16)
_SIGNS = {"㎏": 1, "㎜": 0, "#": 1, "₩": 1, "=": 1}
_CAPITALS = {"L": _RIEUL, "R": _RIEUL, "M": _CONSONANT, "N": _CONSONANT}
# How English words end when they are written in Hangul: 모듈, 타임, 러닝, 노트북, 뮤직, 챗, 맵, 랩.
_WORD_ENDS = (
    (re.compile(r"(l|[^aeiou]le|[iuy]le|ole|ale)$"), _RIEUL),
    (re.compile(r"([mn]|ng|[aeiou][mn]e|ook|ck|[aeiou]c|(^|[^aeiou])[aeiou][bpkt])$"), _CONSONANT),
)


def particle(word: str, pair: tuple[str, str]) -> str:
    """The form of `pair` (after a consonant, after a vowel) that follows `word`, which may be HTML."""
    final = _final_sound(word)
    after_vowel = final == _VOWEL or (final == _RIEUL and pair[0] == "으로")
    return pair[after_vowel]


def agree(text: str, before: str = "") -> str:
    """`text` with each pair such as 을(를) decided by what stands before it."""
    done, at = before, 0
    for match in _PAIR.finditer(text):
        done += text[at : match.start()]
        done += particle(done, _FORMS[match[1]])
        at = match.end()
    return (done + text[at:])[len(before) :]


class PairedText(str):
    """A translation with pairs in it. Filling in its placeholders decides them, and nothing that was filled in."""

    __slots__ = ()

    def __mod__(self, values: Any) -> str:
        if not isinstance(values, Mapping):  # Django's own catalogue has a few %s
            return agree(super().__mod__(values))
        done, at = "", 0
        for match in _PAIR.finditer(self):
            done += self[at : match.start()] % values
            done += particle(done, _FORMS[match[1]])
            at = match.end()
        return done + self[at:] % values


def paired(text: str) -> str:
    """A Korean translation as gettext returns it."""
    if ("(" not in text and "/" not in text) or not _PAIR.search(text):
        return text
    return PairedText(text) if "%" in text else agree(text)


class _Translation(trans_real.DjangoTranslation):
    """Django's catalogue of a language; the Korean one minds its particles."""

    def gettext(self, message: str) -> str:
        text = super().gettext(message)
        return paired(text) if self.language() == "ko" else text

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        text = super().ngettext(msgid1, msgid2, n)
        return paired(text) if self.language() == "ko" else text


def install() -> None:
    """From now on every catalogue that Django loads is one of ours: its own sentences say 을(를), too."""
    trans_real.DjangoTranslation = _Translation  # type: ignore[misc]
    # The site's own language is loaded before: a model with a many-to-many field asks for a name of it.
    trans_real._translations.clear()  # type: ignore[attr-defined]  # noqa: SLF001 - as Django's own reload
    trans_real._default = None  # type: ignore[attr-defined]  # noqa: SLF001


def _final_sound(word: str) -> int:
    """0 a vowel, 8 ㄹ, anything else another consonant."""
    text = _spoken(word)
    last = text[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28
    if "ㄱ" <= last <= "ㅎ":  # the letters' names: 기역, 니은, 디귿, 리을
        return _RIEUL if last == "ㄹ" else _CONSONANT
    if last.isdecimal():
        return _final_of_number(text)
    if last.isascii() and last.isalpha():
        return _final_of_latin(re.findall(r"[A-Za-z]+$", text)[0])
    return _CONSONANT if last in "んン" and last else _SIGNS.get(last, _VOWEL)


def _spoken(word: str) -> str:
    """The word without what nobody reads aloud at its end: tags, quotes, and what stands in brackets."""
    text = unicodedata.normalize("NFC", word[-400:])
    while True:
        shorter = _IN_BRACKETS.sub("", text) or text
        shorter = _NEITHER.sub("", shorter)
        if shorter == text:
            return unicodedata.normalize("NFKC", html.unescape(text)) if text else ""
        text = shorter


def _final_of_number(text: str) -> int:
    digits = re.findall(r"[\d,]+$", text)[0].replace(",", "")
    zeros = len(digits) - len(digits.rstrip("0"))
    if 0 < zeros < len(digits):
        return _VOWEL if zeros in _TRILLIONS else _CONSONANT
    return _DIGITS[int(digits[-1])]


def _final_of_latin(word: str) -> int:
    if word.isupper():
        return _CAPITALS.get(word[-1], _VOWEL)
    return next((final for end, final in _WORD_ENDS if end.search(word.lower())), _VOWEL)
