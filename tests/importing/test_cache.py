"""Compiled copies on disk."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from patchbay.importing import cache
from patchbay.importing.cache import CompiledCopies, Wanted, importer_version
from patchbay.importing.documents import open_documents
from patchbay.importing.model import Model, Selection

MODEL = Model("shop", "rest", "Shop", (), {})
OTHER = Model("shop", "rest", "Other", (), {})

URL = Wanted("shop", "https://example.com/api.json?key=canary-4f1d9c")


class Project:
    """A description of two files, and a folder of copies."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "api.json"
        self.beside = folder / "pet.json"
        self.copies_in = folder / "copies"
        self.root.write_text('{"openapi": "3.0.0", "paths": {}}')
        self.beside.write_text("{}")
        self.copies = CompiledCopies(self.copies_in)
        self.wanted = Wanted("shop", str(self.root))

    def files(self) -> dict[str, str]:
        documents = open_documents(self.root)
        documents.resolve({"$ref": "pet.json"}, documents.at)
        return dict(documents.files)

    def keep(self, model: Model = MODEL) -> None:
        self.copies.keep(self.wanted, model, self.files())

    def found(self) -> Model | None:
        copy = CompiledCopies(self.copies_in).find(self.wanted)
        return None if copy is None else copy.model

    def file(self) -> Path:
        (only,) = self.copies_in.iterdir()
        return only


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_copy_is_found_again_while_its_files_are_what_they_were(project: Project) -> None:
    assert project.found() is None
    project.keep()
    assert project.found() == MODEL
    os.utime(project.root, (1, 1))
    assert project.found() == MODEL


@pytest.mark.parametrize("which", ["root", "beside"])
def test_a_changed_file_makes_it_stale_and_leaves_it_for_comparison(project: Project, which: str) -> None:
    project.keep()
    path: Path = getattr(project, which)
    path.write_text(path.read_text() + "\n")
    assert project.found() is None
    last = project.copies.last(project.wanted)
    assert last is not None
    assert last.model == MODEL
    assert abs(last.read_at - time.time()) < 60
    project.keep(OTHER)
    assert project.found() == OTHER


def test_a_file_that_was_missing_and_appears_makes_it_stale(project: Project) -> None:
    project.beside.unlink()
    project.copies.keep(project.wanted, MODEL, {"pet.json": "", **dict(open_documents(project.root).files)})
    assert project.found() == MODEL
    project.beside.write_text("{}")
    assert project.found() is None


def test_a_copy_of_a_url_is_good_without_asking_it(project: Project) -> None:
    project.copies.keep(URL, MODEL, {"https://example.com/api.json": "digest"})
    copy = project.copies.find(URL)
    assert copy is not None
    assert copy.model == MODEL
    assert b"canary" not in project.file().read_bytes()
    assert "canary" not in project.file().name


def test_what_is_wanted_otherwise_is_another_copy(project: Project) -> None:
    project.copies.keep(URL, MODEL, {})
    for other in (
        Wanted("crm", URL.location),
        Wanted("shop", "https://example.com/api.json"),
        Wanted("shop", URL.location, Selection(include=("a",))),
        Wanted("shop", URL.location, Selection(exclude=("a",))),
        Wanted("shop", URL.location, settings="prefix = Shop"),
    ):
        assert project.copies.find(other) is None
        assert project.copies.last(other) is None


def test_a_relative_path_is_the_file_that_it_names(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.keep()
    monkeypatch.chdir(project.root.parent)
    assert project.copies.find(Wanted("shop", "api.json")) is not None


def test_another_version_of_the_importer_reads_anew(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.keep()
    assert importer_version() == importer_version()
    monkeypatch.setattr(cache, "importer_version", lambda: "another")
    assert project.found() is None
    assert project.copies.last(project.wanted) is not None


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "nonsense", "model"])
def test_a_broken_copy_is_none_and_is_replaced(project: Project, harm: str) -> None:
    project.keep()
    path = project.file()
    content = bytearray(path.read_bytes())
    if harm == "cut":
        del content[-3:]
    elif harm == "flipped":
        content[-2] ^= 1
    else:
        content = bytearray({"empty": b"", "nonsense": b"\xff{}", "model": b"\x95\x00"}[harm])
    path.write_bytes(content)
    assert project.found() is None
    assert project.copies.last(project.wanted) is None
    project.keep()
    assert project.found() == MODEL


def test_a_copy_is_for_its_user_alone(project: Project) -> None:
    project.keep()
    path = project.file()
    assert path.stat().st_mode & 0o777 == 0o600
    assert project.copies_in.stat().st_mode & 0o777 == 0o700
    path.chmod(0o622)
    assert project.found() is None
    project.keep()
    assert project.found() == MODEL


def test_a_copy_that_is_a_link_or_a_pipe_is_none(project: Project) -> None:
    project.keep()
    path = project.file()
    moved = project.root.parent / "moved"
    path.rename(moved)
    path.symlink_to(moved)
    assert project.found() is None
    path.unlink()
    os.mkfifo(path)
    assert project.found() is None


def test_a_folder_that_cannot_be_made_is_a_warning(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = CompiledCopies(project.root / "below a file")
    copies.keep(project.wanted, MODEL, project.files())
    assert copies.find(project.wanted) is None
    assert "compiled copy not kept" in capsys.readouterr().out


def test_old_copies_are_removed_when_there_are_many(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_MAX_COPIES", 3)
    for index in range(5):
        wanted = Wanted("shop", f"https://example.com/{index}")
        project.copies.keep(wanted, MODEL, {})
        for path in project.copies_in.iterdir():
            os.utime(path, (path.stat().st_mtime - 10,) * 2)
    assert len(list(project.copies_in.iterdir())) == 3
    assert project.copies.last(Wanted("shop", "https://example.com/0")) is None
    assert project.copies.last(Wanted("shop", "https://example.com/4")) is not None


def write_and_read(folder: str, title: str) -> None:
    copies = CompiledCopies(Path(folder))
    model = Model("shop", "rest", title * 50_000, (), {})
    for _ in range(40):
        copies.keep(URL, model, {})
        copy = copies.find(URL)
        assert copy is not None
        assert copy.model.title[0] * 50_000 == copy.model.title


def test_processes_that_write_at_once_do_not_hurt_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=write_and_read, args=(str(tmp_path), title)) for title in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(list(tmp_path.iterdir())) == 1


def test_five_megabytes_are_checked_in_little_time(project: Project) -> None:
    project.root.write_text('{"openapi": "3.0.0", "paths": {}, "x": "' + "y" * 5_000_000 + '"}')
    project.keep()
    importer_version()
    took = []
    for _ in range(3):
        started = time.perf_counter()
        assert project.copies.find(project.wanted) is not None
        took.append(time.perf_counter() - started)
    assert min(took) < 0.05
