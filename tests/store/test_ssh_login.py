"""Logging in to real servers: keys of every kind, the agent, passwords, in ssh's order."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from store.aside import Stop
from store.errors import AccessDenied, Cancelled, StoreUnreachable
from store.questions import Prompt
from store.ssh.config import METHODS
from store.ssh.identities import Asking, identities
from store.ssh.keyblob import decoded
from store.ssh.secrets import Secrets
from store.ssh.session import Session
from store.ssh.waiting import Patience
from tests.support.sshd import Answers, Server, User, account, keygen, public, run, ssh_agent, ssh_server

pytestmark = pytest.mark.long

PASSPHRASE = "correct horse secret-pw"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ssh")


@pytest.fixture(scope="module")
def host_key(folder: Path) -> Path:
    return keygen(folder / "host")


@pytest.fixture(scope="module")
def server(folder: Path, host_key: Path) -> Iterator[Server]:
    """Lets in whoever has a key that `allow` was told of."""
    with ssh_server(folder / "server", [host_key], [], {"MaxAuthTries": "6"}) as server:
        yield server


@pytest.fixture
def user(tmp_path: Path, server: Server) -> User:
    user = User(tmp_path / "home")
    user.knows(server.known_line)
    return user


def allow(server: Server, *keys: str) -> None:
    (server.folder / "authorized_keys").write_text("".join(f"{key}\n" for key in keys))


@dataclass
class CallingOff(Answers):
    """Ends the whole attempt instead of answering, as long as it likes."""

    calls_off: bool = True
    attempts: list[Stop] = field(default_factory=list)

    def until(self, stop: Stop) -> CallingOff:
        self.attempts.append(stop)
        return self

    def password(self, user: str, host: str, *, again: bool) -> str | None:
        if self.calls_off:
            raise Cancelled
        return super().password(user, host, again=again)

    def answers(self, user: str, host: str, about: str, prompts: Sequence[Prompt]) -> Sequence[str] | None:
        if self.calls_off:
            raise Cancelled
        return super().answers(user, host, about, prompts)


def log_in(user: User, server: Server | str, answers: Answers | None = None, secrets: Secrets | None = None) -> Session:
    address = server if isinstance(server, str) else server.address
    session = Session(address, files=user.files, questions=answers, secrets=secrets or Secrets())
    try:
        session.connect()
        assert session.connected
    finally:
        session.close()
    assert not session.connected
    return session


def blob_of(key: Path) -> bytes:
    kind, text = public(key).split()
    return decoded(text, kind)


FORMATS = {
    "ed25519": ("ed25519",),
    "ecdsa 256": ("ecdsa", "-b", "256"),
    "ecdsa 384": ("ecdsa", "-b", "384"),
    "ecdsa 521": ("ecdsa", "-b", "521"),
    "rsa": ("rsa",),
    "rsa, PEM": ("rsa", "-m", "PEM"),
    "rsa, PKCS8": ("rsa", "-m", "PKCS8"),
    "ecdsa, PEM": ("ecdsa", "-m", "PEM"),
    "ecdsa, PKCS8": ("ecdsa", "-m", "PKCS8"),
    "ed25519, AES-GCM": ("ed25519", "-Z", "aes256-gcm@openssh.com"),
    "ed25519, AES-CBC": ("ed25519", "-Z", "aes256-cbc"),
}


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE], ids=["plain", "encrypted"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_key_of_every_type_and_format_gets_in(user: User, server: Server, form: str, passphrase: str) -> None:
    kind, *options = FORMATS[form]
    key = keygen(user.folder / "key", kind, passphrase, *options)
    user.configure(f"IdentityFile {key}")
    allow(server, public(key))
    answers = Answers(passphrases=["wrong", PASSPHRASE])
    log_in(user, server, answers)
    assert answers.asked == (["passphrase key", "passphrase key again"] if passphrase else [])


def test_the_usual_names_are_tried_where_the_configuration_names_none(user: User, server: Server) -> None:
    key = keygen(user.folder / "id_ecdsa", "ecdsa")
    keygen(user.folder / "id_rsa", "rsa")
    allow(server, public(key))
    before = server.log
    log_in(user, server)
    assert "Accepted publickey" in server.log.removeprefix(before)
    assert "ECDSA SHA256:" in server.log.removeprefix(before)


def test_a_passphrase_may_be_wrong_twice(user: User, server: Server) -> None:
    key = keygen(user.folder / "id_ed25519", passphrase=PASSPHRASE)
    allow(server, public(key))
    answers = Answers(passphrases=["no", "nor this", PASSPHRASE])
    log_in(user, server, answers)
    assert answers.asked == ["passphrase id_ed25519", *["passphrase id_ed25519 again"] * 2]


def test_a_passphrase_that_is_wrong_three_times_is_enough(user: User, server: Server) -> None:
    key = keygen(user.folder / "id_ed25519", passphrase=PASSPHRASE)
    allow(server, public(key))
    answers = Answers(passphrases=["no", "nor this", "nor that"])
    with pytest.raises(AccessDenied) as caught:
        log_in(user, server, answers)
    assert len(answers.asked) == 3
    assert "passphrase was wrong" in caught.value.message
    assert caught.value.hint == f"give it to the agent: ssh-add {key}"


def test_a_passphrase_is_asked_for_once_in_a_process_and_again_once_it_changed(user: User, server: Server) -> None:
    key = keygen(user.folder / "id_ed25519", passphrase=PASSPHRASE)
    allow(server, public(key))
    answers, secrets = Answers(passphrases=[PASSPHRASE, "another"]), Secrets()
    log_in(user, server, answers, secrets)
    log_in(user, server, answers, secrets)
    assert answers.asked == ["passphrase id_ed25519"]
    run("ssh-keygen", "-q", "-p", "-P", PASSPHRASE, "-N", "another", "-f", str(key))
    log_in(user, server, answers, secrets)
    assert answers.asked == ["passphrase id_ed25519"] * 2


def test_a_passphrase_is_not_asked_for_if_the_host_would_not_take_the_key(user: User, server: Server) -> None:
    encrypted = keygen(user.folder / "id_rsa", "rsa", PASSPHRASE)
    key = keygen(user.folder / "id_ed25519")
    allow(server, public(key))
    answers = Answers()
    log_in(user, server, answers)
    assert answers.asked == []
    # The public part is in the private file too.
    encrypted.with_name("id_rsa.pub").unlink()
    log_in(user, server, answers)
    assert answers.asked == []


def test_an_encrypted_key_with_nobody_to_ask_says_what_to_run(user: User, server: Server) -> None:
    key = keygen(user.folder / "my key", passphrase=PASSPHRASE)
    user.configure(f'IdentityFile "{key}"')
    allow(server, public(key))
    with pytest.raises(AccessDenied) as caught:
        log_in(user, server)
    assert "is encrypted" in caught.value.message
    assert caught.value.hint == f"give it to the agent: ssh-add '{key}'"


def test_a_key_that_is_no_use_is_told_with_its_reason(user: User, server: Server) -> None:
    open_to_all, rubbish = keygen(user.folder / "open"), user.folder / "rubbish"
    open_to_all.chmod(0o644)
    rubbish.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nrubbish\n-----END OPENSSH PRIVATE KEY-----\n")
    rubbish.chmod(0o600)
    user.configure(*(f"IdentityFile {path}" for path in (open_to_all, rubbish, user.folder / "none", user.config)))
    allow(server, public(open_to_all))
    with pytest.raises(AccessDenied) as caught:
        log_in(user, server)
    assert "mode 0644" in caught.value.message
    assert "damaged" in caught.value.message
    assert f"{user.folder}/none does not exist" in caught.value.message
    assert f"{user.config} is no private key" in caught.value.message
    assert caught.value.hint.startswith("chmod 600 ")


def test_no_key_at_all_is_told_with_what_the_host_takes(user: User, server: Server) -> None:
    with pytest.raises(AccessDenied) as caught:
        log_in(user, server)
    assert "it takes publickey" in caught.value.message
    assert "no key to try" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_key_of_the_agent_gets_in(user: User, server: Server, kind: str, tmp_path: Path) -> None:
    key = keygen(tmp_path / "key", kind, PASSPHRASE)
    allow(server, public(key))
    with ssh_agent(tmp_path, key, passphrase=PASSPHRASE) as agent:
        user.environ["SSH_AUTH_SOCK"] = agent
        log_in(user, server)
        user.configure("IdentitiesOnly yes")
        with pytest.raises(AccessDenied):
            log_in(user, server)
        user.configure("IdentitiesOnly yes", f"IdentityFile {key}")
        answers = Answers()
        log_in(user, server, answers)
        assert answers.asked == []


def test_a_public_key_in_place_of_a_private_one_names_the_agent_s(user: User, server: Server, tmp_path: Path) -> None:
    key, others = keygen(tmp_path / "key"), [keygen(tmp_path / f"other{number}") for number in range(7)]
    allow(server, public(key))
    with ssh_agent(tmp_path, *others, key) as agent:
        user.environ["SSH_AUTH_SOCK"] = agent
        user.configure(f"IdentityFile {key}.pub", "IdentitiesOnly yes")
        log_in(user, server)
        key.unlink()
        user.configure(f"IdentityFile {key}", "IdentitiesOnly yes")
        log_in(user, server)


def test_what_a_host_says_to_everybody_is_told_when_it_lets_nobody_in(
    user: User, host_key: Path, tmp_path: Path
) -> None:
    (tmp_path / "banner").write_text("Locked for \x1b[31mmaintenance\nuntil Monday\n")
    with ssh_server(tmp_path / "s", [host_key], [], {"Banner": str(tmp_path / "banner")}) as server:
        user.knows(server.known_line)
        with pytest.raises(AccessDenied) as caught:
            log_in(user, server)
    assert "maintenance until Monday" in caught.value.message
    assert "\x1b" not in caught.value.message


def test_an_agent_that_is_not_there_is_told_if_nothing_else_gets_in(user: User, server: Server) -> None:
    user.environ["SSH_AUTH_SOCK"] = str(user.home / "gone")
    key = keygen(user.folder / "id_ed25519")
    allow(server, public(key))
    log_in(user, server)
    allow(server)
    with pytest.raises(AccessDenied) as caught:
        log_in(user, server)
    assert "the SSH agent" in caught.value.message


def test_keys_are_tried_in_the_order_of_ssh(user: User, server: Server, tmp_path: Path) -> None:
    named, file, held = (keygen(user.folder / name) for name in ("named", "file", "held"))
    authority = keygen(tmp_path / "authority")
    run("ssh-keygen", "-q", "-s", str(authority), "-I", "me", "-n", user.name, f"{file}.pub")
    user.configure(f"IdentityFile {file}", f"IdentityFile {named}")
    with ssh_agent(tmp_path, held, named) as agent:
        user.environ["SSH_AUTH_SOCK"] = agent
        target = Session(server.address, files=user.files).target
        patience = Patience(10, None, lambda: StoreUnreachable("late"))
        found = identities(target, Asking(None, Secrets(), 3), patience)
    certificate, *rest = found.identities
    assert certificate.key_type == "ssh-ed25519-cert-v01@openssh.com"
    assert certificate.description == f"the certificate for {file}"
    assert [identity.blob for identity in rest] == [blob_of(key) for key in (named, held, file)]
    assert [identity.description for identity in rest] == [*["the agent's key ed25519 of a test"] * 2, str(file)]


def test_too_many_keys_are_told_with_what_to_do(user: User, server: Server, tmp_path: Path) -> None:
    keys = [keygen(tmp_path / f"key{number}") for number in range(8)]
    allow(server)
    with ssh_agent(tmp_path, *keys) as agent:
        user.environ["SSH_AUTH_SOCK"] = agent
        with pytest.raises(StoreUnreachable) as caught:
            log_in(user, server)
    assert "Too many authentication failures" in caught.value.message
    assert "IdentitiesOnly" in caught.value.hint


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("held", [False, True], ids=["file", "agent"])
def test_a_certificate_gets_in(
    user: User, host_key: Path, tmp_path: Path, kind: str, held: bool, server: Server
) -> None:
    authority, key = keygen(tmp_path / "authority"), keygen(user.folder / f"id_{kind}", kind)
    run("ssh-keygen", "-q", "-s", str(authority), "-I", "me", "-n", user.name, f"{key}.pub")
    options = {"TrustedUserCAKeys": f"{authority}.pub"}
    with ssh_server(tmp_path / "s", [host_key], [], options) as server:
        user.knows(server.known_line)
        if not held:
            log_in(user, server)
            moved = tmp_path / "elsewhere.pub"
            shutil.move(f"{key}-cert.pub", moved)
            with pytest.raises(AccessDenied):
                log_in(user, server)
            user.configure(f"CertificateFile {moved}")
            log_in(user, server)
            return
        with ssh_agent(tmp_path, key) as agent:
            key.unlink()
            Path(f"{key}-cert.pub").unlink()
            user.environ["SSH_AUTH_SOCK"] = agent
            log_in(user, server)


def test_two_keys_that_are_both_wanted_get_in(user: User, host_key: Path, tmp_path: Path) -> None:
    first, second = keygen(user.folder / "id_ecdsa", "ecdsa"), keygen(user.folder / "id_ed25519")
    options = {"AuthenticationMethods": "publickey,publickey"}
    with ssh_server(tmp_path / "s", [host_key], [public(first), public(second)], options) as server:
        user.knows(server.known_line)
        log_in(user, server)
        allow(server, public(first))
        with pytest.raises(AccessDenied):
            log_in(user, server)


def test_ways_that_the_configuration_forbids_are_not_used(user: User, server: Server) -> None:
    key = keygen(user.folder / "id_ed25519")
    allow(server, public(key))
    user.configure("PubkeyAuthentication no")
    with pytest.raises(AccessDenied) as caught:
        log_in(user, server)
    assert "tried" not in caught.value.message


# With a password: an account of its own.


@pytest.fixture(scope="module")
def login() -> Iterator[tuple[str, str]]:
    with account() as made:
        yield made


@pytest.fixture(scope="module", params=["password", "keyboard-interactive"])
def typed(request: pytest.FixtureRequest, folder: Path, host_key: Path, login: tuple[str, str]) -> Iterator[Server]:
    """A server that takes a password in one of two ways."""
    way = str(request.param)
    assert way in METHODS
    options = {
        "PasswordAuthentication": "yes" if way == "password" else "no",
        "KbdInteractiveAuthentication": "no" if way == "password" else "yes",
        "UsePAM": "no" if way == "password" else "yes",
    }
    with ssh_server(folder / way, [host_key], [], options) as server:
        yield server


def typing(way: Server, *passwords: str | None) -> Answers:
    if way.folder.name == "password":
        return Answers(passwords=list(passwords))
    return Answers(replies=[None if password is None else [password] for password in passwords])


def test_a_password_gets_in(user: User, typed: Server, login: tuple[str, str]) -> None:
    name, password = login
    user.knows(typed.known_line)
    answers, secrets = typing(typed, password), Secrets()
    log_in(user, f"{name}@127.0.0.1:{typed.port}", answers, secrets)
    log_in(user, f"{name}@127.0.0.1:{typed.port}", answers, secrets)
    assert len(answers.asked) == 1
    if answers.prompts:
        assert "password" in answers.prompts[0].text.lower()
        assert not answers.prompts[0].shown


def test_a_password_may_be_wrong_twice(user: User, typed: Server, login: tuple[str, str]) -> None:
    name, password = login
    user.knows(typed.known_line)
    answers = typing(typed, "no", "nor this", password)
    log_in(user, f"{name}@127.0.0.1:{typed.port}", answers)
    assert len(answers.asked) == 3


def test_a_password_that_is_wrong_three_times_is_enough(user: User, typed: Server, login: tuple[str, str]) -> None:
    user.knows(typed.known_line)
    answers = typing(typed, "no", "nor this", "nor that", "never asked")
    with pytest.raises(AccessDenied) as caught:
        log_in(user, f"{login[0]}@127.0.0.1:{typed.port}", answers)
    assert len(answers.asked) == 3
    assert caught.value.hint


def test_a_password_that_is_not_given_is_asked_for_once(user: User, typed: Server, login: tuple[str, str]) -> None:
    user.knows(typed.known_line)
    answers = typing(typed, None)
    with pytest.raises(AccessDenied):
        log_in(user, f"{login[0]}@127.0.0.1:{typed.port}", answers)
    assert len(answers.asked) == 1


def test_many_connections_ask_once_for_a_password_that_is_not_given(
    user: User, typed: Server, login: tuple[str, str]
) -> None:
    user.knows(typed.known_line)
    answers = typing(typed, None, login[1])
    session = Session(f"{login[0]}@127.0.0.1:{typed.port}", files=user.files, questions=answers, secrets=Secrets())
    for _ in range(3):
        with pytest.raises(AccessDenied):
            session.open_channel("127.0.0.1", 1)
    assert len(answers.asked) == 1
    session.connect()
    assert len(answers.asked) == 2
    session.close()


def test_what_a_person_calls_off_ends_the_login_for_all_that_wait_for_it(
    user: User, typed: Server, login: tuple[str, str]
) -> None:
    user.knows(typed.known_line)
    answers = CallingOff(passwords=[login[1]], replies=[[login[1]]])
    session = Session(f"{login[0]}@127.0.0.1:{typed.port}", files=user.files, questions=answers, secrets=Secrets())
    with pytest.raises(Cancelled):
        session.connect()
    with pytest.raises(AccessDenied, match="was called off") as caught:
        session.open_channel("127.0.0.1", 1)
    assert login[1] not in f"{caught.value.message} {caught.value.hint}"
    assert len(answers.attempts) == 1
    answers.calls_off = False
    session.connect()
    assert session.connected
    session.close()


def test_a_question_knows_when_its_login_is_over(user: User, typed: Server, login: tuple[str, str]) -> None:
    user.knows(typed.known_line)
    answers = CallingOff()
    session = Session(f"{login[0]}@127.0.0.1:{typed.port}", files=user.files, questions=answers, secrets=Secrets())
    cancel = Event()
    with pytest.raises(Cancelled):
        session.connect(cancel)
    (stop,) = answers.attempts
    assert not stop.is_set()
    cancel.set()
    assert stop.is_set()
    session.close()


def test_a_password_that_changed_is_asked_for_again(user: User, typed: Server, login: tuple[str, str]) -> None:
    name, password = login
    user.knows(typed.known_line)
    answers, secrets = typing(typed, password), Secrets()
    secrets.keep_password((name, "127.0.0.1", typed.port), "the old one")
    log_in(user, f"{name}@127.0.0.1:{typed.port}", answers, secrets)
    assert len(answers.asked) == 1
    assert secrets.password((name, "127.0.0.1", typed.port)) == password


def test_a_password_with_nobody_to_ask_says_what_to_do(user: User, typed: Server, login: tuple[str, str]) -> None:
    user.knows(typed.known_line)
    with pytest.raises(AccessDenied) as caught:
        log_in(user, f"{login[0]}@127.0.0.1:{typed.port}")
    assert typed.folder.name in caught.value.message
    assert "ssh-copy-id" in caught.value.hint
