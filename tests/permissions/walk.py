"""Asks for everything as everybody, and notes each answer that the table does not allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import resolve

from tests.permissions.addresses import Address
from tests.permissions.rules import NOBODY, OUTSIDERS, ROLES, Rule
from tests.permissions.world import AFFILIATE, MARK, Visitor, World

# Methods that no page has are tried as three visitors: as all, it would take too long.
METHODS, ODD_METHODS, ODD_VISITORS = ("GET", "POST"), ("PUT", "DELETE"), {"anonymous", "learner", "owner"}
TABLE = "tests/permissions/table.py"
_WRONG_METHOD = HTTPStatus.METHOD_NOT_ALLOWED
_DONE = {200, 204, 302}
# What a form answers that was sent empty, by somebody who may send it.
_REFUSED_FORM = {400, 409, 422, 429}
# Rows that this transaction wrote, whether or not they were taken back; a session only notes who asks.
_WRITES = """SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables
WHERE relname <> 'django_session'"""


@dataclass
class Report:
    urls: int = 0
    roles: int = 0
    findings: list[str] = field(default_factory=list)
    # Where somebody of affiliate A read what is theirs: without such pages the walk would prove nothing.
    shown: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return f"permissions: {self.urls} urls x {self.roles} roles, {len(self.findings)} open"


def walk(world: World, asked: Iterable[Address], rules: Mapping[str, Rule]) -> Report:
    report = Report(roles=len(world.visitors))
    for address in asked:
        report.urls += 1
        rule = rule_for(address, rules)
        problem = _missing(address, rule)
        if problem or rule is None:
            report.findings.append(f"{address.name} (/{address.route}): {problem}")
        else:
            path = path_of(address, rule, world)
            answering = resolve(path).view_name
            if answering != address.name != address.route:
                report.findings.append(f"{address.name}: {answering} answers at its address {path}")
                continue
            report.findings += _ask_all(report, world, address.name, path, rule)
    return report


def path_of(address: Address, rule: Rule, world: World) -> str:
    return address.path({name: world.value(_place(rule, name)) for name in address.parameters})


def rule_for(address: Address, rules: Mapping[str, Rule]) -> Rule | None:
    """The rule of this very name, or of the longest beginning of it."""
    name = address.name
    beginnings = [key for key in rules if key.endswith("*") and name.startswith(key[:-1])]
    return rules.get(name) or rules.get(max(beginnings, key=len, default=""))


def _place(rule: Rule, parameter: str) -> str:
    return rule.fill.get(parameter) or rule.fill.get("rest", "")


def _missing(address: Address, rule: Rule | None) -> str:
    if rule is None:
        fill = "".join(f', {name}="…"' for name in address.parameters)
        return f'no rule; add to {TABLE} who gets in, such as "{address.name}": only("owner"{fill})'
    for name in address.parameters:
        if not _place(rule, name):
            return f'no value for <{name}>; add {name}="a path into the world" to its rule in {TABLE}'
    return ""


def _ask_all(report: Report, world: World, name: str, path: str, rule: Rule) -> Iterator[str]:
    query = {key: world.value(place) for key, place in rule.query.items()}
    for visitor in (one for one in world.visitors if one.role in (rule.visitors or ROLES)):
        methods = (*METHODS, *ODD_METHODS) if visitor.role in ODD_VISITORS else METHODS
        answers = {method: _ask(visitor, method, path, query) for method in methods}
        for method, answer in answers.items():
            if problem := _wrong(rule, visitor, method, answer):
                yield f"{method} {path} ({name}) as {visitor.role}: {problem}"
            elif MARK in answer.body and visitor.role not in OUTSIDERS:
                report.shown.add(name)
        if all(answer.status == _WRONG_METHOD for answer in answers.values()):
            yield f"{path} ({name}) as {visitor.role}: answers to no method at all"


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    body: str
    writes: int

    @property
    def is_login(self) -> bool:
        return self.status == HTTPStatus.FOUND and self.location.startswith(settings.LOGIN_URL)


def _ask(visitor: Visitor, method: str, path: str, query: Mapping[str, str]) -> Answer:
    """One request, whose every effect is taken back."""
    with transaction.atomic():
        before = _writes()
        response = visitor.ask(method, path, query)
        answer = Answer(
            response.status_code, response.headers.get("Location", ""), _text(response), _writes() - before
        )
        transaction.set_rollback(True)
    return answer


def _text(response: Any) -> str:
    data: bytes = response.getvalue() if response.streaming else response.content
    return data.decode(errors="replace").lower()


def _writes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WRITES)
        return int(cursor.fetchone()[0])


def _wrong(rule: Rule, visitor: Visitor, method: str, answer: Answer) -> str:
    """What is wrong about an answer; empty where nothing is."""
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{answer.status}, an error of ours"
    seen = answer.body.replace(AFFILIATE, "") if rule.names_affiliates else answer.body
    if visitor.role in OUTSIDERS and MARK in seen:
        return f"{answer.status} shows what belongs to affiliate A"
    if answer.status == _WRONG_METHOD:
        return ""
    if visitor.role in rule.enters and not (rule.is_for_reading and method != "GET"):
        return _wrong_inside(rule, method, answer)
    return _wrong_outside(_refusals(rule, visitor.role), answer)


def _wrong_outside(expected: tuple[int, ...], answer: Answer) -> str:
    if answer.status not in expected or (answer.status == HTTPStatus.FOUND and not answer.is_login):
        return f"{answer.status} {answer.location} instead of {' or '.join(map(str, expected))}"
    return f"{answer.status}, but {answer.writes} rows were written" if answer.writes else ""


def _wrong_inside(rule: Rule, method: str, answer: Answer) -> str:
    if rule.is_lax:
        return ""
    if method in {"PUT", "DELETE"} and not rule.is_api:
        return f"{answer.status} instead of 405"
    allowed = _DONE if method == "GET" else _DONE | _REFUSED_FORM
    if answer.status not in allowed or answer.is_login:
        return f"{answer.status} {answer.location}: they should get in"
    return ""


def _refusals(rule: Rule, role: str) -> tuple[int, ...]:
    if role in rule.unseeing:
        return (404,)
    if rule.is_api:
        return (401,) if role == "anonymous" else (401, rule.refusal) if role == "client" else (rule.refusal,)
    return (302,) if role in NOBODY else (rule.refusal,)
