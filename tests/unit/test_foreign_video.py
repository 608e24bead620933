"""A stranger's file is looked at in a child with limits: what it is comes out, and nothing else is opened for it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys

import pytest
from films import film, sound
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.errors import BadInputError, TimedOutError
from models.deadline import Deadline
from models.media import ffmpeg
from models.media.containers import container_of, is_encrypted
from models.media.foreign_video import FilmLimits, input_of, look_at, process_limits
from models.media.limited_process import ProcessLimits, limited, reading


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def good(folder):
    return film(folder / "good.mp4", more=("-movflags", "+faststart"))


@pytest.fixture
def trap():
    """Listen on an address nobody should go to; give its port, and a function that says whether somebody came."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)

        def visited():
            with contextlib.suppress(BlockingIOError):
                server.accept()[0].close()
                return True
            return False

        yield server.getsockname()[1], visited


def playlist(path, port):
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n")
    return path


def reencoded(path, source, *arguments):
    line = [*ffmpeg.input_file(source), *arguments, "-y", f"file:{path}"]
    ffmpeg.run(line, what="making a test film", deadline_s=60)
    return path


def test_a_film_is_told_as_it_is(good):
    facts = look_at(good).facts
    assert (facts.container, facts.codec, facts.pixel_format) == ("mov", "h264", "yuv420p")
    assert (facts.width, facts.height, facts.fps, facts.frames) == (160, 90, 30, 120)
    assert (facts.audio_codec, facts.sample_rate, facts.channels) == ("aac", 48000, "mono")
    assert facts.duration_s == 4.0
    assert facts.plays_as_it_is
    assert facts.is_even


def test_a_broadcasters_rate_is_told_exactly(folder):
    facts = look_at(film(folder / "ntsc.mp4", rate="30000/1001", seconds=2)).facts
    assert facts.rate == (30000, 1001)
    assert facts.is_even


def test_matroska_and_webm_are_read(good, folder):
    assert look_at(reencoded(folder / "a.mkv", good, "-c", "copy")).facts.frames == 120
    webm = reencoded(folder / "a.webm", good, "-t", "0.5", "-c:v", "libvpx", "-pix_fmt", "yuv420p", "-c:a", "libopus")
    facts = look_at(webm).facts
    assert (facts.codec, facts.audio_codec, facts.frames, facts.plays_as_it_is) == ("vp8", "opus", 15, False)


def test_a_film_shot_upright_is_as_high_as_it_is_shown(good, folder):
    turned = folder / "turned.mp4"
    line = ["-display_rotation", "90", *ffmpeg.input_file(good), "-c", "copy", "-y", f"file:{turned}"]
    ffmpeg.run(line, what="turning a test film", deadline_s=60)
    facts = look_at(turned).facts
    assert (facts.width, facts.height, facts.is_turned, facts.plays_as_it_is) == (90, 160, True, False)


def test_pixels_that_are_not_square_make_the_picture_as_wide_as_it_is_shown(good, folder):
    wide = reencoded(folder / "wide.mp4", good, "-vf", "setsar=2/1", "-t", "0.5", "-c:v", "libx264")
    assert (look_at(wide).facts.width, look_at(wide).facts.plays_as_it_is) == (320, False)


def test_a_film_with_frames_at_odd_times_is_known_as_such(good, folder):
    uneven = reencoded(folder / "uneven.mp4", good, "-vf", "select='not(mod(n,7)*mod(n,3))'", "-fps_mode", "vfr")
    assert not look_at(uneven).facts.is_even


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"hello, I am text", "not a video that can be edited"),
        (b"#EXTM3U\nhttp://example.org/a.ts", "HLS playlist"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "list of other files"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "a picture"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "an AVI"),
        (b"<?xml version='1.0'?><MPD/>", "XML"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(200), "broken, or no film|cut off"),
        (b"\x1a\x45\xdf\xa3" + bytes(200), "broken, or no film|cut off"),
    ],
)
def test_what_is_no_video_is_told_as_what_it_is(tmp_path, data, says):
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=says):
        look_at(path)


def test_a_folder_a_missing_file_and_a_pipe_are_no_films(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for name, says in ((".", "no plain file"), ("gone.mp4", "there is no file"), ("pipe.mp4", "no plain file")):
        with pytest.raises(BadInputError, match=says):
            look_at(tmp_path / name)


@pytest.mark.parametrize("name", ["fast.mp4", "plain.mp4", "film.mkv"])
def test_a_film_whose_end_is_missing_is_cut_off(good, folder, tmp_path, name):
    flags = ("-movflags", "+faststart") if name == "fast.mp4" else ()
    whole = reencoded(folder / name, good, "-c", "copy", *flags)
    part = tmp_path / name
    part.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(BadInputError, match="cut off"):
        look_at(part)


def test_a_film_whose_pictures_are_garbage_is_broken(good, tmp_path):
    data = bytearray(good.read_bytes())
    at = data.index(b"mdat") + 4
    data[at : at + 3000] = bytes(value ^ 0x5A for value in data[at : at + 3000])
    (tmp_path / "garbage.mp4").write_bytes(data)
    with pytest.raises(BadInputError, match="broken"):
        look_at(tmp_path / "garbage.mp4")


def test_a_film_under_common_encryption_is_encrypted(good, folder):
    key = "00112233445566778899aabbccddeeff"
    locked = reencoded(
        folder / "locked.mp4", good, *("-c", "copy", "-encryption_scheme", "cenc-aes-ctr"),
        *("-encryption_key", key, "-encryption_kid", key),
    )  # fmt: skip
    with pytest.raises(BadInputError, match="encrypted"):
        look_at(locked)


def test_a_matroska_track_that_says_it_is_encrypted_is(tmp_path, good, folder):
    encryption = b"\x50\x35\x80"
    encoding = b"\x62\x40" + bytes([0x80 + len(encryption)]) + encryption
    encodings = b"\x6d\x80" + bytes([0x80 + len(encoding)]) + encoding
    track = b"\xae" + bytes([0x80 + len(encodings)]) + encodings
    tracks = b"\x16\x54\xae\x6b" + bytes([0x80 + len(track)]) + track
    path = tmp_path / "locked.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + tracks)
    assert is_encrypted(path, container_of(path))
    assert not is_encrypted(reencoded(folder / "open.mkv", good, "-c", "copy"), "matroska")


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (FilmLimits(longest_s=2), r"too long: 0\.1 minutes"),
        (FilmLimits(largest_bytes=1000), "too large: 0 MB"),
        (FilmLimits(most_pixels=100 * 90), "too large.*pixels"),
        (FilmLimits(most_fps=24), "frames"),
    ],
)
def test_what_passes_a_limit_is_told_by_its_size_and_the_limit(good, limits, says):
    with pytest.raises(BadInputError, match=says):
        look_at(good, limits)


def test_sound_alone_and_sound_with_a_cover_are_no_films(folder, good):
    alone = sound(folder / "alone.m4a", seconds=1)
    cover = reencoded(folder / "cover.png", good, "-frames:v", "1")
    covered = folder / "covered.m4a"
    line = [*ffmpeg.input_file(alone), *ffmpeg.input_file(cover), "-map", "0", "-map", "1", "-c", "copy"]
    ffmpeg.run([*line, "-disposition:v:0", "attached_pic", "-y", f"file:{covered}"], what="a cover", deadline_s=60)
    for path in (alone, covered):
        with pytest.raises(BadInputError, match="no video stream"):
            look_at(path)


def test_the_trap_would_catch_an_unguarded_ffmpeg(tmp_path, trap):
    port, visited = trap
    path = playlist(tmp_path / "film.mp4", port)
    open_doors = ["-protocol_whitelist", "file,http,tcp", "-allowed_extensions", "ALL", "-extension_picky", "0"]
    line = [ffmpeg.executable(), "-nostdin", *open_doors, "-f", "hls", "-i", str(path), "-f", "null", "-"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(line, capture_output=True, timeout=5, check=False)
    assert visited()


@pytest.mark.parametrize("container", ["mov", "matroska", None])
def test_a_playlist_called_mp4_opens_no_socket_even_when_ffmpeg_gets_to_see_it(tmp_path, trap, container):
    port, visited = trap
    path = playlist(tmp_path / "film.mp4", port)
    with pytest.raises(BadInputError, match="HLS"):
        look_at(path)
    arguments = [*input_of(container, FilmLimits()), "-f", "null", "-"]
    deadline, limits = Deadline(30, what="looking"), process_limits(FilmLimits(), cpu_s=20)
    with pytest.raises(BadInputError), reading(arguments, path, what="x", deadline=deadline, limits=limits):
        pass
    assert not visited()


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace to see which files a process opens")
def test_a_list_of_files_called_mp4_opens_none_of_them(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s")
    path, trace = tmp_path / "film.mp4", tmp_path / "trace"
    path.write_text(f"ffconcat version 1.0\nfile {secret}\n")
    for guards in (input_of(None, FilmLimits()), input_of("mov", FilmLimits())):
        line = ["strace", "-f", "-o", str(trace), "-e", "trace=open,openat,socket,connect", ffmpeg.executable()]
        with path.open("rb") as file:
            subprocess.run(
                [*line, "-nostdin", *guards, "-f", "null", "-"], stdin=file, capture_output=True, check=False
            )
        seen = trace.read_text()
        assert "execve" not in seen
        assert str(secret) not in seen
        assert "socket(" not in seen


def test_only_the_file_that_was_handed_over_can_be_read():
    guards = input_of("mov", FilmLimits())
    assert guards[guards.index("-protocol_whitelist") + 1] == "fd"
    assert guards[-1] == "fd:"


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such limits")
@pytest.mark.parametrize("greed", ["x = bytearray(10**9)", "while True: pass", "open('big', 'wb').write(bytes(10**7))"])
def test_a_child_that_wants_too_much_ends(tmp_path, greed):
    limits = ProcessLimits(cpu_s=1, memory_bytes=400 << 20, file_bytes=1 << 20)
    line = limited([sys.executable, "-I", "-S", "-c", greed], limits)
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode != 0
    assert not (tmp_path / "big").exists() or (tmp_path / "big").stat().st_size <= 1 << 20


def test_a_child_that_hangs_is_ended_at_the_deadline(good):
    arguments = ["-f", "lavfi", "-i", "testsrc", "-f", "null", "-"]
    with (
        pytest.raises(TimedOutError),
        reading(arguments, good, what="x", deadline=Deadline(0.3, what="x"), limits=ProcessLimits()) as child,
    ):
        child.pipe.read()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=12), st.booleans())
def test_any_damage_gives_facts_or_a_clear_error(good, tmp_path, damage, cut):
    data = bytearray(good.read_bytes())
    for at, value in damage:
        data[at % len(data)] = value
    if cut:
        del data[damage[0][0] % len(data) :]
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    try:
        assert look_at(path).facts.frames > 0
    except BadInputError as error:
        assert path.name in error.message  # noqa: PT017 - both ends are fine
