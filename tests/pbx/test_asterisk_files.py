"""Where the packages come from: the machine's own apt sources, read as apt reads them.

Owns nothing of the product. Touches only files of its own; needs neither network nor Asterisk.
Invariant: the texts are such as Debian and Ubuntu machines have; host names are invented.
"""

from pathlib import Path

import pytest
from sandbox import SandboxUnavailable
from sandbox.private_apt import Distribution, PrivateApt, distribution, mirror, read_sources, suites_to_try

KEY = "/etc/os-release"  # stands for a key file: any file that can be read

DEB822 = f"""# made by hand
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: {KEY}

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""
EMBEDDED = """Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBFit2ioBEADhWpZ8
 -----END PGP PUBLIC KEY BLOCK-----
"""
ONE_LINE = f"""# deb http://off.example/ubuntu noble main
deb-src http://mirror.example/ubuntu noble main
deb http://third.example/tools stable main
deb [arch=amd64 signed-by={KEY}] http://mirror.example/ubuntu noble main universe # ours
deb http://mirror.example/ubuntu noble-security main universe
"""


def etc(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    for name, text in files.items():
        (tmp_path / ("sources.list" if name == "list" else f"sources.list.d/{name}.sources")).write_text(text)
    return tmp_path


def test_the_main_archive_is_found_in_a_sources_file_and_disabled_or_security_stanzas_are_not_taken(tmp_path: Path) -> None:
    found = mirror(read_sources(etc(tmp_path, debian=DEB822)), Distribution(family="debian", codename="bookworm"))
    assert (found.uri, found.signed_by) == ("http://mirror.example/debian", KEY)


def test_a_key_written_into_the_source_is_left_to_the_trusted_keys(tmp_path: Path) -> None:
    [found] = read_sources(etc(tmp_path, debian=EMBEDDED))
    assert found.signed_by == ""


def test_the_main_archive_is_found_in_a_one_line_file_of_ubuntu(tmp_path: Path) -> None:
    found = mirror(read_sources(etc(tmp_path, list=ONE_LINE)), Distribution(family="ubuntu", codename="noble"))
    assert (found.uri, found.suites, found.signed_by) == ("http://mirror.example/ubuntu", ("noble",), KEY)


def test_a_file_that_apt_does_not_read_is_not_read(tmp_path: Path) -> None:
    folder = etc(tmp_path)
    (folder / "sources.list.d/debian.sources.disabled").write_text(DEB822)
    with pytest.raises(SandboxUnavailable, match="no apt source"):
        mirror(read_sources(folder), Distribution(family="debian", codename="bookworm"))


@pytest.mark.parametrize(
    ("text", "family", "codename"),
    [
        ("ID=debian\nVERSION_CODENAME=trixie\n", "debian", "trixie"),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n", "ubuntu", "noble"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n', "ubuntu", "noble"),
    ],
)
def test_derivatives_are_taken_for_what_they_are_built_on(tmp_path: Path, text: str, family: str, codename: str) -> None:
    path = tmp_path / "os-release"
    path.write_text(text)
    assert distribution(path) == Distribution(family=family, codename=codename)


def test_ubuntu_is_asked_for_its_own_release_and_debian_for_the_next_one() -> None:
    assert suites_to_try(Distribution(family="ubuntu", codename="noble")) == ["noble"]
    assert suites_to_try(Distribution(family="debian", codename="bookworm")) == ["forky", "sid"]


def test_a_machine_without_apt_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match=r"^apt-get is not on this machine.*PATH$"):
        PrivateApt(tmp_path / "apt", print)
