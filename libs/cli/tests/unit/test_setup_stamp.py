from pathlib import Path

from openward_cli.setting_up.stamp import Stamp


def stamp(folder: Path, also: str = "") -> Stamp:
    return Stamp(folder / "made", (folder / "lock.txt", folder / "src"), also)


def prepared(folder: Path) -> Path:
    (folder / "src").mkdir()
    (folder / "src" / "Server.java").write_text("class Server {}")
    (folder / "lock.txt").write_text("a==1")
    stamp(folder).write()
    return folder


def test_what_was_made_from_the_same_is_not_made_again(tmp_path: Path) -> None:
    assert stamp(prepared(tmp_path)).matches()


def test_a_changed_lock_file_is_seen(tmp_path: Path) -> None:
    (prepared(tmp_path) / "lock.txt").write_text("a==2")

    assert not stamp(tmp_path).matches()


def test_a_changed_source_is_seen(tmp_path: Path) -> None:
    (prepared(tmp_path) / "src" / "Server.java").write_text("class Server { int x; }")

    assert not stamp(tmp_path).matches()


def test_a_renamed_source_is_seen(tmp_path: Path) -> None:
    (prepared(tmp_path) / "src" / "Server.java").rename(tmp_path / "src" / "Main.java")

    assert not stamp(tmp_path).matches()


def test_another_python_is_seen(tmp_path: Path) -> None:
    assert not stamp(prepared(tmp_path), also="3.12").matches()


def test_what_was_removed_is_made_again(tmp_path: Path) -> None:
    stamp(prepared(tmp_path)).remove()

    assert not stamp(tmp_path).matches()
