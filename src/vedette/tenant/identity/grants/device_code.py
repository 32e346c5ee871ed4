"""Device code: a program without a browser polls until the user has signed in somewhere else.

Clients differ in how they spell it: the grant's short name and its URN, the code as `code` and as `device_code`, the
v1 and the v2 endpoint. Polls repeat no scope: what the tokens are for was said when the code was asked for.
"""

from __future__ import annotations

import msgspec

from vedette.tenant.identity.client_authentication import authenticate_public, identify
from vedette.tenant.identity.delegation import delegate
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import DEVICE_INTERVAL_S, DeviceCode, hashed
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.request import TokenRequest
from vedette.tenant.identity.tokens import delegated_answer


async def redeem(exchange: Exchange, asked: TokenRequest) -> dict[str, object]:
    """Tokens once the user has approved.

    Raises: Refused (70016, slow_down while waiting, 70018, 70020, authorization_declined, 54005, `delegate`'s).
    """
    secret = asked.require("device_code")
    application = identify(exchange, asked)
    client = authenticate_public(exchange, asked, application)
    code = exchange.ledger.device_codes.get(hashed(secret))
    if code is None:
        raise Refused(70018 if exchange.ledger.spent.get(hashed(secret)) is None else 54005)
    if code.app_id.lower() != application.app_id.lower():
        raise Refused(70018)
    if exchange.now >= code.expires:
        raise Refused(70020)
    if code.state == "declined":
        raise Refused("authorization_declined")
    if code.state == "pending" or code.sign_in is None:
        raise _not_yet(exchange, code)
    if exchange.ledger.device_codes.pop(code.id) is None:
        raise Refused(54005)
    exchange.ledger.spend(code.id, code.sign_in.id, code.expires)
    user = exchange.state.directory.users.get(code.sign_in.user_id)
    if user is None or not user.is_enabled:
        raise Refused(50057)
    delegation = delegate(exchange, client, user, code.sign_in, code.wanted, kind="public")
    return delegated_answer(exchange, delegation, wants_client_info=asked.wants_client_info)


def _not_yet(exchange: Exchange, code: DeviceCode) -> Refused:
    """Keep polling; more slowly, where the server is told to mind and this poll came before its time."""
    if not exchange.state.options.slow_down:
        return Refused(70016)
    exchange.ledger.device_codes.put(msgspec.structs.replace(code, polled=exchange.now))
    is_early = code.polled is not None and (exchange.now - code.polled).total_seconds() < DEVICE_INTERVAL_S
    return Refused("slow_down" if is_early else 70016)
