"""Where OpenSSH keeps what belongs to a user."""

from __future__ import annotations

import getpass
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SshFiles:
    """One user's and the system's SSH files, and the environment that names the agent."""

    home: Path
    user: str
    """The name on this machine."""
    config: Path | None
    """None: there is none, as with `ssh -F none`."""
    system_config: Path | None
    global_known_hosts: tuple[Path, ...] = ()
    """Read where the configuration names none."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`SSH_AUTH_SOCK`, `SHELL` and what the configuration refers to."""

    @property
    def folder(self) -> Path:
        return self.home / ".ssh"

    @property
    def known_hosts(self) -> tuple[Path, ...]:
        """Read where the configuration names none."""
        return (self.folder / "known_hosts", self.folder / "known_hosts2")

    @classmethod
    def of_user(cls, environ: Mapping[str, str] | None = None) -> SshFiles:
        """Those of whoever runs this process. The home is that of the account, as with ssh, not HOME."""
        environ = os.environ if environ is None else environ
        try:
            account = pwd.getpwuid(os.getuid())
        except KeyError:  # a container whose user has no account
            home, user = Path.home(), environ.get("USER") or getpass.getuser()
        else:
            home, user = Path(account.pw_dir), account.pw_name
        system = Path("/etc/ssh")
        return cls(
            home=home,
            user=user,
            config=home / ".ssh" / "config",
            system_config=system / "ssh_config",
            global_known_hosts=(system / "ssh_known_hosts", system / "ssh_known_hosts2"),
            environ=dict(environ),
        )
