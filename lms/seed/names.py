"""Names as people of the group have them. Any likeness to a real person is chance."""

from __future__ import annotations

import random
from collections.abc import Mapping

# Korean surname, as it is spelled in English, how common it is.
_SURNAMES = (
    ("김", "Kim", 21), ("이", "Lee", 15), ("박", "Park", 9), ("최", "Choi", 5), ("정", "Jung", 5),
    ("강", "Kang", 3), ("조", "Cho", 3), ("윤", "Yoon", 3), ("장", "Jang", 2), ("임", "Lim", 2),
    ("한", "Han", 2), ("오", "Oh", 2), ("서", "Seo", 2), ("신", "Shin", 2), ("권", "Kwon", 2),
    ("황", "Hwang", 2), ("안", "Ahn", 2), ("송", "Song", 2), ("전", "Jeon", 1), ("홍", "Hong", 1),
    ("유", "Yoo", 1), ("고", "Ko", 1), ("문", "Moon", 1), ("양", "Yang", 1), ("배", "Bae", 1),
    ("백", "Baek", 1), ("남궁", "Namgung", 1), ("노", "Noh", 1), ("하", "Ha", 1), ("주", "Joo", 1),
)  # fmt: skip
_GIVEN = (
    ("가람", "Garam"), ("가현", "Gahyun"), ("건호", "Geonho"), ("경민", "Kyungmin"), ("규리", "Gyuri"),
    ("나래", "Narae"), ("다온", "Daon"), ("다인", "Dain"), ("도경", "Dokyung"), ("도현", "Dohyun"),
    ("동욱", "Dongwook"), ("라희", "Rahee"), ("명진", "Myungjin"), ("미르", "Mir"), ("민규", "Mingyu"),
    ("민서", "Minseo"), ("범석", "Beomseok"), ("보람", "Boram"), ("상우", "Sangwoo"), ("상현", "Sanghyun"),
    ("새봄", "Saebom"), ("서준", "Seojun"), ("선영", "Sunyoung"), ("성민", "Sungmin"), ("세린", "Serin"),
    ("소담", "Sodam"), ("수빈", "Subin"), ("승호", "Seungho"), ("시온", "Sion"), ("아람", "Aram"),
    ("연우", "Yeonwoo"), ("영호", "Youngho"), ("예린", "Yerin"), ("우진", "Woojin"), ("유나", "Yuna"),
    ("윤재", "Yoonjae"), ("은채", "Eunchae"), ("이든", "Eden"), ("인호", "Inho"), ("재민", "Jaemin"),
    ("재희", "Jaehee"), ("정훈", "Junghoon"), ("주원", "Juwon"), ("준서", "Junseo"), ("지안", "Jian"),
    ("지호", "Jiho"), ("진아", "Jina"), ("채원", "Chaewon"), ("태경", "Taekyung"), ("태린", "Taerin"),
    ("하람", "Haram"), ("하준", "Hajun"), ("현수", "Hyunsoo"), ("현지", "Hyunji"), ("혜원", "Hyewon"),
    ("호진", "Hojin"), ("효주", "Hyojoo"), ("희수", "Heesoo"), ("한별", "Hanbyul"), ("기범", "Kibeom"),
)  # fmt: skip
_AMERICAN = (
    ("Alice", "Andre", "Bianca", "Caleb", "Dana", "Elena", "Frank", "Grace", "Hector", "Ivy", "Jonah", "Kara"),
    ("Abbott", "Barnes", "Castillo", "Dawson", "Ellison", "Fischer", "Greene", "Hoffman", "Ibarra", "Jensen"),
)  # fmt: skip
_VIETNAMESE = (
    ("Anh", "Binh", "Chi", "Duc", "Giang", "Hanh", "Khanh", "Lan", "Minh", "Ngoc", "Phuong", "Quan"),
    ("Bui", "Dang", "Do", "Ho", "Hoang", "Le", "Ngo", "Nguyen", "Pham", "Tran", "Vo", "Vu"),
)  # fmt: skip
_ABROAD = {"us": _AMERICAN, "vn": _VIETNAMESE}


def invent(dice: random.Random, place: str = "kr") -> Mapping[str, str]:
    """A name by language: Korean and English in Korea, one name for all elsewhere (us, vn)."""
    if place in _ABROAD:
        given, surnames = _ABROAD[place]
        return {"en": f"{dice.choice(given)} {dice.choice(surnames)}"}
    surname = dice.choices(_SURNAMES, [weight for _ko, _en, weight in _SURNAMES])[0]
    given_name = dice.choice(_GIVEN)
    return {"ko": surname[0] + given_name[0], "en": f"{given_name[1]} {surname[1]}"}


def numbered(number: int) -> dict[str, str]:
    """The same Korean name for the same number."""
    surname = _SURNAMES[number * 7919 % len(_SURNAMES)]
    given = _GIVEN[number * 104_729 // len(_SURNAMES) % len(_GIVEN)]
    return {"ko": surname[0] + given[0], "en": f"{given[1]} {surname[1]}"}


def mailbox(name: Mapping[str, str]) -> str:
    """The part of an e-mail in front of the @, from the English name: yuna.kim."""
    return ".".join(name["en"].lower().split())
