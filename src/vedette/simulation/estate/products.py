"""The software that machines of the estate may have: releases, what each release removes, support, and where it lies.

Versions look like those of the time; every weakness is invented (see `weaknesses`). Windows itself is in `updates`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from vedette.simulation.estate.weaknesses import Numbering, Weakness


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a product."""

    version: str
    age_days: float
    """Days from its release to the day that the estate is looked at."""
    removes: tuple[Weakness, ...] = ()
    kb: str = ""
    """Number of the update that brings it, where it comes as one."""
    kb_name: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """A product with its releases, oldest first. Of an operating system: those of one build."""

    vendor: str
    name: str
    title: str
    category: str
    path: str
    releases: tuple[Release, ...]
    unfixed: tuple[Weakness, ...] = ()
    """Weaknesses that no release removes."""
    has_cpe: bool = True
    end_of_support: date | None = None
    ends_by_version: bool = False
    """The support that ends is that of the version, not of the product."""
    successor: str = ""
    """`vendor name` of what replaces it when its support ends."""
    build: int | None = None

    @property
    def id(self) -> str:
        return f"{self.vendor}-_-{self.name}"

    @property
    def is_system(self) -> bool:
        return self.category == "Operating system"

    def cpe(self, version: str) -> str:
        """The product code of a version, empty where the product has none."""
        part = "o" if self.is_system else "a"
        return f"cpe:2.3:{part}:{self.vendor}:{self.name}:{version}:*:*:*:*:*:*:*" if self.has_cpe else ""

    def position(self, version: str) -> int:
        """Where a version stands among the releases. Raises: KeyError where there is no such release."""
        for position, release in enumerate(self.releases):
            if release.version == version:
                return position
        raise KeyError(f"{self.id} has no release {version}")

    def weaknesses(self, position: int) -> tuple[Weakness, ...]:
        """What is weak in the release at this position: all that later ones remove, and what none does."""
        later = (weakness for release in self.releases[position + 1 :] for weakness in release.removes)
        return (*later, *self.unfixed)


# vendor name | title | category | path | facts: nocpe, eos=DATE
#   version age weaknesses that it removes
#   unfixed age weaknesses
_TABLE = r"""
microsoft edge_chromium-based | Microsoft Edge | Browser | C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe
    130.0.2849.68 82
    131.0.2903.86 36 page+public page escape
    131.0.2903.112 9 page spoof
google chrome | Google Chrome | Browser | C:\Program Files\Google\Chrome\Application\chrome.exe
    129.0.6668.101 104
    130.0.6723.92 76 page page
    130.0.6723.117 48 page+verified escape
    131.0.6778.86 22 page spoof
    131.0.6778.109 6 page+zeroday+public
mozilla firefox | Mozilla Firefox | Browser | C:\Program Files\Mozilla Firefox\firefox.exe
    131.0.3.0 90
    132.0.2.0 44 page spoof read-remote
    133.0.0.0 12 page escape
microsoft office | Microsoft 365 Apps | Productivity | C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE
    16.0.18129.20158 88
    16.0.18227.20152 33 document document+public warning
    16.0.18227.20162 12 document spoof
microsoft teams | Microsoft Teams | Communication | C:\Program Files\WindowsApps\MSTeams\ms-teams.exe
    24277.3507.3205.5228 85
    24295.605.3225.8804 30 spoof
microsoft onedrive | Microsoft OneDrive | Productivity | C:\Program Files\Microsoft OneDrive\OneDrive.exe
    24.206.1013.4 80
    24.226.1110.4 20
adobe acrobat_reader | Adobe Acrobat Reader | Productivity | C:\Program Files\Adobe\Acrobat DC\Acrobat\Acrobat.exe
    24.2.21005 190
    24.3.20112 95 document document+public
    24.3.20180 41 document read-local
    24.4.20272 10 document document elevation
7-zip 7-zip | 7-Zip | Utilities | C:\Program Files\7-Zip\7zFM.exe
    22.1.0.0 880
    24.8.0.0 100 document
    24.9.0.0 25 document+public
zoom zoom | Zoom Workplace | Communication | C:\Program Files\Zoom\bin\Zoom.exe
    6.2.3.47507 97
    6.2.6.49050 52 elevation stop
    6.2.10.51047 19 read-local
notepad-plus-plus notepad++ | Notepad++ | Utilities | C:\Program Files\Notepad++\notepad++.exe
    8.6.9.0 210
    8.7.0.0 70 loading
    8.7.1.0 28
putty putty | PuTTY | Administration | C:\Program Files\PuTTY\putty.exe
    0.80.0.0 330
    0.81.0.0 215 relay
    0.82.0.0 15
winscp winscp | WinSCP | Administration | C:\Program Files (x86)\WinSCP\WinSCP.exe
    6.3.4.14955 160
    6.3.5.15077 64 relay
videolan vlc_media_player | VLC media player | Media | C:\Program Files\VideoLAN\VLC\vlc.exe
    3.0.20.0 290
    3.0.21.0 140 document
wireshark wireshark | Wireshark | Administration | C:\Program Files\Wireshark\Wireshark.exe
    4.2.6.0 150
    4.4.1.0 58 stop
    4.4.2.0 8 stop stop
git git | Git | Development | C:\Program Files\Git\cmd\git.exe
    2.45.1 200
    2.46.0 118 document
    2.47.1 17 spoof
python python | Python | Development | C:\Program Files\Python312\python.exe | eos=2028-10-31
    3.12.3 230
    3.12.6 78 stop read-remote
    3.12.7 37 loading
microsoft visual_studio_code | Visual Studio Code | Development | C:\Program Files\Microsoft VS Code\Code.exe
    1.94.2 66
    1.95.3 24 signed-in
    1.96.0 5
microsoft silverlight | Microsoft Silverlight | Browser add-on | C:\Program Files\Microsoft Silverlight\sllauncher.exe | eos=2021-10-12
    5.1.50918.0 2100
    unfixed 210 document page
oracle java | Oracle Java SE | Runtime | C:\Program Files\Java\jre-1.8\bin\java.exe
    8.0.4210 190
    8.0.4310 70 stop read-remote
    8.0.4320 35 signed-in+public
microsoft .net | Microsoft .NET | Runtime | C:\Program Files\dotnet\dotnet.exe
    8.0.8 112
    8.0.10 47 stop stop elevation
    8.0.11 13 stop
openssl openssl | OpenSSL | Library | C:\Program Files\Common Files\SSL\libcrypto-3-x64.dll
    3.0.14 180
    3.0.15 82 stop read-remote
microsoft internet_information_services | Internet Information Services | Web server | C:\Windows\System32\inetsrv\w3wp.exe
    10.0 3000
progress telerik | Progress Telerik UI for ASP.NET AJAX | Library | C:\inetpub\intranet\bin\Telerik.Web.UI.dll
    2019.3 2500
    2020.1 250 signed-in+kit remote+verified
    2024.4 20 read-remote
microsoft sql_server_2019 | SQL Server 2019 | Database | C:\Program Files\Microsoft SQL Server\MSSQL15.MSSQLSERVER\MSSQL\Binn\sqlservr.exe | eos=2030-01-08
    15.0.4395.2 92
    15.0.4405.4 44 signed-in signed-in kb=5099711
    15.0.4410.1 12 elevation kb=5099718
vmware tools | VMware Tools | Virtualization | C:\Program Files\VMware\VMware Tools\vmtoolsd.exe
    12.4.5 170
    12.5.0 50 elevation
halden_works inventory | Halden Inventory | Administration | C:\Program Files\Halden Works\Inventory\inventory.exe | nocpe
    2.1.0.0 400
halden_works backup_agent | Halden Backup Agent | Backup | C:\Program Files\Halden Works\Backup Agent\backup-agent.exe | nocpe
    3.4.2.0 300
halden_works desk_booking | Halden Desk Booking | Productivity | C:\Program Files\Halden Works\Desk Booking\desk.exe | nocpe
    1.8.0.0 150
    1.9.1.0 21
canonical ubuntu_linux | Ubuntu | Operating system | / | eos=2029-05-31
    24.04 90
    24.04.1 40 elevation race+public
    24.04.2 11 elevation read-local
nginx nginx | nginx | Web server | /usr/sbin/nginx
    1.24.0 290
    1.26.1 150 stop
    1.26.2 85 stop read-remote
openbsd openssh | OpenSSH | Administration | /usr/sbin/sshd
    9.6 300
    9.7 230
    9.8 140 relay+public
    9.9 60
gnu bash | Bash | Utilities | /usr/bin/bash
    5.2.21 260
haxx curl | curl | Utilities | /usr/bin/curl
    8.5.0 280
    8.9.1 110 stop
    8.11.0 16 relay
apple macos | macOS | Operating system | /System
    14.7 68
    15.1 46 elevation read-local
    15.1.1 14 page+zeroday elevation
apple safari | Safari | Browser | /Applications/Safari.app/Contents/MacOS/Safari
    18.0 66
    18.1 46 page
    18.1.1 14 page+zeroday
"""  # noqa: E501


def _parse() -> dict[str, Product]:
    found: dict[str, Product] = {}
    numbering = Numbering(99_001)
    for block in _TABLE.strip("\n").replace("\n    ", "\t").split("\n"):
        head, *lines = block.split("\t")
        key, title, category, path, *facts = [cell.strip() for cell in head.split("|")]
        vendor, name = key.split()
        fact = dict(part.partition("=")[::2] for part in facts)
        releases: list[Release] = []
        unfixed: list[Weakness] = []
        for line in lines:
            version, age, *rest = line.split()
            texts = [text for text in rest if not text.startswith("kb=")]
            is_fixed = version != "unfixed"
            weak = tuple(numbering.read(text, title, float(age), is_fixed=is_fixed) for text in texts)
            kb = next((text[3:] for text in rest if text.startswith("kb=")), "")
            if is_fixed:
                releases.append(Release(version, float(age), weak, kb, f"Security update for {title}" if kb else ""))
            else:
                unfixed.extend(weak)
        found[key] = Product(
            vendor=vendor,
            name=name,
            title=title,
            category=category,
            path=path,
            releases=tuple(releases),
            unfixed=tuple(unfixed),
            has_cpe="nocpe" not in fact,
            end_of_support=date.fromisoformat(fact["eos"]) if "eos" in fact else None,
        )
    return found


PRODUCTS: Mapping[str, Product] = _parse()
"""`vendor name` → product."""
