"""The demonstration district: invented enterprises with two years of scores, always the same."""

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from criteria import Item, Scheme
from portal.config import ROOT
from portal.domain.answers import ItemAnswer, ReportedRule
from portal.domain.enterprise import COUNTS, Profile
from portal.domain.people import Role, User
from portal.services import accounts, assessments, enterprises, passwords, records, reviews, setup
from portal.services.context import Context, current, install
from portal.store.database import Transaction

SCHEME = "industry-trade-general"
PLACE = ROOT / "data" / "demo" / "district.toml"
SEED = "临江区"

Table = Mapping[str, Any]


def load() -> None:
    """Fill an empty database with the demonstration district.

    Every record goes through the services that a person would use, on the day on which it would
    have been made; only the sheets are filled in whole and rectified items closed together.
    """
    data = tomllib.loads(PLACE.read_text(encoding="utf-8"))
    context = current()
    try:
        _Builder(context, data).build()
    finally:
        install(context)


@dataclass(slots=True)
class _Builder:
    context: Context
    data: Table

    def build(self) -> None:
        self.context.db.write(self._people)
        scheme = self.context.library.find(SCHEME)
        year = self.context.today.year
        for row in self.data["enterprise"]:
            for offset in row["years"]:
                self._assess(row, scheme, year + offset)
            if "draft" in row:
                self._on(year, 10)
                self._fill(row, scheme, year, share=row["draft"])
        install(self.context)

    def _on(self, year: int, month: int) -> None:
        """Act as on a day of that month, but never in the future."""
        moment = min(datetime(year, month, 12, 2, 30, tzinfo=UTC), self.context.now())
        install(replace(self.context, now=lambda: moment))

    def _people(self, tx: Transaction) -> None:
        setup.mark_installation(tx, "demo")
        for area in self.data["area"]:
            setup.add_area(tx, area["code"], area["zh"], area["en"])
        for row in self.data["organisation"]:
            setup.add_organisation(tx, row["kind"], row["name"], row["area"], row["id"])
        for row in self.data["account"]:
            self._account(tx, row["id"], row["name"], Role(row["role"]), row["organisation"])
        for row in self.data["enterprise"]:
            enterprises.insert_enterprise(tx, _profile(row), self._manager(row), row["id"])
            self._account(
                tx,
                f"{row['id']}-manager",
                row["manager"],
                Role.SAFETY_MANAGER,
                row["id"],
                shown=row.get("accounts", False),
            )
            self._account(
                tx,
                f"{row['id']}-principal",
                row["principal"],
                Role.PRINCIPAL,
                row["id"],
                shown=row.get("accounts", False),
            )

    def _account(
        self,
        tx: Transaction,
        account: str,
        name: str,
        role: Role,
        organisation: str,
        *,
        shown: bool = True,
    ) -> None:
        accounts.add_account(
            tx,
            login=account,
            name=name,
            role=role,
            organisation_id=organisation,
            password_hash=passwords.UNUSABLE,
            demo=shown,
            account_id=account,
        )

    def _manager(self, row: Table) -> User:
        return User(
            f"{row['id']}-manager",
            "",
            row["manager"],
            Role.SAFETY_MANAGER,
            row["id"],
            row["name"],
            "",
            "zh",
            "",
        )

    def _assess(self, row: Table, scheme: Scheme, year: int) -> None:
        this_year = year == self.context.today.year
        self._on(year, self._month(row, this_year=this_year))
        number = self._fill(row, scheme, year)
        user = self._manager(row)
        if not (this_year and row.get("unknown_performance")):
            enterprises.save_performance(user, year, _facts(row, this_year=this_year), 0)
        draft = assessments.load(user, row["id"], number)
        assessments.submit(
            user,
            row["id"],
            number,
            leader=row["principal"],
            members=[row["manager"], "生产部负责人", "工会代表"],
            confirmed_by=row["principal"],
            seen_rev=draft.rev,
        )
        newest = max(row["years"]) + self.context.today.year == year
        if "reviewed" in row and not this_year:
            self._review(row, scheme, year, number, row["reviewed"], finish=True)
        if "review_open" in row and newest:
            self._review(row, scheme, year, number, row["review_open"], finish=False)
        if not this_year or self._month(row, this_year=True) < 11:
            self._close_some(row, year)

    def _month(self, row: Table, *, this_year: bool) -> int:
        """Last year all in autumn; this year half of them in spring, half just now."""
        number = self.data["enterprise"].index(row)
        return (4 if number % 2 else 11) if this_year else 9

    def _fill(self, row: Table, scheme: Scheme, year: int, share: float = 1.0) -> int:
        user = self._manager(row)
        opened = assessments.open_self_assessment(user, SCHEME, year)
        answers = self._answers(row, scheme, year, row["quality"])
        kept = list(answers.items())[: round(len(answers) * share)]
        assessments.import_answers(user, row["id"], opened.assessment_no, dict(kept), opened.rev)
        return opened.assessment_no

    def _answers(
        self, row: Table, scheme: Scheme, year: int, quality: float
    ) -> dict[str, ItemAnswer]:
        chance = random.Random(f"{SEED} {row['id']} {year - self.context.today.year}")  # noqa: S311 - sample data, no secret
        absent = self._absent(row)
        # an enterprise gets a little better from one year to the next
        faults = 1.35 * (1 - quality) * (1.25 if year < self.context.today.year else 1.0)
        return {
            item.id: ItemAnswer(not_applicable=absent[item.id])
            if item.id in absent
            else _answer(item, chance, faults * _weight(item.element))
            for item in scheme.items
        }

    def _absent(self, row: Table) -> dict[str, str]:
        chance = random.Random(f"{SEED} {row['id']} absent")  # noqa: S311 - sample data, no secret
        absent = {}
        for rule in self.data["absent"]:
            missing = (
                rule["unless"] not in row["flags"]
                if "unless" in rule
                else chance.random() < rule["share"]
            )
            if missing:
                absent.update(dict.fromkeys(rule["items"], rule["reason"]))
        return absent

    def _review(
        self, row: Table, scheme: Scheme, year: int, base: int, account: str, *, finish: bool
    ) -> None:
        self._on(year if finish else self.context.today.year, 11)
        person = next(a for a in self.data["account"] if a["id"] == account)
        administrator = next(a for a in self.data["account"] if a["role"] == "administrator")
        admin = User(
            administrator["id"],
            "",
            administrator["name"],
            Role.ADMINISTRATOR,
            administrator["organisation"],
            "",
            "",
            "zh",
            "",
        )
        number = reviews.assign(admin, row["id"], base, account)
        user = User(
            account,
            "",
            person["name"],
            Role(person["role"]),
            person["organisation"],
            "",
            "",
            "zh",
            "",
        )
        own = self._answers(row, scheme, year, row["quality"])
        answers = {item: replace(answer, remark="", difference="") for item, answer in own.items()}
        self._sterner(scheme, row, answers)
        if not finish:
            answers = dict(list(answers.items())[:38])
        draft = assessments.load(user, row["id"], number)
        assessments.import_answers(user, row["id"], number, answers, draft.rev)
        if finish:
            draft = assessments.load(user, row["id"], number)
            assessments.submit(
                user,
                row["id"],
                number,
                leader=person["name"],
                members=[person["name"], "行业专家"],
                confirmed_by=person["name"],
                seen_rev=draft.rev,
            )

    def _sterner(self, scheme: Scheme, row: Table, answers: dict[str, ItemAnswer]) -> None:
        """A reviewer finds on site what the enterprise did not see, and says why."""
        chance = random.Random(f"{SEED} {row['id']} review")  # noqa: S311 - sample data, no secret
        clean = [item for item in scheme.items if answers[item.id].full]
        for item in chance.sample(clean, k=min(9, len(clean))):
            found = _answer(item, chance, 1.0)
            if found.deductions:
                answers[item.id] = replace(found, difference="现场抽查发现，企业自评未计入")

    def _close_some(self, row: Table, year: int) -> None:
        """Most non-conformities that are due have been rectified since."""
        chance = random.Random(f"{SEED} {row['id']} closed")  # noqa: S311 - sample data, no secret
        found = self.context.db.rows(
            "select nonconformity_no, due_on from nonconformity"
            " where enterprise_id = :e and year = :y order by nonconformity_no",
            e=row["id"],
            y=year,
        )
        today = self.context.today.isoformat()
        closed = [line for line in found if chance.random() < 0.88 and line["due_on"] <= today]

        def job(tx: Transaction) -> None:
            for line in closed:
                tx.run(
                    "update nonconformity set status = 'closed', closed_at = :at"
                    " where enterprise_id = :e and nonconformity_no = :n",
                    at=f"{line['due_on']}T03:00:00+00:00",
                    e=row["id"],
                    n=line["nonconformity_no"],
                )
            numbers = [line["nonconformity_no"] for line in closed]
            records.audit(
                tx,
                self._manager(row),
                row["id"],
                "nonconformity.close",
                str(year),
                {"numbers": numbers},
            )

        self.context.db.write(job)


def _profile(row: Table) -> Profile:
    return Profile(
        row["name"],
        row["credit_code"],
        row["sector"],
        "990102",
        row["address"],
        row["principal"],
        row["contact"],
        row["staff"],
        row["revenue_wan"],
        row["size_kind"],
        tuple(row["flags"]),
        is_group=False,
    ).checked()


def _facts(row: Table, *, this_year: bool) -> dict[str, object]:
    facts: dict[str, object] = dict.fromkeys(COUNTS, 0)
    facts |= {"worst_accident": "none", "average_staff": row["staff"]}
    if this_year and row.get("deaths"):
        facts |= {
            "deaths": row["deaths"],
            "worst_accident": "general",
            "direct_loss_yuan": 1_680_000,
            "max_single_loss_yuan": 1_680_000,
        }
    return facts


def _weight(element: str) -> float:
    """Where enterprises usually lose points: equipment, operations, hazards, health."""
    return {"6": 1.25, "7": 1.2, "8": 1.3, "10": 1.15, "5": 1.1, "1": 0.5, "3": 0.7}.get(
        element, 0.9
    )


def _answer(item: Item, chance: random.Random, faults: float) -> ItemAnswer:
    if chance.random() >= faults:
        return ItemAnswer(full=True)
    mild = [rule for rule in item.rules if rule.kind in ("each", "once") and rule.scope == "item"]
    severe = [rule for rule in item.rules if rule.kind == "whole" and rule.zeroes is None]
    if any(rule.trigger == "item_at_zero" for rule in item.rules) and chance.random() < 0.8:
        severe = []  # what costs a whole element is rare
    pool = mild if mild and (not severe or chance.random() < 0.86) else severe
    if not pool:
        return ItemAnswer(full=True)
    rule = chance.choice(pool)
    count = chance.choice((1, 1, 1, 2)) if rule.kind == "each" else 1
    return ItemAnswer(deductions=(ReportedRule(rule.id, count),))
