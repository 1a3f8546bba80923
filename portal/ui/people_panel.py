"""Lists and forms of people: for the administrator, and for an enterprise's own people."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

import streamlit as st

from portal.config import settings
from portal.domain.people import BODY_OF, Role, User
from portal.i18n import t
from portal.services import accounts, identities, invitations, setup
from portal.services.accounts import AccountLine
from portal.ui import fields, flash, guard, single_sign_on, style
from portal.ui.tables import table

LINK = "people.link"
COLUMNS = ("login", "name", "role", "organisation", "status", "factor", "seen")


def search(lines: Sequence[AccountLine]) -> list[AccountLine]:
    """A field to search in; returns the accounts that fit."""
    wanted = st.text_input(t("people.search"), key="people.search", icon=":material/search:")
    words = wanted.strip().casefold()
    return [
        line
        for line in lines
        if words in f"{line.login} {line.name} {line.organisation}".casefold()
    ]


def draw_list(found: Sequence[AccountLine]) -> None:
    """The accounts as a table."""
    if not found:
        st.info(t("people.empty"), icon=":material/info:")
        return
    table(
        [t(f"column.{name}") for name in COLUMNS],
        [
            (
                line.login,
                line.name,
                t(f"role.{line.role}"),
                line.organisation,
                t(f"people.status.{line.status}"),
                t("people.yes" if line.second_factor else "people.no"),
                line.seen or t("people.never"),
            )
            for line in found
        ],
        key="people.list",
    )


def draw_form(
    roles: Sequence[Role], bodies: Mapping[Role, Mapping[str, str]], invite: Callable[[], None]
) -> None:
    """Sign-in name, name, role and a body of the kind that fits the role.

    Args:
        roles: that may be given.
        bodies: for each role the bodies to choose from: id and name.
        invite: called by the button.
    """
    left, right = st.columns(2)
    left.text_input(t("field.login"), key=fields.key("account", "login"), help=t("help.login"))
    left.text_input(t("field.person"), key=fields.key("account", "name"))
    role = right.selectbox(
        t("field.role"),
        roles,
        format_func=lambda r: t(f"role.{r}"),
        key=fields.key("account", "role"),
    )
    names = bodies[role]
    right.selectbox(
        t("field.organisation"),
        list(names),
        format_func=names.__getitem__,
        key=fields.key("account", f"organisation.{BODY_OF[role]}"),
        placeholder=t("common.unknown"),
    )
    if not names:
        st.caption(t("people.no_body"))
    st.button(
        t("people.invite"),
        type="primary",
        key="account.create",
        on_click=invite,
        disabled=not names,
    )
    flash.show("account")
    _draw_link("account")


def invite() -> None:
    """Enter the account that stands in the form."""
    with flash.outcome(place="account"):
        login = fields.value("account", "login", "").strip()
        role = Role(fields.value("account", "role"))
        token = accounts.invite(
            guard.acting_user(),
            login=login,
            name=fields.value("account", "name", ""),
            role=role,
            organisation_id=fields.value("account", f"organisation.{BODY_OF[role]}") or "",
        )
        keep_link("account", token)
        days = invitations.LASTS.days
        flash.note(t("people.invited", login=login, days=days), "account")
        fields.clear("account")


def keep_link(place: str, token: str) -> None:
    """Show a link on the next drawing, at the form that made it."""
    st.session_state[f"{LINK}.{place}"] = token


def _draw_link(place: str) -> None:
    """The link that was just made, once, with a button to copy it."""
    token = st.session_state.pop(f"{LINK}.{place}", None)
    if token:
        here = urlsplit(st.context.url or "")
        base = settings().address or f"{here.scheme}://{here.netloc}"
        st.caption(t("people.link"))
        st.code(f"{base}/welcome/{token}", language=None, wrap_lines=True)


def draw_manage(
    user: User, lines: Sequence[AccountLine], bodies: Callable[[Role], Mapping[str, str]]
) -> None:
    """Choose one account and change it."""
    by_id: dict[str, list[AccountLine]] = {}
    for line in lines:
        by_id.setdefault(line.account_id, []).append(line)
    with st.container(border=True, key="people.manage"):
        chosen = st.selectbox(
            t("people.choose"),
            list(by_id),
            index=None,
            key="people.chosen",
            format_func=lambda a: f"{by_id[a][0].login} · {by_id[a][0].name}",
            placeholder=t("common.unknown"),
        )
        flash.show("manage")
        _draw_link("manage")
        if chosen:
            _draw_changes(user, by_id[chosen], bodies)


def _draw_changes(
    user: User, held: Sequence[AccountLine], bodies: Callable[[Role], Mapping[str, str]]
) -> None:
    account, name = held[0].account_id, held[0].name
    enabled = held[0].status != "disabled"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            t("people.disable" if enabled else "people.enable"),
            key="people.status",
            on_click=_set_status,
            args=(account, not enabled),
        )
        st.button(
            t("people.reset"),
            key="people.reset",
            on_click=_reset,
            args=(account,),
            disabled=not enabled,
        )
        st.checkbox(t("people.reset_factor"), key=fields.key("manage", "factor"))
    roles = accounts.roles_to_give(user)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        role = st.selectbox(
            t("field.role"),
            roles,
            format_func=lambda r: t(f"role.{r}"),
            key=fields.key("manage", "role"),
        )
        names = bodies(role)
        body = st.selectbox(
            t("field.organisation"),
            list(names),
            format_func=names.__getitem__,
            key=fields.key("manage", f"organisation.{BODY_OF[role]}"),
        )
        has = any((line.role, line.organisation_id) == (role, body) for line in held)
        st.button(
            t("people.take_role" if has else "people.give_role"),
            key="people.role",
            on_click=_change_role,
            args=(account, role, body, has),
            disabled=body is None,
        )
    if user.role is Role.ADMINISTRATOR and single_sign_on.configured():
        _draw_identities(user, account)
    with st.expander(t("people.anonymise"), icon=":material/person_off:"):
        st.markdown(t("people.anonymise_text"))
        sure = st.checkbox(
            t("people.anonymise_sure", name=style.escape(name)), key=f"people.sure.{account}"
        )
        st.button(
            t("people.anonymise"),
            key="people.anonymise",
            on_click=_anonymise,
            args=(account,),
            disabled=not sure,
        )


def _draw_identities(user: User, account_id: str) -> None:
    """By which identities of the sign-in service a person gets in."""
    form = f"identity.{account_id}"
    with st.expander(t("people.identity"), icon=":material/badge:", key="people.identity"):
        st.caption(t("people.identity_text"))
        for number, known in enumerate(identities.linked(user, account_id)):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{known.issuer} · {known.subject} · {known.since}")
                st.button(
                    t("people.identity_unlink"),
                    key=f"people.unlink.{number}",
                    on_click=_unlink,
                    args=(account_id, known.issuer, known.subject),
                )
        st.text_input(
            t("field.issuer"),
            value=single_sign_on.default_issuer(),
            key=fields.key(form, "issuer"),
        )
        st.text_input(t("field.subject"), key=fields.key(form, "subject"))
        st.button(
            t("people.identity_link"),
            key="people.identity.link",
            on_click=_link,
            args=(account_id,),
        )


def _link(account_id: str) -> None:
    form = f"identity.{account_id}"
    with flash.outcome(t("people.identity_linked"), "manage"):
        identities.link(
            guard.acting_user(),
            account_id,
            fields.value(form, "issuer", ""),
            fields.value(form, "subject", ""),
        )
        fields.clear(form)


def _unlink(account_id: str, issuer: str, subject: str) -> None:
    with flash.outcome(t("people.identity_unlinked"), "manage"):
        identities.unlink(guard.acting_user(), account_id, issuer, subject)


def _set_status(account_id: str, active: bool) -> None:
    with flash.outcome(t("people.status_changed"), "manage"):
        accounts.set_status(guard.acting_user(), account_id, active=active)


def _reset(account_id: str) -> None:
    with flash.outcome(place="manage"):
        factor = bool(fields.value("manage", "factor", default=False))
        keep_link("manage", accounts.reset(guard.acting_user(), account_id, factor=factor))
        flash.note(t("people.link_made", days=invitations.LASTS.days), "manage")


def _change_role(account_id: str, role: Role, body: str, has: bool) -> None:
    change = accounts.take_role if has else accounts.give_role
    with flash.outcome(t("people.role_changed"), "manage"):
        change(guard.acting_user(), account_id, role, body)


def _anonymise(account_id: str) -> None:
    with flash.outcome(t("people.anonymised"), "manage"):
        accounts.anonymise(guard.acting_user(), account_id)


def bodies_of(role: Role, enterprises: Mapping[str, str]) -> Mapping[str, str]:
    """Bodies whose people a role is for, for the administrator."""
    kind = BODY_OF[role]
    return enterprises if kind == "enterprise" else dict(setup.organisations(kind))
