"""Profiles and safety performance: unique codes, plausible figures, nobody overwritten."""

from dataclasses import replace

import pytest

from portal.domain import credit_code
from portal.errors import InvalidValueError, StaleRecordError
from portal.services import enterprises
from portal.store.audit import broken_links
from tests.conftest import YEAR, Installation, a_profile, no_accident, together


def test_a_profile_is_changed_and_the_log_holds_before_and_after(
    installation: Installation,
) -> None:
    user = installation["a-manager"]
    view = enterprises.view(user, user.organisation_id, "zh")
    assert (view.version, view.size_class, view.area) == (1, "small", "临江区")
    changed = replace(view.profile, staff=1500, revenue_wan=60_000, name=" 新名称有限公司 ")
    enterprises.save_profile(user, changed, 1)
    after = enterprises.view(user, user.organisation_id, "en")
    assert (after.version, after.profile.name, after.size_class) == (2, "新名称有限公司", "large")
    assert after.updated_by == user.name
    row = installation.db.row(
        "select body from audit where action = 'profile.change' and enterprise_id = :e",
        e=user.organisation_id,
    )
    assert row is not None
    assert '"staff":120' in row["body"]
    assert '"staff":1500' in row["body"]
    assert "credit_code" not in row["body"], "only what changed"
    assert broken_links(installation.db, user.organisation_id) == []


def test_somebody_who_saved_first_is_not_overwritten_and_is_named(
    installation: Installation,
) -> None:
    manager, principal = installation["a-manager"], installation["a-principal"]
    view = enterprises.view(manager, manager.organisation_id, "zh")
    enterprises.save_profile(principal, replace(view.profile, address="先保存的地址"), 1)
    with pytest.raises(StaleRecordError) as refused:
        enterprises.save_profile(manager, replace(view.profile, staff=7), 1)
    assert refused.value.values["by"] == principal.name
    assert refused.value.values["at"] == "2026-11-20 10:00"
    now = enterprises.view(manager, manager.organisation_id, "zh")
    assert (now.profile.address, now.profile.staff, now.version) == ("先保存的地址", 120, 2)


def test_of_two_who_save_at_once_one_is_stored_and_one_is_told(
    installation: Installation,
) -> None:
    profile = enterprises.view(installation["a-manager"], installation.enterprise(), "zh").profile
    results = together(
        *(
            lambda w=w, n=n: enterprises.save_profile(installation[w], replace(profile, staff=n), 1)
            for n, w in enumerate(("a-manager", "a-principal", "a-manager", "a-principal"), 1)
        )
    )
    assert sorted(type(r).__name__ for r in results) == ["NoneType"] + ["StaleRecordError"] * 3
    staff = enterprises.view(installation["a-manager"], installation.enterprise(), "zh").profile
    assert staff.staff == results.index(None) + 1


def test_a_credit_code_belongs_to_one_enterprise(installation: Installation) -> None:
    admin, manager = installation["administrator"], installation["a-manager"]
    own, other = a_profile(1), a_profile(2)
    with pytest.raises(InvalidValueError) as refused:
        enterprises.register(admin, replace(a_profile(50), credit_code=other.credit_code))
    assert (refused.value.code, refused.value.values["field"]) == (
        "credit_code_taken",
        "credit_code",
    )
    with pytest.raises(InvalidValueError, match="credit_code_taken"):
        enterprises.save_profile(manager, replace(own, credit_code=other.credit_code), 1)
    view = enterprises.view(manager, manager.organisation_id, "zh")
    assert (view.profile.credit_code, view.version) == (own.credit_code, 1)

    free = a_profile(51).credit_code
    enterprises.save_profile(manager, replace(own, credit_code=free.lower()), 1)
    assert enterprises.view(manager, manager.organisation_id, "zh").profile.credit_code == free
    enterprises.register(admin, replace(a_profile(52), credit_code=own.credit_code))
    claims = installation.db.rows("select credit_code from credit_claim")
    codes = installation.db.rows("select credit_code from enterprise")
    assert sorted(r["credit_code"] for r in claims) == sorted(r["credit_code"] for r in codes)


def test_a_code_registered_twice_at_once_is_registered_once(installation: Installation) -> None:
    admin = installation["administrator"]
    results = together(*(lambda: enterprises.register(admin, a_profile(60)) for _ in range(4)))
    assert sorted(type(r).__name__ for r in results) == ["InvalidValueError"] * 3 + ["str"]
    assert len(enterprises.list_all(admin)) == 4


BAD = [
    ({"credit_code": ""}, "credit_code_length", "credit_code"),
    ({"credit_code": "91990102MA00000014"}, "credit_code_check", "credit_code"),
    ({"credit_code": "91990102MA0000001I"}, "credit_code_character", "credit_code"),
    ({"credit_code": "9" * 19}, "credit_code_length", "credit_code"),
    ({"name": " 企 "}, "bad_name", "name"),
    ({"name": "企" * 121}, "bad_name", "name"),
    ({"address": "路" * 201}, "too_long", "address"),
    ({"staff": -1}, "out_of_range", "staff"),
    ({"staff": 10**7}, "out_of_range", "staff"),
    ({"revenue_wan": -5}, "out_of_range", "revenue_wan"),
    ({"sector": "banking"}, "not_a_choice", "sector"),
    ({"size_kind": "banking"}, "not_a_choice", "size_kind"),
    ({"flags": ("gas", "magic")}, "not_a_choice", "flags"),
    ({"area_code": "110101"}, "not_a_choice", "area_code"),
    ({"area_code": "990100"}, "not_a_choice", "area_code"),
    ({"area_code": ""}, "not_a_choice", "area_code"),
]


@pytest.mark.parametrize(("change", "code", "field"), BAD)
def test_a_profile_that_cannot_be_right_is_refused_at_its_field(
    small: Installation, change: dict[str, object], code: str, field: str
) -> None:
    user = small["a-manager"]
    for call in (
        lambda p: enterprises.save_profile(user, p, 1),
        lambda p: enterprises.register(small["administrator"], p),
    ):
        with pytest.raises(InvalidValueError) as refused:
            call(a_profile(70, **change))
        assert (refused.value.code, refused.value.values["field"]) == (code, field)
    assert len(enterprises.list_all(small["administrator"])) == 3
    assert enterprises.view(user, user.organisation_id, "zh").version == 1


FACTS = [
    ({"deaths": -1}, "out_of_range", "deaths"),
    ({"deaths": 1.5}, "not_whole", "deaths"),
    ({"deaths": True}, "not_whole", "deaths"),
    ({"deaths": "一"}, "not_whole", "deaths"),
    ({"direct_loss_yuan": 10**13}, "out_of_range", "direct_loss_yuan"),
    ({"worst_accident": "huge"}, "not_a_choice", "worst_accident"),
    ({"deaths": 1, "worst_accident": "none"}, "deaths_without_accident", "worst_accident"),
    ({"member_share_without_fatal": 101}, "out_of_range", "member_share_without_fatal"),
    ({"member_share_without_fatal": "90"}, "not_whole", "member_share_without_fatal"),
    (
        {"direct_loss_yuan": 5, "max_single_loss_yuan": 6},
        "single_above_total",
        "max_single_loss_yuan",
    ),
]


@pytest.mark.parametrize(("facts", "code", "field"), FACTS)
def test_safety_figures_that_cannot_be_right_are_refused_at_their_field(
    small: Installation, facts: dict[str, object], code: str, field: str
) -> None:
    user = small["a-manager"]
    with pytest.raises(InvalidValueError) as refused:
        enterprises.save_performance(user, YEAR, facts, 0)
    assert (refused.value.code, refused.value.values["field"]) == (code, field)
    assert enterprises.performance(user, YEAR).version == 0


def test_an_unknown_figure_stays_unknown_and_is_no_zero(installation: Installation) -> None:
    user = installation["a-manager"]
    assert enterprises.performance(user, YEAR).facts == {}
    enterprises.save_performance(user, YEAR, {"deaths": 0, "minor_injuries": None}, 0)
    known = enterprises.performance(user, YEAR)
    assert (known.facts, known.version) == ({"deaths": 0}, 1)
    assert enterprises.performance(user, YEAR - 1).version == 0


def test_safety_figures_saved_by_somebody_else_are_not_overwritten(
    installation: Installation,
) -> None:
    manager, principal = installation["a-manager"], installation["a-principal"]
    enterprises.save_performance(principal, YEAR, no_accident(), 0)
    with pytest.raises(StaleRecordError) as refused:
        enterprises.save_performance(manager, YEAR, {"deaths": 2}, 0)
    assert refused.value.values["by"] == principal.name
    assert enterprises.performance(manager, YEAR).facts == no_accident()


def test_of_two_who_enter_the_first_figures_at_once_one_is_told(
    installation: Installation,
) -> None:
    for year in range(YEAR - 3, YEAR + 1):
        results = together(
            *(
                lambda w=w, n=n, y=year: enterprises.save_performance(
                    installation[w], y, {"minor_injuries": n}, 0
                )
                for n, w in enumerate(("a-manager", "a-principal"), 1)
            )
        )
        assert sorted(type(r).__name__ for r in results) == ["NoneType", "StaleRecordError"]
        (told,) = [r for r in results if isinstance(r, StaleRecordError)]
        first = ("a-manager", "a-principal")[results.index(None)]
        assert told.values["by"] == installation[first].name
        known = enterprises.performance(installation["a-manager"], year)
        assert (known.version, known.facts["minor_injuries"]) == (1, results.index(None) + 1)


@pytest.mark.parametrize(
    "code", ["91350100M000100Y43", a_profile(1).credit_code, a_profile(999).credit_code]
)
def test_a_credit_code_with_its_check_digit_holds_and_no_other_digit_does(code: str) -> None:
    assert credit_code.fault(code) is None
    others = [code[:-1] + sign for sign in credit_code.ALPHABET if sign != code[-1]]
    assert {credit_code.fault(other) for other in others} == {"check"}


def test_swapped_or_mistyped_characters_show_in_the_check_digit() -> None:
    code = a_profile(4711).credit_code
    for place in range(17):
        for sign in credit_code.ALPHABET:
            if sign != code[place]:
                assert credit_code.fault(code[:place] + sign + code[place + 1 :]) == "check"
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert swapped == code or credit_code.fault(swapped) == "check"
