"""What a host's name stands for: the address, the account and the rules that the user's ssh would use.

Understood of ssh_config(5): Host, Match (all, final, host, originalhost, user, localuser, tagged, exec), Include,
HostName, User, Port, IdentityFile, IdentitiesOnly, IdentityAgent, CertificateFile, ProxyJump, ProxyCommand,
UserKnownHostsFile, GlobalKnownHostsFile, HostKeyAlias, StrictHostKeyChecking, HashKnownHosts, AddressFamily,
ConnectTimeout, ServerAliveInterval, ServerAliveCountMax, BatchMode, NumberOfPasswordPrompts,
PreferredAuthentications, PubkeyAuthentication, PasswordAuthentication, KbdInteractiveAuthentication. Others are
passed over: they are about terminals, forwardings and algorithms (SHA-1 signatures are never used).
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Final

from store.aside import Stop
from store.errors import UriError
from store.ssh.config_file import Line
from store.ssh.files import SshFiles
from store.ssh.options import Options, look_up
from store.ssh.spec import HostSpec, parse_spec, valid_host, valid_port, valid_user
from store.ssh.target import SSH_PORT, SshTarget, Strictness
from store.ssh.tokens import Tokens, hostname_of
from store.ssh.values import flag, number, one_of, seconds

CONNECT_TIMEOUT: Final = 20.0
"""Seconds for reaching a host where the configuration says nothing. ssh waits for as long as TCP does: minutes."""

ALIVE_INTERVAL: Final = 15.0
"""Seconds of silence after which a host is asked whether it is still there, where the configuration says nothing.
ssh never asks; something that shows live data has to know."""

GUESSES: Final = ("id_rsa", "id_ecdsa", "id_ed25519")
"""Names of private keys that are tried if the configuration names none. Those of hardware (`_sk`) are the agent's."""

METHODS: Final = ("publickey", "keyboard-interactive", "password")
"""Ways to log in, in ssh's order."""

_STRICT: Final = {
    "yes": Strictness.YES,
    "true": Strictness.YES,
    "ask": Strictness.ASK,
    "accept-new": Strictness.ACCEPT_NEW,
    "no": Strictness.NO,
    "off": Strictness.NO,
    "false": Strictness.NO,
}


def resolve(text: str, files: SshFiles, cancel: Stop | None = None) -> SshTarget:
    """The target that `text` names; see `store.ssh.spec` for how.

    Raises `UriError` for what ssh would refuse, `AccessDenied` for a configuration that cannot be read or trusted.
    """
    return _target(parse_spec(text), files, cancel)


def without_proxy(target: SshTarget, jumps: tuple[str, ...]) -> SshTarget:
    """The last of a chain of jump hosts is reached through those before it, whatever its own configuration says."""
    return replace(target, jumps=jumps, proxy_command=None) if jumps else target


def _target(spec: HostSpec, files: SshFiles, cancel: Stop | None) -> SshTarget:
    options = look_up(spec.host, files, user=spec.user, port=spec.port, cancel=cancel)
    where = options.where
    given = options.word("hostname", "")
    # What was typed is no template: an IPv6 address may have a zone after a %.
    hostname = valid_host(hostname_of(given, spec.host, where("hostname")), where("hostname")) if given else spec.host
    port = spec.port or valid_port(options.word("port", str(SSH_PORT)), where("port"))
    user = spec.user or valid_user(options.word("user", files.user), where("user"))
    alias = options.first("hostkeyalias")
    tokens = Tokens(
        files, spec.host, hostname, port, user, alias.words[0] if alias and alias.words else None, _jump_text(options)
    )
    identities = _paths(options.found.get("identityfile", []), tokens)
    guesses = tuple(files.folder / name for name in GUESSES)
    return SshTarget(
        alias=spec.host,
        hostname=hostname,
        port=port,
        user=user,
        command=" ".join(
            ["ssh", *(["-p", str(spec.port)] if spec.port is not None else []), shlex.quote(spec.account)]
        ),
        identity_files=guesses if identities is None else identities,
        identities_given=identities is not None,
        certificate_files=_paths(options.found.get("certificatefile", []), tokens) or (),
        identities_only=flag(options, "identitiesonly", False),
        identity_agent=_agent(options, tokens),
        jumps=_jumps(options, tokens),
        proxy_command=_proxy_command(options, tokens),
        user_known_hosts=_known_hosts(options, "userknownhostsfile", files.known_hosts, tokens),
        global_known_hosts=_known_hosts(options, "globalknownhostsfile", files.global_known_hosts, tokens),
        host_key_alias=tokens.host_key_alias,
        strictness=_strictness(options),
        hash_known_hosts=flag(options, "hashknownhosts", False),
        address_family=one_of(options, "addressfamily", ("any", "inet", "inet6")),
        connect_timeout=seconds(options, "connecttimeout", CONNECT_TIMEOUT) or CONNECT_TIMEOUT,
        alive_interval=seconds(options, "serveraliveinterval", ALIVE_INTERVAL),
        alive_count_max=number(options, "serveralivecountmax", 3),
        methods=_methods(options),
        prompts=0 if flag(options, "batchmode", False) else number(options, "numberofpasswordprompts", 3),
    )


def _strictness(options: Options) -> Strictness:
    word = options.word("stricthostkeychecking", "ask").lower()
    if word not in _STRICT:
        raise UriError(
            f"{options.where('stricthostkeychecking')}: StrictHostKeyChecking is yes, ask, accept-new or no",
            "correct it",
        )
    if word == "ask" and flag(options, "batchmode", False):
        return Strictness.YES
    return _STRICT[word]


def _methods(options: Options) -> tuple[str, ...]:
    challenge = flag(options, "challengeresponseauthentication", True)
    allowed = {
        "publickey": options.word("pubkeyauthentication", "yes").lower() not in ("no", "false"),
        "keyboard-interactive": flag(options, "kbdinteractiveauthentication", challenge),
        "password": flag(options, "passwordauthentication", True),
    }
    preferred = options.word("preferredauthentications", ",".join(METHODS)).split(",")
    return tuple(method for method in preferred if allowed.get(method, False))


def _paths(given: list[Line], tokens: Tokens) -> tuple[Path, ...] | None:
    """None if nothing is given; `none` stands for no file."""
    if not given:
        return None
    return tuple(
        tokens.path(line.words[0], line.where) for line in given if line.words and line.words[0].lower() != "none"
    )


def _known_hosts(options: Options, keyword: str, default: tuple[Path, ...], tokens: Tokens) -> tuple[Path, ...]:
    line = options.first(keyword)
    if line is None or not line.words:
        return default
    if len(line.words) == 1 and line.words[0].lower() == "none":
        return ()
    return tuple(tokens.path(word, line.where) for word in line.words)


def _agent(options: Options, tokens: Tokens) -> str | None:
    environ = tokens.files.environ
    word = options.word("identityagent", "SSH_AUTH_SOCK")
    if word.lower() == "none":
        return None
    if word == "SSH_AUTH_SOCK":
        return environ.get("SSH_AUTH_SOCK") or None
    if word.startswith("$") and not word.startswith("${"):
        return environ.get(word[1:]) or None
    return str(tokens.path(word, options.where("identityagent")))


def _jump_text(options: Options) -> str:
    word = options.word("proxyjump", "none")
    return "" if word.lower() == "none" else word


def _jumps(options: Options, tokens: Tokens) -> tuple[str, ...]:
    text = _jump_text(options)
    if not text:
        return ()
    # Parsed now, so that a mistake is told before anything is connected.
    return tuple(
        jump for part in text.split(",") if parse_spec(jump := tokens.command(part, options.where("proxyjump")))
    )


def _proxy_command(options: Options, tokens: Tokens) -> str | None:
    line = options.first("proxycommand")
    if line is None or line.words[0].lower() in ("", "none"):
        return None
    return tokens.command(line.words[0], line.where)
