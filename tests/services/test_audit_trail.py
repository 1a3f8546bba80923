"""The log as people read it: the right entries, in words, nothing that must not be told."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from portal.domain.answers import ItemAnswer
from portal.domain.people import Role
from portal.errors import NotAllowedError, PortalError
from portal.i18n import catalogue, translate
from portal.services import accounts, audit_trail, enterprises, invitations, records, signing_in
from portal.services.account_log import SIGN_IN, Place
from portal.services.assessments import Edit, save_answers
from portal.services.audit_trail import ACCOUNT_KINDS, ENTERPRISE_KINDS, Wish
from portal.store.audit import broken_links
from tests.conftest import PASSWORD, YEAR, Installation, lost

HERE = Place("192.0.2.1", "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0")


@pytest.fixture(autouse=True)
def _one_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANBIAO_SECOND_FACTOR", "offered")


def whole(installation: Installation, **wish: object) -> tuple[audit_trail.LogLine, ...]:
    user = installation["a-manager"]
    return audit_trail.of_enterprise(user, user.organisation_id, Wish(**wish), "zh").lines  # type: ignore[arg-type]


def attempts(installation: Installation) -> list[tuple[str, str, str]]:
    """Person, what, detail, of all attempts to sign in, oldest first."""
    admin = installation["administrator"]
    lines = audit_trail.of_accounts(admin, Wish("sign_in"), "zh").lines
    return [(line.who, line.what, line.detail) for line in reversed(lines)]


def test_an_enterprise_reads_who_did_what_in_words(installation: Installation) -> None:
    installation.submitted("a", answers={"1.4": lost("no_record")})
    lines = whole(installation)
    submitted = next(line for line in lines if line.what == "提交自评")
    assert submitted.who == "a-manager先生"
    assert submitted.role == "安全管理人员"
    assert submitted.subject == translate("zh", "log.assessment", number=1)
    assert "组长：赵一" in submitted.detail
    assert "钱二" in submitted.detail
    performance = next(line for line in lines if line.what == "填写安全生产绩效")
    assert "死亡人数：0" in performance.detail
    assert "没有发生" in performance.detail
    written = "\n".join(f"{x.what} {x.subject} {x.detail}" for x in lines)
    for raw in ("no_record", "{", "null", "True", "worst_accident", "sha256"):
        assert raw not in written, raw


def test_a_changed_answer_is_shown_before_and_after(installation: Installation) -> None:
    draft = installation.started("a")
    user, place = installation["a-manager"], (draft.enterprise_id, draft.assessment_no)
    save_answers(user, *place, [Edit("tab", 1, "1.1", 0, {"full": True})])
    save_answers(
        user,
        *place,
        [Edit("tab", 2, "1.1", 1, {"not_applicable": "无此工艺", "remark": "现场看过"})],
    )
    latest, first = whole(installation, kind="self")[:2]
    assert first.detail == "原：未评\n改为：满分"
    assert latest.detail.startswith("原：满分\n改为：不参与（无此工艺）")
    assert "现场看过" in latest.detail
    assert latest.subject.endswith("第1.1条")


@pytest.mark.parametrize("kind", ENTERPRISE_KINDS)
def test_each_kind_of_entry_can_be_looked_at_alone(small: Installation, kind: str) -> None:
    small.submitted("a", answers={"1.4": lost("no_record")})
    accounts.set_status(small["a-principal"], small["a-worker"].account_id, active=False)
    everything = whole(small)
    found = whole(small, kind=kind)
    if kind == "review":
        assert found == ()
        return
    assert found
    assert set(found) < set(everything)


def test_words_find_people_and_content_and_nothing_of_others(small: Installation) -> None:
    small.submitted("a")
    small.submitted("b")
    assert {x.who for x in whole(small, kind="self", words="a-manager")} == {"a-manager先生"}
    assert whole(small, words="赵一")
    assert whole(small, words="b-manager") == ()
    assert whole(small, words="'; drop table audit --") == ()


def test_a_long_log_is_read_in_parts(small: Installation) -> None:
    draft = small.started("a")
    for number in range(audit_trail.PAGE):
        edit = Edit("tab", number + 1, "1.1", number, {"full": True, "remark": f"第{number}次"})
        save_answers(small["a-manager"], draft.enterprise_id, draft.assessment_no, [edit])
    user = small["a-manager"]
    first = audit_trail.of_enterprise(user, user.organisation_id, Wish(), "zh")
    rest = audit_trail.of_enterprise(user, user.organisation_id, Wish(skip=audit_trail.PAGE), "zh")
    assert len(first.lines) == audit_trail.PAGE
    assert first.more
    assert not rest.more
    numbers = [line.number for line in (*first.lines, *rest.lines)]
    assert numbers == list(range(first.total, 0, -1))
    exported = audit_trail.export_enterprise(user, user.organisation_id, Wish(), "zh")
    assert [line.number for line in exported] == numbers


def test_an_authority_reads_the_log_of_its_enterprises_and_of_no_others(
    installation: Installation,
) -> None:
    official = installation["official-district"]
    near, far = installation.enterprise("a"), installation.enterprise("far")
    assert audit_trail.of_enterprise(official, near, Wish(), "zh").total
    assert audit_trail.first_broken(official, near) is None
    for read in (
        lambda: audit_trail.of_enterprise(official, far, Wish(), "zh"),
        lambda: audit_trail.first_broken(official, far),
        lambda: audit_trail.name_of(official, "no-such-enterprise"),
    ):
        with pytest.raises(NotAllowedError):
            read()


def test_the_log_tells_nobody_what_is_not_submitted_yet(installation: Installation) -> None:
    """Drafts and running reviews are shown to those alone who score them."""
    base = installation.submitted("a", answers={"1.4": lost("no_record")})
    running = installation.reviewed_by("reviewer-1", base)
    reviewer, enterprise = installation["reviewer-1"], installation.enterprise("a")
    place = (enterprise, running.assessment_no)
    installation.fill(reviewer, running, {"1.2": ItemAnswer(full=True, remark="机密")})
    save_answers(reviewer, *place, [Edit("tab", 1, "1.1", 1, {"full": True, "remark": "机密"})])
    draft = installation.started("a", YEAR - 1)
    remark = {"full": True, "remark": "草稿"}
    edit = Edit("tab", 1, "1.1", 0, remark)
    save_answers(installation["a-manager"], enterprise, draft.assessment_no, [edit])
    enterprises.save_performance(installation["a-manager"], YEAR - 1, {"deaths": 7}, 0)
    secret = {"before": "2011", "after": "2026", "set_aside": {"1.3": {"remark": "草稿"}}}
    installation.db.write(
        lambda tx: records.audit(
            tx, installation["a-manager"], enterprise, "self.move_edition", "2", secret
        )
    )
    for name, hidden in (
        ("a-manager", ("机密",)),
        ("a-principal", ("机密",)),
        ("official-district", ("机密", "草稿", "7")),
        ("inspector-district", ("机密", "草稿", "7")),
    ):
        user = installation[name]
        for lines in (
            audit_trail.of_enterprise(user, enterprise, Wish(), "zh").lines,
            audit_trail.export_enterprise(user, enterprise, Wish(), "zh"),
        ):
            details = "\n".join(line.detail for line in lines)
            assert all(word not in details for word in hidden if word != "7"), name
            if "7" in hidden:
                assert "填写安全生产绩效" not in {line.what for line in lines}
        for word in hidden:
            found = audit_trail.of_enterprise(user, enterprise, Wish("", word), "zh")
            assert word == "7" or found.total == 0, f"{name} finds {word}"
    official = installation["official-district"]
    whats = {x.what for x in audit_trail.of_enterprise(official, enterprise, Wish(), "zh").lines}
    assert "提交自评" in whats
    assert not whats & {"评分", "评审评分", "导入评分表", "建立账号"}


def test_the_administrator_reads_of_accounts_and_nothing_of_business(
    installation: Installation,
) -> None:
    installation.submitted("a", answers={"1.4": lost("no_record")})
    accounts.set_status(
        installation["a-principal"], installation["a-worker"].account_id, active=False
    )
    admin = installation["administrator"]
    lines = audit_trail.of_accounts(admin, Wish(), "zh").lines
    whats = {line.what for line in lines}
    assert "启用或停用账号" in whats, "what an enterprise does to its own people too"
    assert not whats & {"提交自评", "评分", "填写安全生产绩效", "生成不符合项", "录入企业"}
    for kind in ACCOUNT_KINDS:
        assert audit_trail.of_accounts(admin, Wish(kind), "zh").total <= len(lines)
    with pytest.raises(NotAllowedError):
        audit_trail.of_enterprise(admin, installation.enterprise("a"), Wish(), "zh")


def test_a_changed_entry_is_found_by_the_enterprise_itself(small: Installation) -> None:
    user = small["a-manager"]
    small.submitted("a")
    small.db.run("drop trigger audit_no_update")
    small.db.run(
        "update audit set body = '{}' where enterprise_id = :e and seq = 3", e=user.organisation_id
    )
    assert audit_trail.first_broken(user, user.organisation_id) == 3


# ------------------------------------------------------------------ attempts to sign in


def test_every_attempt_to_sign_in_is_kept_without_what_was_typed(
    installation: Installation,
) -> None:
    manager = installation["a-manager"]
    link = accounts.reset(installation["a-principal"], manager.account_id)
    invitations.accept(link, PASSWORD, HERE)
    for login, password in (
        (manager.login, "a wrong password"),
        ("my-password-by-mistake", "whatever it is"),
    ):
        with pytest.raises(PortalError, match="sign_in_failed"):
            signing_in.sign_in(login, password, HERE)
    signing_in.sign_in(manager.login, PASSWORD, HERE)
    assert attempts(installation) == [
        ("a-manager先生", "登录成功", "地址192.0.2.1 · 一次性链接"),
        ("a-manager先生", "登录失败", "地址192.0.2.1"),
        ("未知账号", "登录失败", "地址192.0.2.1"),
        ("a-manager先生", "登录成功", "地址192.0.2.1 · 密码"),
    ]
    stored = str(installation.db.rows("select * from audit"))
    for typed in ("a wrong password", "my-password-by-mistake", "whatever it is", PASSWORD):
        assert typed not in stored
    assert broken_links(installation.db, SIGN_IN) == []
    mine = audit_trail.attempts(manager, "zh")
    assert [line.what for line in mine] == ["登录成功", "登录失败", "登录成功"]
    assert audit_trail.attempts(installation["b-manager"], "zh") == ()


def test_names_come_from_the_account_so_that_a_person_can_be_forgotten(
    installation: Installation,
) -> None:
    installation.submitted("a")
    admin, manager = installation["administrator"], installation["a-manager"]
    accounts.anonymise(admin, manager.account_id)
    principal = installation["a-principal"]
    page = audit_trail.of_enterprise(principal, principal.organisation_id, Wish(), "zh")
    assert {line.who for line in page.lines if line.what == "提交自评"} == {"已注销人员"}
    gone = next(line for line in page.lines if line.what == "注销并匿名化")
    assert (gone.who, gone.subject) == ("管理员", "已注销人员")
    assert audit_trail.first_broken(principal, principal.organisation_id) is None


def test_every_action_that_is_logged_has_words(installation: Installation) -> None:
    installation.submitted("a", answers={"1.4": lost("no_record")})
    profile = enterprises.view(installation["a-manager"], installation.enterprise(), "zh")
    enterprises.save_profile(installation["a-manager"], profile.profile, profile.version)
    accounts.invite(
        installation["administrator"],
        login="newcomer",
        name="新人",
        role=Role.WORKER,
        organisation_id=installation.enterprise(),
    )
    for lang in ("zh", "en"):
        stored = {row["action"] for row in installation.db.rows("select action from audit")}
        assert {f"action.{action}" for action in stored} <= set(catalogue(lang))


def test_what_leaves_the_house_names_no_more_than_is_needed(installation: Installation) -> None:
    user = installation["a-manager"]
    enterprise = user.organisation_id
    profile = enterprises.view(user, enterprise, "zh")
    other = replace(profile.profile, contact="安全科 010-12345678")
    enterprises.save_profile(user, other, profile.version)

    def said(lines: Sequence[audit_trail.LogLine]) -> str:
        return "\n".join(f"{line.who} {line.detail}" for line in lines)

    official, admin = installation["official-district"], installation["administrator"]
    own = audit_trail.export_enterprise(user, enterprise, Wish(), "zh")
    shown = audit_trail.of_enterprise(official, enterprise, Wish(), "zh").lines
    taken = audit_trail.export_enterprise(official, enterprise, Wish(), "zh")
    assert "010-12345678" in said(own)
    assert "010-12345678" not in said(shown)
    assert "010******78" in said(shown)
    assert "a-manager先生" in said(shown)
    assert "a-manager先生" not in said(taken)
    with pytest.raises(PortalError):
        signing_in.sign_in("admin", "a wrong password", HERE)
    page = audit_trail.of_accounts(admin, Wish("sign_in"), "zh").lines
    export = audit_trail.export_accounts(admin, Wish("sign_in"), "zh")
    assert "192.0.2.1" in said(page)
    assert "192.0.2.1" not in said(export)
    assert "192.0.2.*" in said(export)
