"""Many accounts, few passwords, one address from outside; in the end one of them works."""

from __future__ import annotations

from vedette.simulation.scene import Scene, scenario

ATTACKER = "203.0.113.90"


@scenario("password-spray", "Password spray against remote desktop", "T1110.003", "T1021.001", "T1078.002")
def play(scene: Scene) -> None:
    """The web server's remote desktop is reachable from outside; after many refusals an account signs in."""
    start = scene.moment(1, "11:03")
    desk = scene.desk(scene.server("web"), start)
    gate = desk["lsass"]
    people = scene.enterprise.people[:12]
    knock = desk.connect(desk["dcom"], start, ATTACKER, 60_002, action="InboundConnectionAccepted", local_port=3389)
    at = start
    for turn in range(2):
        for number, account in enumerate(people):
            at = scene.later(start, 5 + 200 * turn + 8 * number, 9 + 200 * turn + 8 * number)
            desk.logon(
                at,
                "RemoteInteractive",
                account,
                source=ATTACKER,
                success=False,
                reason="InvalidUserNameOrPassword",
                protocol="NTLM",
            )
    found = people[int(scene.random.random() * len(people))]
    session = desk.logon(scene.later(at, 12), "RemoteInteractive", found, source=ATTACKER, protocol="NTLM")
    explorer = desk.start(
        desk["winlogon"],
        scene.later(at, 16),
        "explorer.exe",
        "C:\\Windows\\Explorer.EXE",
        account=found,
        logon_id=session,
        integrity="Medium",
    )
    shell = desk.start(explorer, scene.later(at, 60), "cmd.exe", '"cmd.exe"')
    look = desk.start(shell, scene.later(at, 75), "net.exe", "net user /domain")
    scene.alert(
        desk,
        scene.later(at, 12),
        "Password spray from the internet with a success",
        "One address from outside tried many accounts with few passwords over remote desktop, and one succeeded.",
        knock,
        gate,
        explorer,
        found,
        category="CredentialAccess",
        severity="High",
        techniques=("T1110.003", "T1021.001"),
        user=found,
    )
    scene.alert(
        desk,
        look.created,
        "Discovery in a remote desktop session from outside",
        "An account that had just been guessed listed the domain's users.",
        shell,
        look,
        found,
        category="Discovery",
        severity="Medium",
        techniques=("T1078.002",),
        user=found,
    )
