"""Files that the simulation's machines hold: programs with their version facts, and anything written during the story.

A file's hashes are those of its stable description (name, publisher, version), so the same version has the same hashes
on every machine and in every run.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field

# name | folder | publisher | description. Publisher `os`: the file's version is the build of the operating system.
_PROGRAMS = r"""
ntoskrnl.exe        | C:\Windows\System32\ | os | NT Kernel & System
smss.exe            | C:\Windows\System32\ | os | Windows Session Manager
csrss.exe           | C:\Windows\System32\ | os | Client Server Runtime Process
wininit.exe         | C:\Windows\System32\ | os | Windows Start-Up Application
winlogon.exe        | C:\Windows\System32\ | os | Windows Logon Application
services.exe        | C:\Windows\System32\ | os | Services and Controller app
lsass.exe           | C:\Windows\System32\ | os | Local Security Authority Process
svchost.exe         | C:\Windows\System32\ | os | Host Process for Windows Services
spoolsv.exe         | C:\Windows\System32\ | os | Spooler SubSystem App
userinit.exe        | C:\Windows\System32\ | os | Userinit Logon Application
explorer.exe        | C:\Windows\ | os | Windows Explorer
taskhostw.exe       | C:\Windows\System32\ | os | Host Process for Windows Tasks
RuntimeBroker.exe   | C:\Windows\System32\ | os | Runtime Broker
backgroundTaskHost.exe | C:\Windows\System32\ | os | Background Task Host
conhost.exe         | C:\Windows\System32\ | os | Console Window Host
cmd.exe             | C:\Windows\System32\ | os | Windows Command Processor
powershell.exe      | C:\Windows\System32\WindowsPowerShell\v1.0\ | os | Windows PowerShell
net.exe             | C:\Windows\System32\ | os | Net Command
net1.exe            | C:\Windows\System32\ | os | Net Command
whoami.exe          | C:\Windows\System32\ | os | whoami - displays logged on user information
ipconfig.exe        | C:\Windows\System32\ | os | IP Configuration Utility
nltest.exe          | C:\Windows\System32\ | os | Microsoft Logon Server Test Utility
setspn.exe          | C:\Windows\System32\ | os | Query or reset the computer's SPN attribute
systeminfo.exe      | C:\Windows\System32\ | os | Displays system information
tasklist.exe        | C:\Windows\System32\ | os | Lists the current running tasks
schtasks.exe        | C:\Windows\System32\ | os | Task Scheduler Configuration Tool
reg.exe             | C:\Windows\System32\ | os | Registry Console Tool
rundll32.exe        | C:\Windows\System32\ | os | Windows host process (Rundll32)
regsvr32.exe        | C:\Windows\System32\ | os | Microsoft(C) Register Server
mshta.exe           | C:\Windows\System32\ | os | Microsoft (R) HTML Application host
certutil.exe        | C:\Windows\System32\ | os | CertUtil.exe
bitsadmin.exe       | C:\Windows\System32\ | os | BITS administration utility
vssadmin.exe        | C:\Windows\System32\ | os | Command Line Interface for Volume Shadow Copy Service
wbadmin.exe         | C:\Windows\System32\ | os | Command Line Interface for Backup
bcdedit.exe         | C:\Windows\System32\ | os | Boot Configuration Data Editor
wevtutil.exe        | C:\Windows\System32\ | os | Eventing Command Line Utility
gpupdate.exe        | C:\Windows\System32\ | os | Group Policy Update Utility
notepad.exe         | C:\Windows\System32\ | os | Notepad
mmc.exe             | C:\Windows\System32\ | os | Microsoft Management Console
mstsc.exe           | C:\Windows\System32\ | os | Remote Desktop Connection
sc.exe              | C:\Windows\System32\ | os | Service Control Manager Configuration Tool
WMIC.exe            | C:\Windows\System32\wbem\ | os | WMI Commandline Utility
WmiPrvSE.exe        | C:\Windows\System32\wbem\ | os | WMI Provider Host
TiWorker.exe        | C:\Windows\WinSxS\amd64_servicing\ | os | Windows Modules Installer Worker
dns.exe             | C:\Windows\System32\ | os | Domain Name System (DNS) Server
dfsrs.exe           | C:\Windows\System32\ | os | Distributed File System Replication
w3wp.exe            | C:\Windows\System32\inetsrv\ | os | IIS Worker Process
comsvcs.dll         | C:\Windows\System32\ | os | COM+ Services
amsi.dll            | C:\Windows\System32\ | os | Anti-Malware Scan Interface
wininet.dll         | C:\Windows\System32\ | os | Internet Extensions for Win32
crypt32.dll         | C:\Windows\System32\ | os | Crypto API32
samlib.dll          | C:\Windows\System32\ | os | SAM Library DLL
vaultcli.dll        | C:\Windows\System32\ | os | Credential Vault Client Library
dbghelp.dll         | C:\Windows\System32\ | os | Windows Image Helper
MsMpEng.exe         | C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.24090.11-0\ | 4.18.24090.11 | Antimalware Service Executable
MpCmdRun.exe        | C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.24090.11-0\ | 4.18.24090.11 | Microsoft Malware Protection Command Line Utility
MsSense.exe         | C:\Program Files\Windows Defender Advanced Threat Protection\ | 10.8760.26100.1 | Windows Defender Advanced Threat Protection Service Executable
msedge.exe          | C:\Program Files (x86)\Microsoft\Edge\Application\ | 130.0.2849.68 | Microsoft Edge
MicrosoftEdgeUpdate.exe | C:\Program Files (x86)\Microsoft\EdgeUpdate\ | 1.3.195.31 | Microsoft Edge Update
OUTLOOK.EXE         | C:\Program Files\Microsoft Office\root\Office16\ | 16.0.18129.20158 | Microsoft Outlook
WINWORD.EXE         | C:\Program Files\Microsoft Office\root\Office16\ | 16.0.18129.20158 | Microsoft Word
EXCEL.EXE           | C:\Program Files\Microsoft Office\root\Office16\ | 16.0.18129.20158 | Microsoft Excel
mso.dll             | C:\Program Files\Microsoft Office\root\vfs\ProgramFilesCommonX64\Microsoft Shared\Office16\ | 16.0.18129.20158 | Microsoft Office component
VBE7.DLL            | C:\Program Files\Microsoft Office\root\vfs\ProgramFilesCommonX64\Microsoft Shared\VBA\VBA7.1\ | 7.1.11.45 | Visual Basic Design Time Environment
ms-teams.exe        | C:\Program Files\WindowsApps\MSTeams_24277.3507.3205.5228_x64\ | 24277.3507.3205.5228 | Microsoft Teams
OneDrive.exe        | C:\Program Files\Microsoft OneDrive\ | 24.206.1013.4 | Microsoft OneDrive
sqlservr.exe        | C:\Program Files\Microsoft SQL Server\MSSQL15.MSSQLSERVER\MSSQL\Binn\ | 2019.150.4395.2 | SQL Server Windows NT - 64 Bit
7z.exe              | C:\Program Files\7-Zip\ | 24.8.0.0/Igor Pavlov/7-Zip | 7-Zip Console
backup-agent.exe    | C:\Program Files\Halden Works\Backup Agent\ | 3.4.2.0/Halden Works/Halden Backup | Halden Backup Agent
inventory.exe       | C:\Program Files\Halden Works\Inventory\ | 2.1.0.0/Halden Works/Halden Inventory | Halden Inventory Collector
PsExec.exe          | C:\Tools\ | 2.43.0.0/Sysinternals - www.sysinternals.com/Sysinternals PsExec | Execute processes remotely
PSEXESVC.exe        | C:\Windows\ | 2.43.0.0/Sysinternals - www.sysinternals.com/Sysinternals PsExec | PsExec Service
systemd             | /usr/lib/systemd/ | unix | system and service manager
sshd                | /usr/sbin/ | unix | OpenSSH server
cron                | /usr/sbin/ | unix | command scheduler
nginx               | /usr/sbin/ | unix | web server
bash                | /usr/bin/ | unix | shell
sh                  | /usr/bin/ | unix | shell
python3.12          | /usr/bin/ | unix | interpreter
curl                | /usr/bin/ | unix | transfer tool
apt-get             | /usr/bin/ | unix | package manager
logrotate           | /usr/sbin/ | unix | log rotation
crontab             | /usr/bin/ | unix | cron table editor
chmod               | /usr/bin/ | unix | file mode changer
rsync               | /usr/bin/ | unix | file copier
wdavdaemon          | /opt/microsoft/mdatp/sbin/ | unix | endpoint sensor
launchd             | /sbin/ | unix | system and service manager
loginwindow         | /System/Library/CoreServices/loginwindow.app/Contents/MacOS/ | unix | login window
Finder              | /System/Library/CoreServices/Finder.app/Contents/MacOS/ | unix | file manager
Safari              | /Applications/Safari.app/Contents/MacOS/ | unix | browser
softwareupdated     | /System/Library/CoreServices/Software Update.app/Contents/Resources/ | unix | update service
zsh                 | /bin/ | unix | shell
git                 | /usr/local/bin/ | unix | version control
mdworker_shared     | /System/Library/Frameworks/CoreServices.framework/Versions/A/Support/ | unix | metadata indexer
"""  # noqa: E501

MICROSOFT = "Microsoft Corporation"
WINDOWS = "Microsoft Windows Operating System"


@dataclass(frozen=True, slots=True, eq=False)
class FileImage:
    """One version of one file, with the columns it fills."""

    name: str
    folder: str
    """Ends in the separator of its system."""
    size: int
    sha1: str
    sha256: str
    md5: str
    company: str = ""
    product: str = ""
    version: str = ""
    description: str = ""
    columns: dict[str, object] = field(init=False, repr=False)
    """FileName, FolderPath, hashes and size."""
    process_columns: dict[str, object] = field(init=False, repr=False)
    """The same with the version facts, as `DeviceProcessEvents` names them."""
    acting_columns: dict[str, object] = field(init=False, repr=False)
    """The same again for an acting process. The path there is lower case, as in recorded rows."""

    @property
    def path(self) -> str:
        return self.folder + self.name

    def __post_init__(self) -> None:
        described = {
            "CompanyName": self.company,
            "ProductName": self.product,
            "ProductVersion": self.version,
            "InternalFileName": self.name.rsplit(".", 1)[0] if self.company else "",
            "OriginalFileName": self.name if self.company else "",
            "FileDescription": self.description if self.company else "",
        }
        hashes: dict[str, object] = {"SHA1": self.sha1, "SHA256": self.sha256, "MD5": self.md5, "FileSize": self.size}
        columns = {"FileName": self.name, "FolderPath": self.path, **hashes}
        versions = {f"ProcessVersionInfo{name}": value for name, value in described.items() if value}
        acting = {"FileName": self.name, "FolderPath": self.path.lower(), **hashes}
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "process_columns", columns | versions)
        object.__setattr__(
            self,
            "acting_columns",
            {f"InitiatingProcess{name}": value for name, value in acting.items()}
            | {f"Initiating{name}": value for name, value in versions.items()},
        )


def artifact(path: str, content: str, *, size: int | None = None, company: str = "", version: str = "") -> FileImage:
    """A file with the given content name: equal contents have equal hashes wherever they lie."""
    separator = "/" if path.startswith("/") else "\\"
    folder, _, name = path.rpartition(separator)
    seed = content.encode()
    sha256 = hashlib.sha256(seed).hexdigest()
    return FileImage(
        name=name,
        folder=folder + separator,
        size=size if size is not None else 4096 + int(sha256[:5], 16),
        sha1=hashlib.sha1(seed, usedforsecurity=False).hexdigest(),
        sha256=sha256,
        md5=hashlib.md5(seed, usedforsecurity=False).hexdigest(),
        company=company,
        product=company,
        version=version,
        description=name,
    )


@functools.cache
def _rows() -> dict[str, tuple[str, str, str]]:
    rows = (row.split(" | ") for row in _PROGRAMS.strip().splitlines())
    return {name.strip().lower(): (folder.strip() + name.strip(), kind, text) for name, folder, kind, text in rows}


@functools.cache
def program(name: str, os_version: str) -> FileImage:
    """A program by its file name, as it is on this version of the operating system.

    Raises: `KeyError` when the table above does not have it.
    """
    path, kind, description = _rows()[name.lower()]
    company, product, version = MICROSOFT, WINDOWS, os_version
    if kind == "unix":
        company = product = ""
    elif kind != "os":
        version, *publisher = kind.split("/")
        company, product = (publisher[0], publisher[1]) if publisher else (MICROSOFT, description)
    made = artifact(path, f"{path.lower()}|{version}")
    return FileImage(
        name=made.name,
        folder=made.folder,
        size=made.size,
        sha1=made.sha1,
        sha256=made.sha256,
        md5=made.md5,
        company=company,
        product=product,
        version=version if company else "",
        description=description,
    )
