"""An ordinary account asks the directory for service accounts, and the controller for their tickets."""

from __future__ import annotations

import json

from vedette.simulation.scene import Scene, scenario


@scenario("kerberoasting", "Discovery and Kerberoasting", "T1087.002", "T1069.002", "T1558.003")
def play(scene: Scene) -> None:
    """net, nltest and setspn explore the domain; then tickets for every service account are requested at once."""
    start = scene.moment(6, "10:48")
    desk = scene.desk(scene.victim(), start)
    user, controller = desk.owner, scene.enterprise.first("dc")
    shell = desk.start(desk.shell, start, "powershell.exe", "powershell.exe")
    ran = [
        desk.start(shell, scene.later(start, 15 + 12 * number), f"{command.split()[0]}.exe", command)
        for number, command in enumerate(
            ('net group "Domain Admins" /domain', "nltest /domain_trusts", "setspn -T halden.example -Q */*")
        )
    ]
    search = desk.event(
        shell,
        scene.later(start, 70),
        "LdapSearch",
        {
            "SearchFilter": "(&(samAccountType=805306368)(servicePrincipalName=*))",
            "ScopeOfSearch": "SubTree",
            "DistinguishedName": "DC=halden,DC=example",
            "AttributeList": ["samAccountName", "servicePrincipalName"],
        },
    )
    ldap = desk.connect(shell, scene.later(start, 70.2), controller.ip, 389)
    scene.tape.note(
        scene.later(search.time, 0.1),
        None,
        "IdentityQueryEvents",
        None,
        {
            "ActionType": "LDAP query",
            "Application": "Active Directory",
            "QueryType": "AllUsers",
            "Protocol": "Ldap",
            "QueryTarget": "servicePrincipalName=*",
            **user.columns,
            "AccountDisplayName": user.display_name,
            "DeviceName": desk.host.dns,
            "IPAddress": desk.host.ip,
            "DestinationDeviceName": controller.dns,
            "DestinationIPAddress": controller.ip,
            "DestinationPort": 389,
        },
    )
    scene.alert(
        desk,
        ldap.time,
        "Directory reconnaissance by an ordinary account",
        "An account without administrative tasks listed administrators, trusts and all accounts with service names.",
        shell,
        *ran,
        ldap,
        user,
        category="Discovery",
        severity="Low",
        techniques=("T1087.002", "T1069.002"),
    )
    ticket = ldap
    for number, service in enumerate(scene.enterprise.services.values()):
        at = scene.later(start, 120 + 0.3 * number)
        ticket = desk.connect(desk["lsass"], at, controller.ip, 88)
        desk.sign_in(
            scene.later(at, 0.05),
            user,
            controller,
            "Resource access",
            TargetAccountDisplayName=service.display_name,
            AdditionalFields=json.dumps(
                {"Spns": f"HTTP/{service.name}", "EncryptionType": "Rc4Hmac", "TicketType": "Service"}
            ),
        )
    scene.alert(
        desk,
        ticket.time,
        "Service tickets requested for many accounts (Kerberoasting)",
        "Within a second, one account asked for tickets of every service account with a weak cipher.",
        shell,
        ticket,
        user,
        category="CredentialAccess",
        severity="Medium",
        techniques=("T1558.003",),
        source="AzureATP",
    )
