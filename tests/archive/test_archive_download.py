"""One file onto the disk: resumed, compared, whole or not at all."""

import hashlib

import pytest

from imagenomics.archive.download import digest, download, inside
from imagenomics.errors import FileProblem, InputError, StorageProblem

CONTENT = bytes(range(256)) * 40
MD5 = hashlib.md5(CONTENT).hexdigest()
SHA = hashlib.sha256(CONTENT).hexdigest()


def ranged(handler, _):
    """Answer a request for a range, as archives do."""
    asked = handler.headers.get("Range")
    if asked is None:
        handler.send(CONTENT)
        return
    start = int(asked.removeprefix("bytes=").rstrip("-"))
    if start >= len(CONTENT):
        handler.send(b"", status=416)
        return
    headers = {"Content-Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"}
    handler.send(CONTENT[start:], status=206, headers=headers)


def cut(n):
    return lambda handler, _: handler.send(CONTENT[:n], promised=len(CONTENT))


def test_a_file_comes_whole(server, web, tmp_path):
    server.answer("/f", CONTENT)
    path = tmp_path / "deep" / "f.bin"
    assert download(f"{server.url}/f", path, size=len(CONTENT), md5=MD5, web=web) == SHA
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["f.bin"]


def test_a_cut_connection_is_resumed_where_it_broke(server, web, tmp_path):
    server.answer("/f", cut(3000), ranged)
    assert download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), md5=MD5, web=web) == SHA
    assert server.asked[1][2]["Range"] == "bytes=3000-"


def test_a_run_that_was_killed_goes_on_from_its_part(server, web, tmp_path):
    (tmp_path / ".f.part").write_bytes(CONTENT[:5000])
    server.answer("/f", ranged)
    download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), md5=MD5, web=web)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_server_that_cannot_resume_is_read_from_the_start(server, web, tmp_path):
    server.answer("/f", cut(3000), CONTENT)
    download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), md5=MD5, web=web)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_wrong_range_is_not_glued_on(server, web, tmp_path):
    wrong = lambda h, _: h.send(CONTENT[9:], status=206, headers={"Content-Range": "bytes 9-99/100"})  # noqa: E731
    (tmp_path / ".f.part").write_bytes(CONTENT[:10])
    server.answer("/f", wrong, CONTENT)
    download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), md5=MD5, web=web)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_part_of_something_else_is_thrown_away(server, web, tmp_path):
    (tmp_path / ".f.part").write_bytes(b"x" * 5000)
    server.answer("/f", ranged)
    download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), md5=MD5, web=web)
    assert (tmp_path / "f").read_bytes() == CONTENT
    (tmp_path / ".g.part").write_bytes(b"x" * (len(CONTENT) + 5))
    server.answer("/g", ranged)
    download(f"{server.url}/g", tmp_path / "g", md5=MD5, web=web)
    assert (tmp_path / "g").read_bytes() == CONTENT


def test_a_whole_file_is_not_asked_for_again(server, web, tmp_path):
    (tmp_path / "f").write_bytes(CONTENT)
    assert download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), md5=MD5, web=web) == SHA
    assert server.asked == []


def test_a_changed_file_is_fetched_again(server, web, tmp_path):
    (tmp_path / "f").write_bytes(CONTENT[:-1] + b"?")
    server.answer("/f", CONTENT)
    download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), md5=MD5, web=web)
    assert digest(tmp_path / "f", "md5") == MD5


@pytest.mark.parametrize(("size", "md5"), [(len(CONTENT), "0" * 32), (len(CONTENT) - 1, None)])
def test_what_the_archive_did_not_promise_is_not_kept(server, web, tmp_path, size, md5):
    server.answer("/f", CONTENT)
    with pytest.raises(FileProblem, match="IGX-ARCH-014"):
        download(f"{server.url}/f", tmp_path / "f", size=size, md5=md5, web=web)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_file_once_and_a_right_one_then(server, web, tmp_path):
    server.answer("/f", CONTENT[:-1] + b"?", CONTENT)
    assert download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), md5=MD5, web=web) == SHA


def test_a_server_that_always_breaks_leaves_its_part_and_no_file(server, web, tmp_path):
    server.answer("/f", cut(100))
    with pytest.raises(FileProblem, match="IGX-ARCH-011"):
        download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), md5=MD5, web=web)
    assert [p.name for p in tmp_path.iterdir()] == [".f.part"]


def test_fewer_bytes_than_promised_without_a_length(server, web, tmp_path):
    server.answer("/f", CONTENT[:100])
    with pytest.raises(FileProblem, match="IGX-ARCH-011"):
        download(f"{server.url}/f", tmp_path / "f", size=len(CONTENT), web=web)


def test_a_folder_that_cannot_be_made(server, web, tmp_path):
    (tmp_path / "file").write_text("x")
    server.answer("/f", CONTENT)
    with pytest.raises(StorageProblem, match="IGX-ARCH-016"):
        download(f"{server.url}/f", tmp_path / "file" / "f", web=web)


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "", " ", ".", "a\\..\\x", "C:x", "a\0b", "a\nb", "a\u202eb", "x/.."],
)
def test_names_that_leave_the_folder(tmp_path, name):
    with pytest.raises(InputError, match="IGX-ARCH-015"):
        inside(tmp_path, name)


def test_links_that_leave_the_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "out").symlink_to(tmp_path)
    with pytest.raises(InputError, match="IGX-ARCH-015"):
        inside(tmp_path / "in", "out/x")
    assert inside(tmp_path / "in", "a/b.maf.gz") == tmp_path / "in" / "a" / "b.maf.gz"
