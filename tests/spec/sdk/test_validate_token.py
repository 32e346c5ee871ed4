"""`validate_token` accepts a genuine token and refuses every attack, naming the check that failed, never the token."""


# ruff: noqa: E501  (the attack list has one attack a line)

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from vedette import KeySet, TokenInvalid, decode_token, validate_token
from vedette.auth.keys import read_keys

TENANT = "0f9c1f2e-6d3e-4a77-9d9a-5b0f6a3c2e11"
OTHER_TENANT = "1f9c1f2e-6d3e-4a77-9d9a-5b0f6a3c2e12"
AUDIENCE = "https://api.securitycenter.microsoft.com"
NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
AT = int(NOW.timestamp())

CLAIMS: dict[str, Any] = {
    "aud": AUDIENCE,
    "iss": f"https://sts.windows.net/{TENANT}/",
    "iat": AT - 300,
    "nbf": AT - 300,
    "exp": AT + 3300,
    "appid": "7d3f0b43-5f1c-4b0e-9f43-1f4f2f5f9c01",
    "app_displayname": "soc-cli",
    "oid": "2b0f6a3c-2e11-4a77-9d9a-0f9c1f2e6d3e",
    "upn": "alice@contoso.com",
    "scp": "Alert.Read Machine.Read",
    "tid": TENANT,
    "uti": "AbCdEfGhIjKlMnOpQrStUv",
    "ver": "1.0",
}


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def part(value: object) -> str:
    return encode(value if isinstance(value, bytes) else json.dumps(value).encode())


@cache
def rsa_key(name: str, bits: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(key: rsa.RSAPrivateKey, kid: str = "K1", **extra: object) -> dict[str, object]:
    numbers = key.public_key().public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": encode(modulus), "e": encode(exponent), **extra}


def jwks(*keys: dict[str, object]) -> dict[str, object]:
    return {"keys": list(keys or (jwk(rsa_key("service")),))}


def token(
    claims: object | None = None,
    *,
    header: dict[str, object] | None = None,
    key: rsa.RSAPrivateKey | None = None,
    sign: Callable[[bytes], bytes] | None = None,
    **changed: object,
) -> str:
    """A genuine token, but for what is changed. A claim changed to `...` is left out."""
    body = (
        {name: value for name, value in {**CLAIMS, **changed}.items() if value is not ...} if claims is None else claims
    )
    head = {"typ": "JWT", "alg": "RS256", "x5t": "K1", "kid": "K1", **(header or {})}
    signed = f"{part({name: value for name, value in head.items() if value is not ...})}.{part(body)}"
    rs256: Callable[[bytes], bytes] = lambda data: (key or rsa_key("service")).sign(  # noqa: E731
        data, padding.PKCS1v15(), hashes.SHA256()
    )
    return f"{signed}.{encode((sign or rs256)(signed.encode()))}"


def check(text: str, **options: Any) -> Any:
    return validate_token(text, **{"tenant_id": TENANT, "keys": jwks(), "now": NOW, **options})


def test_a_genuine_token_is_accepted_and_read() -> None:
    claims = check(token(), scopes="Alert.Read")

    assert (claims.kind, claims.scopes, claims.user_name, claims.app_name, claims.tenant_id) == (
        "delegated",
        {"Alert.Read", "Machine.Read"},
        "alice@contoso.com",
        "soc-cli",
        TENANT,
    )
    assert claims.expires_at == datetime(2026, 11, 22, 20, 55, tzinfo=UTC)


def test_an_app_token_is_accepted_by_its_roles() -> None:
    claims = check(token(scp=..., upn=..., roles=["Alert.Read.All"], idtyp="app"), roles=["Alert.Read.All"])

    assert (claims.kind, claims.roles) == ("application", {"Alert.Read.All"})


def test_a_version_2_token_is_accepted() -> None:
    issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"

    assert check(token(ver="2.0", iss=issuer, appid=..., azp="a", aud="g"), audience="g").app_id == "a"


def test_a_local_tenant_is_an_issuer_like_any_other() -> None:
    issuer = f"https://localhost:8443/{TENANT}/v2.0"
    text = token(ver="2.0", iss=issuer, appid=..., azp="a")

    assert check(text, authority="https://localhost:8443").issuer == issuer


def test_decoding_shows_the_claims_without_checking_them_and_without_the_token() -> None:
    text = token(exp=AT - 999_999)
    claims = decode_token(text)

    assert (claims.is_expired(NOW), claims.algorithm, claims.key_id) == (True, "RS256", "K1")
    assert claims.raw["uti"] == "AbCdEfGhIjKlMnOpQrStUv"
    assert text.split(".")[2] not in repr(claims)


# -- the attack list ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attack:
    name: str
    make: Callable[[], str]
    check: str
    options: Callable[[], dict[str, Any]] = dict


def public_pem() -> bytes:
    return (
        rsa_key("service")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def public_der() -> bytes:
    return (
        rsa_key("service")
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def by_hmac(secret: Callable[[], bytes], algorithm: str) -> Callable[[], str]:
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return lambda: token(header={"alg": algorithm}, sign=lambda data: hmac.new(secret(), data, digest).digest())


def unsigned(algorithm: object, signature: str = ".") -> Callable[[], str]:
    return lambda: f"{part({'typ': 'JWT', 'alg': algorithm, 'kid': 'K1'})}.{part(CLAIMS)}{signature}"


def attackers(**header: object) -> Callable[[], str]:
    return lambda: token(header=header, key=rsa_key("attacker"))


def with_body(text: str) -> Callable[[], str]:
    return lambda: token(text.encode())


def json_with(addition: str) -> Callable[[], str]:
    return with_body(json.dumps(CLAIMS)[:-1] + f", {addition}}}")


def changed(**claims: object) -> Callable[[], str]:
    return lambda: token(**claims)


def headed(**header: object) -> Callable[[], str]:
    return lambda: token(header=header)


def pss(data: bytes) -> bytes:
    return rsa_key("service").sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def rs512(data: bytes) -> bytes:
    return rsa_key("service").sign(data, padding.PKCS1v15(), hashes.SHA512())


def es256(data: bytes) -> bytes:
    return ec_key().sign(data, ec.ECDSA(hashes.SHA256()))


def swapped(algorithm: str, sign: Callable[[bytes], bytes]) -> Callable[[], str]:
    return lambda: token(header={"alg": algorithm}, sign=sign)


def need(**options: Any) -> Callable[[], dict[str, Any]]:
    return lambda: options


ATTACKS = (
    # no signature
    *(Attack(f"alg {name}", unsigned(name), "algorithm") for name in ("none", "None", "nOnE", "NONE")),
    Attack("alg missing", headed(alg=...), "algorithm"),
    Attack("alg a list", headed(alg=["RS256"]), "algorithm"),
    Attack("alg in lower case", headed(alg="rs256"), "algorithm"),
    Attack("empty signature", unsigned("RS256"), "signature"),
    Attack("third part missing", unsigned("RS256", ""), "format"),
    Attack("signature cut short", lambda: token()[:-22], "signature"),
    Attack("signature of another token", lambda: f"{token(scp='x').rpartition('.')[0]}.{token().rpartition('.')[2]}", "signature"),
    Attack("claims exchanged", lambda: ".".join([(t := token().split("."))[0], part({**CLAIMS, "scp": "x"}), t[2]]), "signature"),
    Attack("signature of zeros", lambda: token(sign=lambda data: bytes(256)), "signature"),
    Attack("signature of ones", lambda: token(sign=lambda data: b"\xff" * 256), "signature"),
    # public key as a shared secret
    Attack("HS256 with the PEM", by_hmac(public_pem, "HS256"), "algorithm"),
    Attack("HS256 with the DER", by_hmac(public_der, "HS256"), "algorithm"),
    Attack("HS256 with the JWK", by_hmac(lambda: json.dumps(jwk(rsa_key("service"))).encode(), "HS256"), "algorithm"),
    Attack("HS384 with the PEM", by_hmac(public_pem, "HS384"), "algorithm"),
    Attack("HS512 with the PEM", by_hmac(public_pem, "HS512"), "algorithm"),
    # other algorithms
    Attack("PS256", swapped("PS256", pss), "algorithm"),
    Attack("RS512", swapped("RS512", rs512), "algorithm"),
    Attack("ES256", swapped("ES256", es256), "algorithm"),
    Attack("PSS under the name RS256", swapped("RS256", pss), "signature"),
    # key ids
    *(
        Attack(f"kid {str(kid)[:24]!r}", headed(kid=kid), "key")
        for kid in (
            "../../dev/null", "/dev/null", "' OR 1=1 --", "https://evil.test/key", "K1\0", "", "k1", " K1", "x" * 9000,
            1, ["K1"], {"K1": 1}, None, True, ...,
        )
    ),
    Attack("kid of a megabyte", headed(kid="x" * 1_000_000), "format"),
    # keys of the attacker
    Attack("another key under our key id", attackers(), "signature"),
    Attack("jku", attackers(jku="https://evil.test/keys"), "signature"),
    Attack("x5u", attackers(x5u="https://evil.test/cert"), "signature"),
    Attack("jwk in the header", lambda: attackers(jwk=jwk(rsa_key("attacker")))(), "signature"),
    Attack("x5c in the header", attackers(x5c=["MIIB"]), "signature"),
    Attack("key bound to another issuer", token, "key", lambda: {"keys": jwks(
        jwk(rsa_key("service"), issuer=f"https://login.microsoftonline.com/{OTHER_TENANT}/v2.0"))}),
    # header
    Attack("crit", headed(crit=["exp"]), "format"),
    Attack("b64 false", headed(b64=False, crit=["b64"]), "format"),
    Attack("b64 false without crit", headed(b64=False), "format"),
    Attack("zip", headed(zip="DEF"), "format"),
    Attack("typ at+jwt", headed(typ="at+jwt"), "format"),
    Attack("typ a list", headed(typ=["JWT"]), "format"),
    Attack("encrypted, five parts", lambda: f"{token()}.AA.AA", "format"),
    # audience
    *(
        Attack(f"aud {aud!r}", changed(aud=aud), "audience")
        for aud in (
            "https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000", "https://api.security.microsoft.com",
            CLAIMS["appid"], f"{AUDIENCE}.evil", f"{AUDIENCE}//", f"x{AUDIENCE}", AUDIENCE.upper(), [AUDIENCE], None, 1,
            "", ...,
        )
    ),
    Attack("slash where none is listed", changed(aud=f"{AUDIENCE}/"), "audience", need(audience=AUDIENCE)),
    # issuer and tenant
    Attack("another tenant", changed(iss=f"https://sts.windows.net/{OTHER_TENANT}/", tid=OTHER_TENANT), "issuer"),
    Attack("iss of one tenant, tid of another", changed(tid=OTHER_TENANT), "tenant"),
    Attack("tid of ours, iss of another", changed(iss=f"https://sts.windows.net/{OTHER_TENANT}/"), "issuer"),
    Attack("placeholder", changed(iss="https://sts.windows.net/{tenantid}/"), "issuer"),
    Attack("iss without slash", changed(iss=f"https://sts.windows.net/{TENANT}"), "issuer"),
    Attack("iss a list", changed(iss=[CLAIMS["iss"]]), "issuer"),
    Attack("v2 issuer in a v1 token", changed(iss=f"https://login.microsoftonline.com/{TENANT}/v2.0"), "issuer"),
    Attack("v1 issuer in a v2 token", changed(ver="2.0", azp="a"), "issuer"),
    Attack("no version", changed(ver=...), "issuer"),
    Attack("version a number", changed(ver=1.0), "issuer"),
    Attack("no tid", changed(tid=...), "tenant"),
    # time
    Attack("expired", changed(exp=AT - 300), "time"),
    Attack("not yet", changed(nbf=AT + 301), "time"),
    Attack("issued in the future", changed(iat=AT + 301), "time"),
    Attack("issued after its end", changed(iat=AT + 200, nbf=AT, exp=AT + 100), "time"),
    *(Attack(f"exp {exp!r}", changed(exp=exp), "time") for exp in ("9999999999", None, True, -1, 1.5, [AT + 99], ..., 10**30)),
    Attack("nbf a text", changed(nbf="0"), "time"),
    Attack("exp 1e400", with_body(json.dumps(CLAIMS).replace(str(AT + 3300), "1e400")), "time"),
    # permissions
    Attack("scp a list", changed(scp=["Alert.Read"]), "permission", need(scopes="Alert.Read")),
    Attack("scp a longer word", changed(scp="xAlert.Read"), "permission", need(scopes="Alert.Read")),
    Attack("scp in lower case", changed(scp="alert.read"), "permission", need(scopes="Alert.Read")),
    Attack("scp Alert.ReadWrite", changed(scp="Alert.ReadWrite"), "permission", need(scopes="Alert.Read")),
    Attack("scp by tabs", changed(scp="x\tAlert.Read"), "permission", need(scopes="Alert.Read")),
    Attack("scp empty", changed(scp=""), "permission", need(scopes="Alert.Read")),
    Attack("role in scp", changed(scp="Alert.Read.All"), "permission", need(roles="Alert.Read.All")),
    Attack("role in scp, either kind", changed(scp="Alert.Read.All"), "permission", need(scopes="Alert.Read", roles="Alert.Read.All")),
    Attack("scope in roles", changed(scp=..., roles=["Alert.Read"]), "permission", need(scopes="Alert.Read")),
    Attack("user role beside scp", changed(scp="x", roles=["Alert.Read.All"]), "permission", need(scopes="Alert.Read", roles="Alert.Read.All")),
    Attack("roles a text", changed(scp=..., roles="Alert.Read.All"), "permission", need(roles="Alert.Read.All")),
    Attack("roles of numbers", changed(scp=..., roles=[1]), "permission"),
    Attack("app without roles", changed(scp=...), "permission", need(roles="Alert.Read.All")),
    Attack("idtyp app with scp", changed(idtyp="app"), "permission"),
    Attack("idtyp user without scp", changed(idtyp="user", scp=..., roles=["Alert.Read.All"]), "permission"),
    Attack("idtyp a list", changed(idtyp=["app"]), "permission"),
    Attack("no appid", changed(appid=...), "permission"),
    Attack("no oid", changed(oid=...), "permission"),
    # something else in its place
    Attack("an ID token", changed(aud=CLAIMS["appid"], scp=..., nonce="n"), "audience"),
    Attack("a refresh token", lambda: "0.AXEAbc.AgABAAEAAAD", "format"),
    Attack("a client assertion", lambda: token({"aud": "https://login.microsoftonline.com/x", "iss": "a", "sub": "a"}, key=rsa_key("attacker")), "signature"),
    # JSON and encoding
    Attack("aud twice", json_with(f'"aud": "{AUDIENCE}"'), "format"),
    Attack("scp twice, escaped", json_with('"\\u0073cp": "Alert.ReadWrite"'), "format"),
    Attack("twice further inside", json_with('"x": {"y": 1, "y": 2}'), "format"),
    Attack("nested too deep", json_with('"x": ' + "[" * 2000 + "]" * 2000), "format"),
    Attack("huge integer", json_with('"x": ' + "9" * 5000), "format"),
    Attack("NaN", json_with('"x": NaN'), "format"),
    Attack("claims a list", with_body("[]"), "format"),
    Attack("claims not UTF-8", lambda: token(b'{"aud": "\xff"}'), "format"),
    Attack("claims with BOM", lambda: token("\ufeff{}".encode()), "format"),
    Attack("claims empty", lambda: token(b""), "format"),
    Attack("padding", lambda: token() + "==", "format"),
    Attack("blank", lambda: token() + " ", "format"),
    Attack("line end", lambda: token() + "\n", "format"),
    Attack("plus and slash", lambda: token().replace("-", "+").replace("_", "/") + "+/", "format"),
    Attack("unused bits set", lambda: _other_spelling(token()), "format"),
    Attack("not ASCII", lambda: "é" + token(), "format"),
    Attack("too large", lambda: token(x="y" * 20_000), "format"),
    Attack("empty", lambda: "", "format"),
    Attack("dots", lambda: "..", "format"),
    Attack("Bearer before it", lambda: f"Bearer {token()}", "format"),
)  # fmt: skip


def _other_spelling(text: str) -> str:
    """The same bytes under another spelling: 256 bytes leave four unused bits in the last character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack(attack: Attack) -> None:
    text = attack.make()

    with pytest.raises(TokenInvalid) as refused:
        check(text, **attack.options())

    assert refused.value.check == attack.check
    assert len(text) < 8 or text not in f"{refused.value}{refused.value!r}"


@pytest.mark.parametrize(("before", "is_accepted"), [(299, True), (300, False)])
def test_clocks_may_be_five_minutes_apart(before: int, is_accepted: bool) -> None:
    text = token(exp=AT - before, iat=AT - 4000, nbf=AT - 4000)

    if is_accepted:
        assert check(text).tenant_id == TENANT
    else:
        with pytest.raises(TokenInvalid, match="expired"):
            check(text)


@pytest.mark.parametrize("leeway_s", [-1, 301, float("nan")])
def test_more_leeway_is_not_to_be_had(leeway_s: float) -> None:
    with pytest.raises(ValueError, match="leeway_s"):
        check(token(), leeway_s=leeway_s)


def test_a_tenant_is_named_by_its_guid() -> None:
    with pytest.raises(ValueError, match="GUID"):
        check(token(), tenant_id="contoso.com")


@pytest.mark.parametrize(
    "entry",
    [
        lambda: jwk(rsa_key("short", 1024)),
        lambda: jwk(rsa_key("three", 2048, 3)),
        lambda: {**jwk(rsa_key("service")), "e": "AQ"},
        lambda: {**jwk(rsa_key("service")), "use": "enc"},
        lambda: {**jwk(rsa_key("service")), "kty": "oct", "k": "AAAA"},
        lambda: {**jwk(rsa_key("service")), "kid": 1},
        lambda: {**jwk(rsa_key("service")), "n": 5},
        lambda: "K1",
    ],
    ids=["1024 bits", "exponent 3", "exponent 1", "for encryption", "symmetric", "numeric id", "no modulus", "a text"],
)
def test_weak_keys_never_get_into_a_set(entry: Callable[[], Any]) -> None:
    assert read_keys({"keys": [entry()]}) == {}


def test_unknown_key_ids_fetch_the_set_again_but_not_more_often_than_every_five_minutes() -> None:
    fetched: list[float] = []
    moment = 0.0

    def fetch() -> dict[str, object]:
        fetched.append(moment)
        return jwks()

    keys = KeySet(fetch, clock=lambda: moment)
    assert keys.get("K1") is not None
    for _ in range(50):
        assert keys.get("forged") is None
    assert fetched == [0.0]
    moment = 300.0
    assert [keys.get("forged"), keys.get("other")] == [None, None]
    assert fetched == [0.0, 300.0]
    moment = 300.0 + 24 * 3600 + 1
    assert keys.get("K1") is not None
    assert len(fetched) == 3


def test_a_new_key_is_found_after_a_rotation() -> None:
    moment = 0.0
    documents = [jwks(), jwks(jwk(rsa_key("service")), jwk(rsa_key("next"), "K2"))]
    keys = KeySet(lambda: documents.pop(0), clock=lambda: moment)
    assert check(token(), keys=keys).tenant_id == TENANT
    moment = 400.0

    assert check(token(header={"kid": "K2"}, key=rsa_key("next")), keys=keys).tenant_id == TENANT
