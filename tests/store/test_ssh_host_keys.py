"""Whether a host is who it says it is, against real servers and as the real ssh decides."""

from __future__ import annotations

import re
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.errors import AccessDenied
from store.ssh.known_hosts import Marker, hashed, known_keys
from store.ssh.secrets import Secrets
from store.ssh.session import Session
from tests.support.sshd import KEY_TYPES, Answers, Server, User, keygen, program, public, run, ssh_server

pytestmark = pytest.mark.long


@dataclass
class Keys:
    """Keys that every test of this file shares."""

    host: dict[str, Path]
    """By type; the server has all of them."""
    other: dict[str, Path]
    """By type; nobody has these."""
    authority: Path
    user: Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ssh")


@pytest.fixture(scope="module")
def keys(folder: Path) -> Keys:
    return Keys(
        {kind: keygen(folder / f"host_{kind}", kind) for kind in KEY_TYPES},
        {kind: keygen(folder / f"other_{kind}", kind) for kind in KEY_TYPES},
        keygen(folder / "authority"),
        keygen(folder / "user"),
    )


@pytest.fixture(scope="module")
def server(folder: Path, keys: Keys) -> Iterator[Server]:
    with ssh_server(folder / "server", list(keys.host.values()), [public(keys.user)]) as server:
        yield server


@pytest.fixture
def user(tmp_path: Path, keys: Keys) -> User:
    user = User(tmp_path / "home")
    user.configure(f"IdentityFile {keys.user}", "IdentitiesOnly yes")
    return user


def certified(keys: Keys, kind: str, folder: Path, *options: str) -> list[str]:
    """Options of an sshd whose host key has a certificate made with these options of ssh-keygen."""
    copy = folder / f"certified_{kind}"
    for suffix in ("", ".pub"):
        source = Path(f"{keys.host[kind]}{suffix}")
        Path(f"{copy}{suffix}").write_bytes(source.read_bytes())
    copy.chmod(0o600)
    run("ssh-keygen", "-q", "-s", str(keys.authority), "-I", "a test", *options, f"{copy}.pub")
    return [f"HostKey {copy}", f"HostCertificate {copy}-cert.pub"]


def let_in(user: User, server: Server, answers: Answers | None = None, secrets: Secrets | None = None) -> Session:
    session = Session(server.address, files=user.files, questions=answers, secrets=secrets or Secrets())
    try:
        session.connect()
    finally:
        session.close()
    return session


def ssh_lets_in(user: User, server: Server) -> bool:
    """What the real ssh does with the same files, when nobody can be asked."""
    done = subprocess.run(
        [program("ssh"), "-F", str(user.config), "-o", f"UserKnownHostsFile={user.known_hosts}",
         "-o", "GlobalKnownHostsFile=none", "-o", "BatchMode=yes", "-p", str(server.port), "-s", "127.0.0.1", "sftp"],
        capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode == 0


KNOWN = {
    "nothing": [],
    "the key": ["[127.0.0.1]:PORT KEY_ed25519"],
    "another type": ["[127.0.0.1]:PORT KEY_rsa comment and more"],
    "an elliptic type": ["[127.0.0.1]:PORT KEY_ecdsa"],
    "without the port": ["127.0.0.1 KEY_ed25519"],
    "hashed": ["HASHED KEY_ed25519"],
    "hashed without the port": ["HASHED_PLAIN KEY_rsa"],
    "another port": ["[127.0.0.1]:1 KEY_ed25519"],
    "a pattern": ["[127.0.0.?]:* KEY_ed25519"],
    "a list": ["elsewhere,[127.0.0.1]:PORT KEY_ed25519"],
    "negated": ["![127.0.0.1]:PORT,* KEY_ed25519"],
    "a bracket is no class": ["[127.0.0.1]:[0-9]* KEY_ed25519"],
    "upper case": ["*.EXAMPLE.org,[127.0.0.1]:PORT KEY_ed25519"],
    "comments and rubbish": ["# [127.0.0.1]:PORT", "rubbish", "@what [127.0.0.1]:PORT KEY_rsa", "\t",
                             "[127.0.0.1]:PORT ssh-ed25519 !!!!", "  [127.0.0.1]:PORT KEY_ed25519"],
    "a key of the wrong name": ["[127.0.0.1]:PORT ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQABAAAAgQ=="],
    "a broken hash": ["|1|!!|x KEY_ed25519", "|2|a|b KEY_ed25519"],
    "changed": ["[127.0.0.1]:PORT OTHER_ed25519"],
    "changed without the port": ["127.0.0.1 OTHER_ed25519"],
    "changed, of a type that is not there": ["[127.0.0.1]:PORT OTHER_rsa"],
    "one of several": ["[127.0.0.1]:PORT OTHER_ed25519", "[127.0.0.1]:PORT KEY_ed25519"],
    "one right, one of another type wrong": ["[127.0.0.1]:PORT OTHER_ecdsa", "[127.0.0.1]:PORT KEY_rsa"],
    "revoked": ["@revoked [127.0.0.1]:PORT KEY_ed25519", "[127.0.0.1]:PORT KEY_ed25519"],
    "revoked everywhere": ["[127.0.0.1]:PORT KEY_ed25519", "@revoked * KEY_ed25519"],
    "another revoked": ["@revoked * OTHER_ed25519", "[127.0.0.1]:PORT KEY_ed25519"],
    "an authority only": ["@cert-authority * AUTHORITY"],
    "an authority and the key": ["@cert-authority * AUTHORITY", "[127.0.0.1]:PORT KEY_ed25519"],
}  # fmt: skip


def fill(lines: list[str], keys: Keys, port: int) -> list[str]:
    words = {"HASHED_PLAIN": hashed("127.0.0.1"), "HASHED": hashed(f"[127.0.0.1]:{port}"), "PORT": str(port)}
    words |= {f"KEY_{kind}": public(key) for kind, key in keys.host.items()}
    words |= {f"OTHER_{kind}": public(key) for kind, key in keys.other.items()}
    words |= {"AUTHORITY": public(keys.authority)}
    pattern = re.compile("|".join(sorted(words, key=len, reverse=True)))
    return [pattern.sub(lambda match: words[match[0]], line) for line in lines]


PUT_UP_WITH = ("nothing", "the key", "changed", "changed, of a type that is not there", "an authority only")
"""What StrictHostKeyChecking no makes a difference to; a revoked key is refused even so, which ssh does not do."""

CASES = [(known, strictness) for known in KNOWN for strictness in ("yes", "accept-new")]
CASES += [(known, "no") for known in PUT_UP_WITH]


@pytest.mark.parametrize(("known", "strictness"), CASES)
def test_a_host_is_let_pass_exactly_when_ssh_lets_it_pass(
    user: User, server: Server, keys: Keys, known: str, strictness: str
) -> None:
    lines = fill(KNOWN[known], keys, server.port)
    user.configure(f"IdentityFile {keys.user}", "IdentitiesOnly yes", f"StrictHostKeyChecking {strictness}")
    user.knows(*lines)
    expected = ssh_lets_in(user, server)
    after = user.known_hosts.read_text()
    user.knows(*lines)
    if expected:
        let_in(user, server)
        assert len(user.known_hosts.read_text().split("\n")) >= len(after.split("\n"))
    else:
        with pytest.raises(AccessDenied) as caught:
            let_in(user, server)
        assert "key" in caught.value.message
        assert caught.value.hint
        assert user.known_hosts.read_text() == "".join(f"{line}\n" for line in lines)


def test_an_unknown_host_is_asked_about_with_its_fingerprint_and_remembered(
    user: User, server: Server, keys: Keys
) -> None:
    answers = Answers()
    session = let_in(user, server, answers)
    (question,) = answers.hosts
    printed = run("ssh-keygen", "-lf", f"{keys.host['ed25519']}.pub").split()
    assert question.fingerprint == printed[1]
    assert question.key_type == printed[-1].strip("()") == "ED25519"
    assert question.host == f"[127.0.0.1]:{server.port}"
    assert user.known_hosts.read_text() == f"[127.0.0.1]:{server.port} {public(keys.host['ed25519'])}\n"
    assert stat.S_IMODE(user.known_hosts.stat().st_mode) == 0o600
    assert "was added to" in session.notices[0]
    assert ssh_lets_in(user, server)
    again = Answers()
    let_in(user, server, again)
    assert again.asked == []


def test_a_host_is_remembered_hashed_where_the_configuration_says_so(user: User, server: Server, keys: Keys) -> None:
    user.configure(f"IdentityFile {keys.user}", "HashKnownHosts yes", "StrictHostKeyChecking accept-new")
    let_in(user, server)
    assert "127.0.0.1" not in user.known_hosts.read_text()
    found = run("ssh-keygen", "-F", f"[127.0.0.1]:{server.port}", "-f", str(user.known_hosts))
    assert public(keys.host["ed25519"]) in found
    assert ssh_lets_in(user, server)


def test_a_line_is_added_after_one_that_lacks_its_end(user: User, server: Server, keys: Keys) -> None:
    user.known_hosts.write_text(f"elsewhere {public(keys.other['rsa'])}")
    let_in(user, server, Answers())
    lines = user.known_hosts.read_text().splitlines()
    assert lines == [
        f"elsewhere {public(keys.other['rsa'])}",
        f"[127.0.0.1]:{server.port} {public(keys.host['ed25519'])}",
    ]


def test_the_folder_and_file_are_made_for_their_owner_alone(user: User, server: Server, keys: Keys) -> None:
    hosts = user.home / "new" / "folder" / "hosts"
    user.configure(f"IdentityFile {keys.user}", f"UserKnownHostsFile {hosts}")
    let_in(user, server, Answers())
    assert stat.S_IMODE(hosts.stat().st_mode) == 0o600
    assert stat.S_IMODE(hosts.parent.stat().st_mode) == 0o700


def test_a_host_that_was_not_accepted_is_refused_and_not_remembered(user: User, server: Server) -> None:
    with pytest.raises(AccessDenied) as caught:
        let_in(user, server, Answers(trusted=False))
    assert "was not accepted" in caught.value.message
    assert not user.known_hosts.exists()


def test_where_nobody_can_be_asked_the_error_says_what_to_run(user: User, server: Server, keys: Keys) -> None:
    with pytest.raises(AccessDenied) as caught:
        let_in(user, server)
    assert "SHA256:" in caught.value.message
    assert f"ssh -p {server.port} " in caught.value.hint


def test_a_host_that_cannot_be_remembered_is_asked_about_once_in_a_process(
    user: User, server: Server, keys: Keys
) -> None:
    user.configure(f"IdentityFile {keys.user}", f"UserKnownHostsFile {user.home}/file/hosts")
    (user.home / "file").write_text("not a folder")
    answers, secrets = Answers(), Secrets()
    session = let_in(user, server, answers, secrets)
    assert "could not be written" in session.notices[0]
    let_in(user, server, answers, secrets)
    assert answers.asked == ["host"]


def test_what_was_accepted_earlier_does_not_count_against_what_the_file_says_now(
    user: User, server: Server, keys: Keys
) -> None:
    answers, secrets = Answers(), Secrets()
    let_in(user, server, answers, secrets)
    user.knows(f"[127.0.0.1]:{server.port} {public(keys.other['ed25519'])}")
    with pytest.raises(AccessDenied, match="changed"):
        let_in(user, server, answers, secrets)
    user.knows()
    let_in(user, server, answers, secrets)
    assert answers.asked == ["host", "host"]


def test_a_changed_key_is_refused_with_its_place_and_the_command_that_forgets_it(
    user: User, server: Server, keys: Keys
) -> None:
    user.knows("# first", f"[127.0.0.1]:{server.port} {public(keys.other['ed25519'])}")
    answers = Answers()
    with pytest.raises(AccessDenied) as caught:
        let_in(user, server, answers)
    assert f"{user.known_hosts}:2" in caught.value.message
    assert "changed" in caught.value.message
    assert answers.asked == []
    command = caught.value.hint.partition(": ")[2]
    subprocess.run(command, shell=True, check=True, capture_output=True)
    let_in(user, server, answers)
    assert answers.asked == ["host"]


def test_a_changed_key_that_is_let_pass_is_told_and_no_password_is_asked_for(
    user: User, folder: Path, keys: Keys, tmp_path: Path
) -> None:
    with ssh_server(tmp_path / "s", [keys.host["rsa"]], [], {"PasswordAuthentication": "yes"}) as server:
        user.configure(f"IdentityFile {keys.user}", "StrictHostKeyChecking no")
        user.knows(f"[127.0.0.1]:{server.port} {public(keys.other['rsa'])}")
        answers = Answers(passwords=["secret-pw"] * 3)
        with pytest.raises(AccessDenied):
            let_in(user, server, answers)
        assert answers.asked == []


def test_a_revoked_key_is_refused_with_the_place_that_says_so(user: User, server: Server, keys: Keys) -> None:
    user.knows(f"@revoked * {public(keys.host['ed25519'])}")
    with pytest.raises(AccessDenied, match=r"revoked in .*known_hosts:1"):
        let_in(user, server, Answers())


def test_known_hosts_that_cannot_be_read_are_told_when_the_host_is_asked_about(user: User, server: Server) -> None:
    user.known_hosts.mkdir()
    answers = Answers()
    let_in(user, server, answers)
    assert str(user.known_hosts) in answers.hosts[0].note


def test_an_alias_takes_the_place_of_the_name_and_has_no_port(user: User, server: Server, keys: Keys) -> None:
    user.configure(f"IdentityFile {keys.user}", "HostKeyAlias the-box")
    user.knows(f"the-box {public(keys.host['ecdsa'])}")
    let_in(user, server)
    assert ssh_lets_in(user, server)


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_a_certified_host_needs_no_line_of_its_own(user: User, keys: Keys, tmp_path: Path, kind: str) -> None:
    options = certified(keys, kind, tmp_path, "-h", "-n", "127.0.0.1,elsewhere", "-V", "-1d:+1d")
    with ssh_server(tmp_path / "s", [], [public(keys.user)], options) as server:
        user.knows(f"@cert-authority [127.0.0.*]:* {public(keys.authority)}")
        assert ssh_lets_in(user, server)
        let_in(user, server)


CERTIFICATES = {
    "for every name": (["-h"], "* AUTHORITY"),
    "for another host": (["-h", "-n", "elsewhere"], "* AUTHORITY"),
    "expired": (["-h", "-V", "-2d:-1d"], "* AUTHORITY"),
    "not valid yet": (["-h", "-V", "+1d:+2d"], "* AUTHORITY"),
    "for a user": (["-n", "127.0.0.1"], "* AUTHORITY"),
    "of an authority for other hosts": (["-h"], "*.example.org AUTHORITY"),
    "of another authority": (["-h"], "* OTHER_ed25519"),
}


@pytest.mark.parametrize("about", CERTIFICATES)
def test_a_certificate_is_believed_exactly_when_ssh_believes_it(
    user: User, keys: Keys, tmp_path: Path, about: str
) -> None:
    made_with, authority = CERTIFICATES[about]
    options = certified(keys, "ed25519", tmp_path, *made_with)
    with ssh_server(tmp_path / "s", [], [public(keys.user)], options) as server:
        user.knows(*fill([f"@cert-authority {authority}"], keys, server.port))
        expected = ssh_lets_in(user, server)
        assert expected == (about == "for every name")
        if expected:
            let_in(user, server)
        else:
            with pytest.raises(AccessDenied) as caught:
                let_in(user, server)
            assert caught.value.hint


def test_a_certificate_of_a_revoked_authority_is_refused(user: User, keys: Keys, tmp_path: Path) -> None:
    options = certified(keys, "ed25519", tmp_path, "-h")
    with ssh_server(tmp_path / "s", [], [public(keys.user)], options) as server:
        user.knows(f"@cert-authority * {public(keys.authority)}", f"@revoked * {public(keys.authority)}")
        assert not ssh_lets_in(user, server)
        with pytest.raises(AccessDenied, match="revoked"):
            let_in(user, server)


def test_a_certified_host_whose_authority_is_not_known_is_known_by_its_key(
    user: User, keys: Keys, tmp_path: Path
) -> None:
    options = certified(keys, "ed25519", tmp_path, "-h")
    with ssh_server(tmp_path / "s", [], [public(keys.user)], options) as server:
        user.knows(
            f"@cert-authority * {public(keys.other['ed25519'])}",
            f"[127.0.0.1]:{server.port} {public(keys.host['ed25519'])}",
        )
        assert ssh_lets_in(user, server)
        let_in(user, server)


def test_every_line_about_a_host_is_found_with_its_place(tmp_path: Path, keys: Keys) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    key = public(keys.other["rsa"])
    first.write_text(f"# {key}\nhost,other {key}\n{hashed('host')} {key}\n!host,* {key}\n@revoked h?st {key}\n")
    second.write_bytes(b"\xff\xfe \n" + f"HOST {key}\n@cert-authority *st {key}".encode())
    found = known_keys([first, tmp_path / "none", second], "host")
    assert [(entry.where, entry.marker) for entry in found.keys] == [
        (f"{first}:2", Marker.NONE),
        (f"{first}:3", Marker.NONE),
        (f"{first}:5", Marker.REVOKED),
        (f"{second}:2", Marker.NONE),
        (f"{second}:3", Marker.AUTHORITY),
    ]
    assert found.unread == ()
