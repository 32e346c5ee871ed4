"""Device sign-in: the endpoint that gives out codes, and the page where a person enters one.

A code that somebody else sent is how people are tricked into signing an attacker in: the page says which app asks and
has it confirmed, and wrong codes are counted for each client address.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import JSONResponse, Response

from vedette.tenant.identity import sessions
from vedette.tenant.identity.authority import resolve_authority
from vedette.tenant.identity.client_authentication import find_application
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.flows import proceed, start
from vedette.tenant.identity.issued import (
    DEVICE_CODE_LIFE,
    DEVICE_INTERVAL_S,
    DeviceCode,
    Wanted,
    hashed,
    new_secret,
)
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.rendering import page
from vedette.tenant.identity.request import missing, read_form
from vedette.tenant.identity.scopes import read

DEVICE_PATH = "/common/oauth2/deviceauth"
_FORM = "device"
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "en": "To sign in, use a web browser to open the page {address} and enter the code {code} to authenticate.",
        "de": "Öffnen Sie zur Anmeldung in einem Browser die Seite {address} und geben Sie dort den Code {code} ein.",
        "es": "Para iniciar sesión, abra la página {address} en un navegador y escriba el código {code}.",
        "fr": "Pour vous connecter, ouvrez la page {address} dans un navigateur et entrez le code {code}.",
        "nb": "Åpne siden {address} i en nettleser og skriv inn koden {code} for å logge på.",
        "nl": "Open de pagina {address} in een browser en voer de code {code} in om u aan te melden.",
        "sv": "Öppna sidan {address} i en webbläsare och ange koden {code} för att logga in.",
    }
)
"""What the device shows, by the language of `mkt`. The pages themselves are in English."""
# Without vowels, so that no code spells a word, and without letters and digits that look alike.
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ2346789"
_CODE_LENGTH = 9


async def device_code(exchange: Exchange) -> Response:
    """A code for a device. Raises: Refused (the missing parameter, the rows of the client, 7000218, those of scope)."""
    form = await read_form(exchange.request)
    _ = exchange.authority
    client_id = form.filled("client_id")
    if client_id is None:
        raise missing(exchange.version, "client_id")
    application = find_application(exchange, client_id)
    if application.is_fallback_public_client is not True and not application.public_redirect_uris:
        raise Refused(7000218)
    wanted = Wanted(
        version=exchange.version,
        scope=form.get("scope", ""),
        resource=form.filled("resource"),
        claims=form.filled("claims"),
    )
    read(wanted)
    secret, user_code = new_secret("D"), _new_user_code()
    exchange.ledger.device_codes.put(
        DeviceCode(
            id=hashed(secret),
            expires=exchange.now + DEVICE_CODE_LIFE,
            user_code=user_code,
            app_id=application.app_id,
            tenant_name=exchange.tenant_name,
            wanted=wanted,
        )
    )
    address = f"{exchange.origin}{DEVICE_PATH}"
    language = exchange.request.query_params.get("mkt", "").partition("-")[0].lower()
    message = _MESSAGES.get(language, _MESSAGES["en"]).format(address=address, code=user_code)
    seconds = int(DEVICE_CODE_LIFE.total_seconds())
    members: dict[str, object] = {"user_code": user_code, "device_code": secret}
    if exchange.is_v1:
        members |= {"verification_url": address, "expires_in": str(seconds), "interval": str(DEVICE_INTERVAL_S)}
    else:
        members |= {"verification_uri": address, "expires_in": seconds, "interval": DEVICE_INTERVAL_S}
    return JSONResponse(members | {"message": message})


async def device_page(exchange: Exchange) -> Response:
    """Take the code, then sign the person in."""
    if exchange.request.method != "POST":
        return _code_page(exchange)
    form = await read_form(exchange.request)
    if not sessions.is_own_form(exchange, _FORM, form.get("token", "")):
        return page("lost", status=403, text="This form was not shown in this browser.")
    tries = exchange.tries
    if tries.is_too_many(exchange.address, exchange.now):
        return _code_page(exchange, "Too many wrong codes. Wait ten minutes, then try again.", status=429)
    typed = form.get("user_code", "").strip().upper().replace("-", "").replace(" ", "")
    code = exchange.ledger.device_codes.first(user_code=typed) if typed else None
    if code is not None and code.state == "pending" and exchange.now >= code.expires:
        return _code_page(exchange, Refused(70019).text, status=400)
    if code is None or code.state != "pending":
        tries.count(exchange.address, exchange.now)
        return _code_page(exchange, "That code is wrong. Check it on your device.", status=400)
    turn = start(exchange, "device", app_id=code.app_id, tenant_name=code.tenant_name, device_code_id=code.id)
    authority = resolve_authority(exchange.state.directory, code.tenant_name)
    accounts = sessions.accounts(exchange, authority)
    if accounts:
        return turn.seal(turn.page("accounts", accounts=[account.user for account in accounts]))
    return turn.seal(proceed(turn))


def _code_page(exchange: Exchange, notice: str = "", *, status: int = 200) -> Response:
    browser = sessions.browser_secret(exchange) or new_secret()
    token = sessions.form_token(exchange, browser, _FORM)
    response = page("device", status=status, action=DEVICE_PATH, token=token, notice=notice)
    sessions.set_browser(exchange, response, browser)
    return response


def _new_user_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
