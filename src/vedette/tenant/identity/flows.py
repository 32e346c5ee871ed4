"""A sign-in in a browser, page by page: who, password, second factor, confirmation, consent.

A flow is kept in the database between pages and belongs to one browser. `proceed` looks at what is still missing and
shows the page that asks for it, or completes the sign-in; each step takes the answer of one page.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import msgspec
from starlette.responses import Response

from vedette.tenant.directory import Application, Tenant, User
from vedette.tenant.identity import consent, sessions
from vedette.tenant.identity.accounts import (
    check_password,
    check_second_factor,
    check_usable,
    must_register_factor,
    needs_second_factor,
    new_factor_secret,
    register_factor,
)
from vedette.tenant.identity.apis import find_api
from vedette.tenant.identity.authority import PERSONAL_TENANT, resolve_authority
from vedette.tenant.identity.client_authentication import find_application, principal_in
from vedette.tenant.identity.delegation import check_assigned, check_conditions, tenant_of
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.finishing import complete, decline
from vedette.tenant.identity.issued import FLOW_LIFE, Flow, Purpose, SignIn, Wanted, hashed, new_secret, new_sign_in
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.redirects import form_target
from vedette.tenant.identity.rendering import page, render
from vedette.tenant.identity.request import Form, read_form
from vedette.tenant.identity.scopes import DEFAULT, check_values, read

Need = Literal["user_name", "password", "enrolment", "second_factor", "challenge", "confirm", "approval", "consent"]

SECOND_FACTOR_TRIES = 5
STEP_PATH = "/common/sign-in"
_OIDC_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "openid": "Sign you in.",
        "profile": "Read your basic profile.",
        "email": "Read your mail address.",
        "offline_access": "Keep the access that you give it while you are away.",
    }
)
_WRONG = "The user name or the password is wrong."
_NOTICES: Mapping[int, str] = MappingProxyType(
    {
        50126: _WRONG,
        50034: _WRONG,
        50020: _WRONG,
        50056: _WRONG,
        50053: "The account is locked after too many tries. Wait a minute, then try again.",
        50057: "The account is disabled. Ask an administrator to enable it.",
        50055: "The password has expired. Ask an administrator to set a new one.",
    }
)


class Turn:
    """One step of a flow: the exchange, the flow as it stands, and cookies that go out with the answer."""

    def __init__(self, exchange: Exchange, flow: Flow, browser: str) -> None:
        # From here on the request counts as one that came in at the door where the flow began.
        trace = dataclasses.replace(exchange.trace, correlation_id=flow.correlation_id)
        self.exchange = dataclasses.replace(exchange, tenant_name=flow.tenant_name, version=flow.version, trace=trace)
        self.flow = flow
        self.browser = browser
        self.new_sign_in: SignIn | None = None

    def change(self, **members: object) -> None:
        """Go on with these members of the flow changed."""
        self.flow = msgspec.structs.replace(self.flow, **members)
        self.exchange.ledger.flows.put(self.flow)

    def page(self, name: str, **values: object) -> Response:
        """A page of this flow."""
        request = self.flow.request
        own = {
            "flow": self.flow.id,
            "token": sessions.form_token(self.exchange, self.browser, self.flow.id),
            "action": STEP_PATH,
            "app_name": self.application().display_name,
        }
        return render(name, values | own, leads_to=form_target(request.redirect_uri) if request else "")

    def application(self) -> Application:
        """The app that is being signed in to. Raises: Refused as `find_application`."""
        return find_application(self.exchange, self.flow.app_id)

    @property
    def prompts(self) -> set[str]:
        """Words of `prompt`."""
        return set(self.flow.request.prompt.split()) if self.flow.request else set()

    def seal(self, response: Response) -> Response:
        """Add the cookies."""
        sessions.set_browser(self.exchange, response, self.browser)
        if self.new_sign_in is not None:
            sessions.remember(self.exchange, response, self.new_sign_in)
        return response


def start(
    exchange: Exchange,
    purpose: Purpose,
    *,
    app_id: str,
    tenant_name: str,
    **members: object,
) -> Turn:
    """Begin a flow in this browser."""
    browser = sessions.browser_secret(exchange) or new_secret()
    flow = Flow(
        id=new_secret(),
        expires=exchange.now + FLOW_LIFE,
        browser=hashed(browser),
        purpose=purpose,
        tenant_name=tenant_name,
        version=exchange.version,
        correlation_id=exchange.trace.correlation_id,
        app_id=app_id,
    )
    turn = Turn(exchange, flow, browser)
    turn.change(**members)
    return turn


async def step(exchange: Exchange) -> Response:
    """Take the answer of one page. A form that was not shown in this browser is refused."""
    form = await read_form(exchange.request)
    flow_id = form.get("flow", "")
    flow = exchange.ledger.flows.get(flow_id)
    browser = sessions.browser_secret(exchange)
    is_own = flow is not None and browser is not None and hashed(browser) == flow.browser
    if (
        flow is None
        or browser is None
        or not is_own
        or not sessions.is_own_form(exchange, flow_id, form.get("token", ""))
    ):
        return _lost("This form does not belong to a sign-in that began in this browser.", 403)
    if exchange.now >= flow.expires:
        return _lost("This sign-in took too long.", 400)
    turn = Turn(exchange, flow, browser)
    action = _STEPS.get(exchange.request.path_params["step"].lower())
    if action is None:
        return _lost("There is no such page.", 404)
    try:
        return turn.seal(await action(turn, form))
    except Refused as refused:
        return turn.seal(decline(turn.exchange, turn.flow, refused))


@dataclasses.dataclass(frozen=True, slots=True)
class Survey:
    """How far a flow has come."""

    need: Need | None
    """What has to be asked next; None: nothing."""
    user: User | None = None
    requests: Sequence[consent.Request] = ()
    """What has to be agreed to."""


def survey(turn: Turn) -> Survey:
    """What is missing. Raises: Refused where the sign-in cannot go on."""
    flow, state = turn.flow, turn.exchange.state
    if flow.sign_in is None or flow.user_id is None:
        return Survey("password" if flow.user_name else "user_name")
    user = state.directory.users.get(flow.user_id)
    if user is None:
        raise Refused(50034, tenant=flow.tenant_name)
    check_usable(state, user)
    if must_register_factor(state, user):
        return Survey("enrolment", user)
    if needs_second_factor(state, user) and "mfa" not in flow.sign_in.amr:
        return Survey("second_factor", user)
    if user.has_external_challenge and not flow.sign_in.met_challenge:
        return Survey("challenge", user)
    tenant, application = tenant_of(turn.exchange, flow.sign_in), turn.application()
    _check_account_type(application, user)
    check_conditions(turn.exchange, application, tenant, user, flow.sign_in, resource=application.display_name)
    check_assigned(turn.exchange, application, principal_in(turn.exchange, tenant, application), user)
    if flow.purpose == "device" and not flow.is_confirmed:
        return Survey("confirm", user)
    requests = missing_consent(turn, tenant, application, user)
    if not requests:
        return Survey(None, user)
    if _needs_admin(turn, tenant, requests) and not _may_grant_all(user, requests):
        return Survey("approval", user, requests)
    return Survey("consent", user, requests)


def proceed(turn: Turn, notice: str = "") -> Response:
    """Show the page that asks for what is missing, or complete. Raises: Refused where it cannot go on."""
    flow, now = turn.flow, survey(turn)
    name = now.user.upn if now.user else flow.user_name
    match now.need:
        case "user_name":
            hint = flow.request.login_hint if flow.request else ""
            return turn.page("user_name", notice=notice, hint=hint, example=_example(turn))
        case "consent":
            return _consent_page(turn, name, now)
        case "enrolment":
            secret = flow.factor_secret or new_factor_secret()
            turn.change(factor_secret=secret)
            shown = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
            return turn.page("enrolment", notice=notice, user_name=name, secret=shown)
        case str():
            return turn.page(now.need, notice=notice, user_name=name)
    if now.user is None or flow.sign_in is None:
        raise Refused("interaction_required")
    return complete(turn.exchange, flow, now.user, flow.sign_in)


def _example(turn: Turn) -> str:
    """A user name as they look here."""
    state = turn.exchange.state
    tenant = turn.exchange.authority.tenant or state.directory.tenants.get(state.default_tenant_id)
    return f"alice@{tenant.domain}" if tenant else "alice@halden.example"


def missing_consent(turn: Turn, tenant: Tenant, application: Application, user: User) -> Sequence[consent.Request]:
    """What still has to be agreed to. Raises: Refused (the rows of scope and resource, 650057, 65001)."""
    flow, state = turn.flow, turn.exchange.state
    if flow.consented:
        return []
    if flow.purpose == "admin_consent" or "admin_consent" in turn.prompts:
        return _admin_requests(turn, tenant, application)
    question = read(wanted(turn))
    principal = principal_in(turn.exchange, tenant, application)
    is_missing = "consent" in turn.prompts
    for ask in question.asks:
        api = find_api(state.directory, tenant, ask.audience)
        check_values(ask, api)
        held = consent.granted(state.directory, principal, api, user)
        if question.version == 1 and not held:
            consent.check_registered(state.directory, tenant, application, ask, api)
        is_missing |= not consent.holds(ask, held)
    return consent.requested(state, tenant, application, question) if is_missing else []


def _admin_requests(turn: Turn, tenant: Tenant, application: Application) -> Sequence[consent.Request]:
    """What an administrator is asked to grant for everybody: what the scope names, or the whole registration.

    Raises: Refused (65001) where the registration asks for nothing.
    """
    asked = turn.flow.request.wanted if turn.flow.request else Wanted(version=2)
    everything = consent.registered_all(turn.exchange.state.directory, tenant, application)
    if turn.flow.version == 2 and asked.scope and not asked.scope.endswith(DEFAULT):
        everything = consent.requested(turn.exchange.state, tenant, application, read(asked))
    if not everything:
        raise Refused(65001, client_id=application.app_id, name=application.display_name)
    return everything


def wanted(turn: Turn) -> Wanted:
    """What the app asked for."""
    if turn.flow.request is not None:
        return turn.flow.request.wanted
    code = turn.exchange.ledger.device_codes.get(turn.flow.device_code_id or "")
    if code is None:
        raise Refused(70020)
    return code.wanted


def _is_for_everybody(turn: Turn) -> bool:
    """Whether only the consent of an administrator for the whole organisation will do."""
    return turn.flow.purpose == "admin_consent" or "admin_consent" in turn.prompts


def _needs_admin(turn: Turn, tenant: Tenant, requests: Sequence[consent.Request]) -> bool:
    if _is_for_everybody(turn) or not tenant.users_may_consent:
        return True
    return any(permission.needs_admin for each in requests for permission in each.scopes)


def _may_grant_all(user: User, requests: Sequence[consent.Request]) -> bool:
    """Whether this user may agree for everybody. Graph's app roles take a higher administrator than others do."""
    return user.may_consent_for_everybody(graph_roles=any(each.api.is_graph and each.roles for each in requests))


def _consent_page(turn: Turn, user_name: str, now: Survey) -> Response:
    directory, for_everybody = turn.exchange.state.directory, _is_for_everybody(turn)
    home = directory.tenants.get(turn.application().tenant_id)
    groups = []
    for each in now.requests:
        scopes = [(p.value, _OIDC_TEXTS.get(p.value) or p.user_description) for p in each.scopes]
        if for_everybody:
            scopes = [(p.value, p.admin_description) for p in each.scopes]
        roles = [(p.value, p.admin_description) for p in each.roles]
        groups.append((each.api.resource.name, scopes + roles))
    return turn.page(
        "consent",
        user_name=user_name,
        publisher=home.domain if home else "",
        groups=groups,
        may_grant_all=now.user is not None and _may_grant_all(now.user, now.requests) and not for_everybody,
        for_everybody=for_everybody,
    )


def _check_account_type(application: Application, user: User) -> None:
    """Whether the app takes accounts of this kind. Raises: Refused (50020)."""
    is_personal = user.tenant_id == PERSONAL_TENANT
    audience = application.sign_in_audience
    wrong = (is_personal and audience in ("AzureADMyOrg", "AzureADMultipleOrgs")) or (
        not is_personal and audience == "PersonalMicrosoftAccount"
    )
    if wrong:
        raise Refused(50020, provider=f"https://sts.windows.net/{user.tenant_id}/", tenant=application.tenant_id)


# One function per page that can be answered.


async def _user_name(turn: Turn, form: Form) -> Response:
    name = form.get("user_name", "").strip()
    if "@" not in name or len(name) > 256:
        example = _example(turn)
        return turn.page("user_name", notice=f"Enter a user name such as {example}.", hint=name, example=example)
    turn.change(user_name=name, user_id=None, sign_in=None)
    return proceed(turn)


async def _password(turn: Turn, form: Form) -> Response:
    if not turn.flow.user_name:
        return proceed(turn)
    authority = resolve_authority(turn.exchange.state.directory, turn.flow.tenant_name)
    try:
        user = await check_password(
            turn.exchange, authority, turn.flow.user_name, form.get("password", ""), hide_unknown=True
        )
    except Refused as refused:
        notice = _NOTICES.get(refused.number or 0)
        if notice is None:
            raise
        return proceed(turn, notice)
    sign_in = new_sign_in(user.id, user.tenant_id, ["pwd"], turn.exchange.now)
    turn.change(user_id=user.id, sign_in=sign_in)
    if not needs_second_factor(turn.exchange.state, user) and not must_register_factor(turn.exchange.state, user):
        turn.new_sign_in = sign_in
    return proceed(turn)


async def _second_factor(turn: Turn, form: Form) -> Response:
    flow = turn.flow
    user = turn.exchange.state.directory.users.get(flow.user_id or "")
    if flow.sign_in is None or user is None:
        return proceed(turn)
    try:
        is_right = check_second_factor(turn.exchange, user, form.get("code", ""))
    except Refused as refused:
        return proceed(turn, _NOTICES.get(refused.number or 0, refused.text))
    if not is_right:
        turn.change(failures=flow.failures + 1)
        if turn.flow.failures >= SECOND_FACTOR_TRIES:
            turn.change(user_name="", user_id=None, sign_in=None, failures=0)
            return proceed(turn, "Too many wrong codes. Sign in again.")
        return proceed(turn, "The code is wrong, or was used already. Wait for the next one.")
    return _go_on(turn, msgspec.structs.replace(flow.sign_in, amr=[*flow.sign_in.amr, "mfa"]))


async def _enrol(turn: Turn, form: Form) -> Response:
    flow = turn.flow
    user = turn.exchange.state.directory.users.get(flow.user_id or "")
    if flow.sign_in is None or user is None or not flow.factor_secret:
        return proceed(turn)
    if not must_register_factor(turn.exchange.state, user):
        return proceed(turn)
    if not register_factor(turn.exchange, user, flow.factor_secret, form.get("code", "")):
        return proceed(turn, "The code is wrong. Check the secret in your app, and wait for the next code.")
    turn.change(factor_secret=None)
    return _go_on(turn, msgspec.structs.replace(flow.sign_in, amr=[*flow.sign_in.amr, "mfa"]))


async def _challenge(turn: Turn, form: Form) -> Response:
    if turn.flow.sign_in is None or survey(turn).need != "challenge":
        return proceed(turn)
    return _go_on(turn, msgspec.structs.replace(turn.flow.sign_in, met_challenge=True))


def _go_on(turn: Turn, sign_in: SignIn) -> Response:
    """Proceed with a stronger sign-in, which the browser keeps."""
    turn.change(sign_in=sign_in)
    turn.new_sign_in = sign_in
    return proceed(turn)


async def _account(turn: Turn, form: Form) -> Response:
    chosen = form.get("user", "")
    for account in sessions.accounts(turn.exchange, turn.exchange.authority):
        if account.user.id == chosen:
            turn.change(user_name=account.user.upn, user_id=account.user.id, sign_in=account.sign_in)
            return proceed(turn)
    turn.change(user_name="", user_id=None, sign_in=None)
    return proceed(turn)


async def _confirm(turn: Turn, form: Form) -> Response:
    turn.change(is_confirmed=True)
    return proceed(turn)


async def _consent(turn: Turn, form: Form) -> Response:
    # What the page showed is worked out again: a form cannot ask for more than a page would.
    now = survey(turn)
    if now.need != "consent" or now.user is None or turn.flow.sign_in is None:
        return proceed(turn)
    tenant = tenant_of(turn.exchange, turn.flow.sign_in)
    is_ticked = form.get("for_everybody") == "yes" and _may_grant_all(now.user, now.requests)
    user = None if is_ticked or _is_for_everybody(turn) else now.user
    consent.grant(turn.exchange.state, tenant, turn.application(), now.requests, user=user)
    turn.change(consented=True)
    return proceed(turn)


async def _cancel(turn: Turn, form: Form) -> Response:
    reasons: Mapping[str, int | str] = {"consent": 65004, "approval": 90094, "challenge": 50158}
    raise Refused(reasons.get(form.get("page", ""), "access_denied"))


_STEPS: Mapping[str, Callable[[Turn, Form], Awaitable[Response]]] = MappingProxyType(
    {
        "user-name": _user_name,
        "password": _password,
        "second-factor": _second_factor,
        "enrolment": _enrol,
        "challenge": _challenge,
        "account": _account,
        "confirm": _confirm,
        "consent": _consent,
        "cancel": _cancel,
    }
)


def _lost(text: str, status: int) -> Response:
    return page("lost", status=status, text=text)
