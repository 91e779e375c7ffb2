"""What ssh_config says about a host, as the real ssh understands it."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

import pytest

from store.errors import AccessDenied, Cancelled, FlowdeckError, Unsupported, UriError
from store.ssh.config import resolve
from store.ssh.target import SshTarget, Strictness
from tests.support.sshd import User, run

CONFIG = """
# of everything something
Include more/*.conf
Host train
    HostName train.example.org
    User ada
    Port 2222
    IdentityFile ~/.ssh/first
    IdentityFile "/keys/with blank"
    IdentitiesOnly yes
Host gpu*,no gpu? !gpu7
    HostName=%h.cluster.example.org
    ProxyJump jump.example.org:2200,ada@second
    ServerAliveInterval 30
Host gpu7
    ProxyCommand nc -X connect %h %p # not a comment
    ProxyJump ignored
Host "quoted name" other
    UserKnownHostsFile /a/one "/b/two three"
    GlobalKnownHostsFile none
    StrictHostKeyChecking accept-new
    HostKeyAlias the-other
    HashKnownHosts yes
    ConnectTimeout 7
    ServerAliveCountMax 9
    User '%weird'
Match originalhost matched user bob
    Port 99
Match host *.example.org exec "test %h = train.example.org"
    ConnectTimeout 42
Match exec "false"
    ConnectTimeout 43
Match final host final.example.org
    Port 1234
    ServerAliveCountMax 8
Match !originalhost train,gpu1 all
    AddressFamily inet
Host final
    HostName final.example.org
    IdentityFile %d/keys/%r@%h:%p-%n-%u
    IdentityFile none
    CertificateFile ~/cert-%L.pub
    PreferredAuthentications password,publickey
Host *
    Port 2200
    IdentityFile ~/.ssh/last
    User fallback
    NumberOfPasswordPrompts 2
    AddressFamily inet6
"""

HOSTS = (
    "train",
    "gpu1",
    "gpu7",
    "gpu10",
    "other",
    "matched",
    "bob@matched",
    "final",
    "elsewhere",
    "x@train",
    "included",
)


@pytest.fixture
def user(tmp_path: Path) -> User:
    # ssh takes the home from the account, whatever HOME says: the configuration says the same in full.
    user = User(tmp_path / "home")
    (user.folder / "more").mkdir()
    return user


def written(user: User, text: str) -> None:
    text = text.replace("~/", f"{user.home}/").replace("%d", str(user.home))
    user.configure(*text.replace("more/*.conf", f"{user.folder}/more/*.conf").splitlines())


def as_ssh_says(user: User, host: str) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for line in run("ssh", "-G", "-F", str(user.config), host).splitlines():
        name, _, value = line.partition(" ")
        said.setdefault(name, []).append(value)
    return said


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_understood_as_ssh_understands_it(user: User, host: str) -> None:
    (user.folder / "more" / "a.conf").write_text("Host included\n  Port 77\n  Include b.inc\nUser dropped\n")
    written(user, CONFIG)
    said = as_ssh_says(user, host)
    target = resolve(host, user.files)
    assert target.hostname == said["hostname"][0]
    assert [target.user, str(target.port)] == [said["user"][0], said["port"][0]]
    assert list(target.jumps) == [jump for jump in said.get("proxyjump", ["none"])[0].split(",") if jump != "none"]
    assert (target.proxy_command is None) == ("proxycommand" not in said)
    assert target.address_family == said["addressfamily"][0]
    assert target.prompts == int(said["numberofpasswordprompts"][0])
    assert target.identities_only == (said["identitiesonly"][0] == "yes")
    assert target.hash_known_hosts == (said["hashknownhosts"][0] == "yes")
    assert target.alive_count_max == int(said["serveralivecountmax"][0])
    assert target.host_key_alias == said.get("hostkeyalias", [None])[0]
    assert target.strictness.value == {"true": "yes", "false": "no"}.get(
        said["stricthostkeychecking"][0], said["stricthostkeychecking"][0]
    )
    if said["connecttimeout"][0] != "none":
        assert target.connect_timeout == float(said["connecttimeout"][0])
    if said["serveraliveinterval"][0] != "0":
        assert target.alive_interval == float(said["serveraliveinterval"][0])


def test_identity_files_add_up_and_their_tokens_are_expanded(user: User) -> None:
    written(user, CONFIG)
    home = user.home
    assert resolve("train", user.files).identity_files == (
        home / ".ssh/first",
        Path("/keys/with blank"),
        home / ".ssh/last",
    )
    final = resolve("final", user.files)
    assert final.identity_files == (
        home / f"keys/fallback@final.example.org:2200-final-{user.name}",
        home / ".ssh/last",
    )
    assert final.certificate_files == (home / f"cert-{os.uname().nodename.partition('.')[0]}.pub",)
    assert final.methods == ("password", "publickey")
    assert final.identities_given


def test_values_keep_their_quotes_and_blanks(user: User) -> None:
    written(user, CONFIG)
    assert resolve("gpu7", user.files).proxy_command == "nc -X connect gpu7 2200 # not a comment"
    other = resolve("other", user.files)
    assert other.user_known_hosts == (Path("/a/one"), Path("/b/two three"))
    assert other.global_known_hosts == ()
    assert other.strictness is Strictness.ACCEPT_NEW
    assert other.known_as == "the-other"


def test_without_a_configuration_there_are_the_defaults_of_ssh(user: User) -> None:
    target = resolve("Host.Example.org", user.files)
    assert (target.user, target.port, target.strictness) == (user.name, 22, Strictness.ASK)
    assert target.identity_files == tuple(user.folder / name for name in ("id_rsa", "id_ecdsa", "id_ed25519"))
    assert not target.identities_given
    assert target.user_known_hosts == (user.folder / "known_hosts", user.folder / "known_hosts2")
    assert target.methods == ("publickey", "keyboard-interactive", "password")
    assert target.known_as == "host.example.org"
    assert target.connect_timeout > 0


def test_a_jump_host_without_own_options_takes_those_of_its_own_name(user: User) -> None:
    user.configure("Host far", "ProxyJump near", "Host near", "HostName 10.0.0.1", "Port 2022")
    assert resolve("far", user.files).jumps == ("near",)
    near = resolve("near", user.files)
    assert (near.hostname, near.port, near.jumps) == ("10.0.0.1", 2022, ())


@pytest.mark.parametrize(
    ("text", "host", "login", "port"),
    [
        ("train", "train", None, None),
        ("ada@train", "train", "ada", None),
        ("train:2222", "train", None, 2222),
        ("ada@train:2222", "train", "ada", 2222),
        ("[::1]:2222", "::1", None, 2222),
        ("ada@[fe80::1]", "fe80::1", "ada", None),
        ("fe80::1", "fe80::1", None, None),
        ("fe80::1%eth0", "fe80::1%eth0", None, None),
        ("ssh://ada@train:2222", "train", "ada", 2222),
        ("ssh://ad%40a@train/", "train", "ad@a", None),
        ("a@b@train", "train", "a@b", None),
    ],
)
def test_a_host_may_be_named_in_each_of_ssh_s_ways(
    user: User, text: str, host: str, login: str | None, port: int | None
) -> None:
    target = resolve(text, user.files)
    assert (target.hostname, target.user, target.port) == (host, login or user.name, port or 22)


@pytest.mark.parametrize(
    "text",
    ["", "@", "ada@", "-oProxyCommand=x", "ada@-x", "-x@train", "train:0", "train:70000", "train:x", "a b", "tr;ain",
     "$(x)", "a`b`@train", "ssh://", "train\n", "ada@tr\x1bain", "ssh://ada:secret-pw@train"],
)  # fmt: skip
def test_what_cannot_be_a_host_is_refused_without_repeating_it(user: User, text: str) -> None:
    if text == "train\n":
        assert resolve(text, user.files).hostname == "train"
        return
    with pytest.raises(UriError) as caught:
        resolve(text, user.files)
    assert caught.value.hint
    assert "secret-pw" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("= 5", UriError),
        ("Port abc", UriError),
        ("Port 0", UriError),
        ("User", UriError),
        ('HostName "open', UriError),
        ("HostName %z", UriError),
        ("HostName -oProxyCommand=x", UriError),
        ("User a;b", UriError),
        ("ProxyJump $(x)", UriError),
        ("ProxyCommand nc %z", UriError),
        ("IdentityFile ${NOT_THERE}/key", UriError),
        ("IdentityFile ~nobody-of-that-name/key", UriError),
        ("StrictHostKeyChecking perhaps", UriError),
        ("ConnectTimeout soon", UriError),
        ("ServerAliveCountMax many", UriError),
        ("IdentitiesOnly perhaps", UriError),
        ("AddressFamily inet5", UriError),
        ("Match", UriError),
        ("Match user", UriError),
        ("Match localnetwork 10.0.0.0/8", Unsupported),
    ],
)
def test_a_wrong_line_is_told_with_its_place(user: User, line: str, kind: type[FlowdeckError]) -> None:
    user.configure("# first", line, "Port 22")
    with pytest.raises(kind) as caught:
        resolve("train", user.files)
    assert (
        f"{user.config}:2" in caught.value.message
        or "address of the SSH host" in caught.value.message
        or ("name of the SSH host" in caught.value.message)
    )
    assert caught.value.hint


def test_options_that_are_about_other_things_are_passed_over(user: User) -> None:
    user.configure("ForwardAgent yes", "SomethingNew of the year 2030", "SendEnv LANG", "Port 2222")
    assert resolve("train", user.files).port == 2222


def test_a_configuration_that_others_may_write_is_refused(user: User) -> None:
    user.configure("Port 2222")
    user.config.chmod(0o664)
    with pytest.raises(AccessDenied) as caught:
        resolve("train", user.files)
    assert str(user.config) in caught.value.message
    assert "chmod" in caught.value.hint


def test_files_that_include_each_other_are_an_error(user: User) -> None:
    user.configure(f"Include {user.config}")
    with pytest.raises(UriError, match="include each other"):
        resolve("train", user.files)


def test_a_pipe_in_place_of_a_configuration_holds_nothing_up(user: User) -> None:
    os.mkfifo(user.config, 0o600)
    with pytest.raises(UriError, match="no SSH configuration"):
        resolve("train", user.files)


def test_a_command_in_the_configuration_can_be_called_off(user: User) -> None:
    user.configure('Match exec "sleep 60"', "Port 1")
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        resolve("train", user.files, cancel)


def test_times_are_written_in_every_unit(user: User) -> None:
    user.configure("ConnectTimeout 1m30s", "ServerAliveInterval 2h", "StrictHostKeyChecking off")
    target = resolve("train", user.files)
    assert (target.connect_timeout, target.alive_interval) == (90.0, 7200.0)
    assert target.strictness is Strictness.NO


def test_the_agent_is_the_environment_s_unless_the_configuration_names_another(user: User) -> None:
    user.environ = {"SSH_AUTH_SOCK": "/run/agent", "OTHER": "/run/other"}

    def agent(*lines: str) -> str | None:
        user.configure(*lines)
        return resolve("train", user.files).identity_agent

    assert agent() == "/run/agent"
    assert agent("IdentityAgent none") is None
    assert agent("IdentityAgent $OTHER") == "/run/other"
    assert agent("IdentityAgent ${OTHER}.sock") == "/run/other.sock"
    assert agent("IdentityAgent SSH_AUTH_SOCK") == "/run/agent"
    assert agent("IdentityAgent ~/agent") == str(user.home / "agent")


def test_batch_mode_asks_nothing(user: User) -> None:
    user.configure("BatchMode yes")
    target: SshTarget = resolve("train", user.files)
    assert (target.prompts, target.strictness) == (0, Strictness.YES)


def test_the_environment_is_not_in_the_representation(user: User) -> None:
    user.environ = {"TOKEN": "secret-pw"}
    assert "secret-pw" not in repr(user.files)
