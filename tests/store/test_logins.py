"""Passwords of servers that nobody gave: asked for, tried, kept in memory, and shown by nothing."""

from __future__ import annotations

import pickle
import traceback
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from urllib.parse import quote, urlsplit

import pytest

from store import logins
from store.aside import Stop
from store.changes import EndRuns
from store.errors import AccessDenied, Cancelled, LoginRefused, PasswordWanted, StoreNotFound
from store.logins import ATTEMPTS, Passwords, with_password
from store.opening import open_address, open_changes, open_store
from store.protocols import RunQuery
from store.ssh.files import SshFiles
from store.uris import Address, Kind, parse
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.servers import READER, READER_PASSWORD, mariadb, postgres
from tests.support.sshd import Answers, User, keygen, public, ssh_server

DATABASE = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"

WRONG = "wr0ng/pass@word"


@pytest.fixture(params=[postgres_copy, mariadb_copy], ids=["postgres", "mariadb"], scope="module")
def served(request: pytest.FixtureRequest) -> str:
    """The address of a database, with its user and without the password."""
    parts = urlsplit(request.param(DATABASE))
    return f"{parts.scheme}://{parts.username}@{parts.hostname}:{parts.port}{parts.path}"


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Passwords:
    """What is typed in one test is not known in the next, and no file of this machine's user has a password."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PGPASSWORD", "PGPASSFILE"):
        monkeypatch.delenv(name, raising=False)
    known = Passwords()
    monkeypatch.setattr(logins, "KEPT", known)
    return known


def runs_of(uri: str | Address, person: Answers | None) -> int:
    with closing(open_address(parse(uri) if isinstance(uri, str) else uri, questions=person)) as store:
        assert READER_PASSWORD not in repr(store.info)
        return len(store.run_ids(RunQuery()).items)


def typing(*passwords: str | None) -> Answers:
    return Answers(passwords=list(passwords))


def everything_of(error: BaseException) -> str:
    """All that a log or a traceback could show of an error and of what led to it."""
    shown = "".join(traceback.format_exception(error))
    seen: BaseException | None = error
    while seen is not None:
        shown += repr(seen) + repr(getattr(seen, "hint", ""))
        seen = seen.__cause__ or seen.__context__
    return shown


def test_a_password_that_is_missing_is_asked_for_once(served: str) -> None:
    person = typing(READER_PASSWORD)
    assert runs_of(served, person) > 0
    assert person.asked == [served]
    assert runs_of(served, person) > 0
    # Somebody else's work in this process, and another database of the server, know it too.
    assert runs_of(served, None) > 0
    with pytest.raises((AccessDenied, StoreNotFound)) as caught:
        runs_of(f"{served}_missing", person)
    assert not isinstance(caught.value, LoginRefused)
    assert len(person.asked) == 1


def test_runs_are_changed_with_the_password_that_was_typed(served: str) -> None:
    assert runs_of(served, typing(READER_PASSWORD)) > 0
    with closing(open_store(served)) as store:
        (run, *_) = store.run_ids(RunQuery()).items
    with closing(open_changes(parse(served))) as changes, pytest.raises(AccessDenied) as caught:
        changes.apply(EndRuns("KILLED", 1_700_000_000_000), [run])
    # The reader may not write; but it was let in.
    assert not isinstance(caught.value, LoginRefused)
    assert "nothing was changed" in caught.value.message


def test_connections_that_are_made_again_ask_nothing(served: str) -> None:
    person = typing(READER_PASSWORD)
    with closing(open_address(parse(served), questions=person)) as store:
        before = store.run_ids(RunQuery()).items
        store._database._pool.forget()  # type: ignore[attr-defined]  # as a server does that restarts
        assert store.run_ids(RunQuery()).items == before
    assert len(person.asked) == 1


def test_three_passwords_are_tried(served: str) -> None:
    person = typing(WRONG, "also wrong", READER_PASSWORD)
    assert runs_of(served, person) > 0
    assert person.asked == [served, f"{served} again", f"{served} again"]


@pytest.mark.parametrize("password", ["pässwörd", "пароль", "密码 🔑"])
def test_a_password_may_have_any_letters(served: str, password: str) -> None:
    user, parts = "polyglot", urlsplit(served)
    if parts.scheme == "postgresql":
        with postgres().admin() as connection:
            connection.execute(f"DROP ROLE IF EXISTS {user}")
            connection.execute(f"CREATE ROLE {user} LOGIN SUPERUSER PASSWORD '{password}'")
    else:
        with mariadb().admin() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE OR REPLACE USER {user}@'127.0.0.1' IDENTIFIED BY %s", (password,))
            cursor.execute(f"GRANT SELECT ON *.* TO {user}@'127.0.0.1'")
    assert runs_of(served.replace(f"{READER}@", f"{user}@"), typing(password)) > 0
    assert runs_of(served.replace(f"{READER}@", f"{user}:{quote(password)}@"), None) > 0


def test_a_server_may_say_in_any_language_that_it_misses_a_password() -> None:
    parts = urlsplit(mariadb_copy(DATABASE))
    uri = f"{parts.scheme}://{parts.username}@{parts.hostname}:{parts.port}{parts.path}"
    with mariadb().admin() as connection, connection.cursor() as cursor:
        try:
            cursor.execute("SET GLOBAL lc_messages = 'de_DE'")
            person = typing(WRONG, READER_PASSWORD)
            assert runs_of(uri, person) > 0
            assert len(person.asked) == 2
        finally:
            cursor.execute("SET GLOBAL lc_messages = 'en_US'")


def test_after_three_wrong_ones_it_is_refused(served: str, kept: Passwords) -> None:
    person = typing(*[WRONG] * ATTEMPTS, READER_PASSWORD)
    with pytest.raises(LoginRefused, match="does not accept this user and password") as caught:
        runs_of(served, person)
    assert len(person.asked) == ATTEMPTS
    assert not isinstance(caught.value, PasswordWanted)
    assert WRONG not in everything_of(caught.value)
    assert WRONG not in str(vars(kept)["_known"])


@pytest.mark.parametrize("asked", [False, True], ids=["nobody to ask", "no answer"])
def test_without_an_answer_it_is_told_where_a_password_can_be(served: str, asked: bool) -> None:
    with pytest.raises(PasswordWanted, match="wants a password, and none was given") as caught:
        runs_of(served, typing(None) if asked else None)
    assert f"{READER}@127.0.0.1" in caught.value.message
    for place in ("~/.pgpass", "PGPASSWORD", "~/.my.cnf", "--password-from env:VARIABLE"):
        assert place in caught.value.hint


def test_a_wrong_password_from_elsewhere_is_not_asked_for(served: str) -> None:
    person = typing(READER_PASSWORD)
    given = served.replace(f"{READER}@", f"{READER}:{WRONG.replace('@', '%40').replace('/', '%2F')}@")
    with pytest.raises(LoginRefused, match="does not accept this user and password"):
        runs_of(given, person)
    assert person.asked == []


def test_a_password_that_was_changed_is_asked_for_again(served: str, kept: Passwords) -> None:
    account = logins._account(parse(served))
    kept.keep(account, "the old one")
    with pytest.raises(LoginRefused):
        runs_of(served, None)
    kept.keep(account, "the old one")
    person = typing(READER_PASSWORD)
    assert runs_of(served, person) > 0
    assert person.asked == [f"{served} again"]
    assert kept.get(account) == READER_PASSWORD


def test_a_user_that_is_not_named_in_the_address_is_the_clients_own(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".my.cnf").write_text(f"[client]\nuser = {READER}\n")
    monkeypatch.setenv("PGUSER", READER)
    person = typing(READER_PASSWORD)
    assert runs_of(served.replace(f"{READER}@", ""), person) > 0
    assert len(person.asked) == 1


def test_the_password_of_a_database_behind_ssh_is_asked_for_on_the_way(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keygen(tmp_path / "key")
    user = User(tmp_path / "home")
    user.configure(f"IdentityFile {key}")
    monkeypatch.setattr(SshFiles, "of_user", classmethod(lambda cls, environ=None: user.files))
    with ssh_server(tmp_path / "server", [keygen(tmp_path / "host")], [public(key)]) as server:
        user.knows(server.known_line)
        address = replace(parse(served), ssh=server.address)
        person = typing(WRONG, READER_PASSWORD)
        assert runs_of(address, person) > 0
        assert person.asked == [f"{served} via {server.address}", f"{served} via {server.address} again"]
        assert runs_of(address, None) > 0
    # Reached in another way it is another server.
    with pytest.raises(PasswordWanted):
        runs_of(served, None)


# The asking itself


class Leaving(Answers):
    """Calls the attempt off, as a person does, or because its stop was set."""

    stop: Stop | None = None

    def until(self, stop: Stop) -> Leaving:
        self.stop = stop
        return self

    def server_password(self, address: str, *, again: bool) -> str | None:
        raise Cancelled


ADDRESS = Address(Kind.POSTGRESQL, "postgresql://ada@db/mlflow")


def wanting(address: Address, cancel: Event | None) -> str:
    if address.password is None:
        raise PasswordWanted("it wants a password")
    return address.password


def test_calling_it_off_ends_the_opening() -> None:
    person, cancel = Leaving(), Event()
    with pytest.raises(Cancelled):
        with_password(wanting, person, Passwords())(ADDRESS, cancel)
    assert person.stop is cancel


@pytest.mark.parametrize(
    "other",
    [
        "postgresql://bob@db/mlflow",
        "postgresql://ada@db:6000/mlflow",
        "postgresql://ada@db/mlflow?host=elsewhere",
        "postgresql://ada:s3cret@db/mlflow",
    ],
)
def test_a_password_is_good_for_its_account_alone(other: str) -> None:
    known = Passwords()
    assert with_password(wanting, typing("s3cret"), known)(ADDRESS, None) == "s3cret"
    assert with_password(wanting, None, known)(replace(ADDRESS, uri="postgresql+psycopg://ada@db/x"), None) == "s3cret"
    for address in (replace(ADDRESS, uri=other), replace(ADDRESS, ssh="gpu-3"), replace(ADDRESS, kind=Kind.MYSQL)):
        with pytest.raises(PasswordWanted):
            with_password(wanting, None, known)(address, None)


def test_a_password_for_https_is_not_sent_without_tls() -> None:
    known, https = Passwords(), Address(Kind.HTTP, "https://ada@ml/team")
    assert with_password(wanting, typing("s3cret"), known)(https, None) == "s3cret"
    assert with_password(wanting, None, known)(replace(https, uri="https://ada@ml/team/"), None) == "s3cret"
    for other in ("http://ada@ml/team", "https://ada@ml/others", "https://bob@ml/team"):
        with pytest.raises(PasswordWanted):
            with_password(wanting, None, known)(replace(https, uri=other), None)


def test_nothing_repeats_what_was_typed() -> None:
    known = Passwords()
    known.keep(("a",), "s3cret")
    assert "s3cret" not in repr(known)
    assert "s3cret" not in repr(replace(ADDRESS, password="s3cret"))
    assert "s3cret" not in replace(ADDRESS, password="s3cret").shown
    with pytest.raises(TypeError):
        pickle.dumps(known)
