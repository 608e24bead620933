"""What `voice=` means to a model: a number, a name among the model's own voices, a vector, or a sample of somebody.

A voice with a path (`./…`, `/…`, `~…`) is the user's own file; any other name is looked for in the model's `voices/`.
Files are `.npy`, `.safetensors` or `.wav`: nothing that could run code is ever read.
"""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from content.errors import BadConfigurationError
from models.naming import folder_of, is_folder
from models.narrator.waveforms import Samples, read_wav

_SUFFIXES = (".safetensors", ".npy", ".wav")
_LARGEST = 64 * 2**20
_SAMPLE_S = 60.0
"""More of a speaker than this teaches a model nothing, and costs at every sentence."""


def voice_identity(voice: str) -> str:
    """Give a voice as it stands in an engine's identity: with the digest of its file, where it is the user's own."""
    if not is_folder(voice):
        return voice
    path = folder_of(voice)
    return f"{path.name}:{hashlib.sha256(_file(path).read_bytes()).hexdigest()[:16]}"


def own_voices(folder: Path) -> tuple[str, ...]:
    """Give the names of the voices that come with a model."""
    return tuple(sorted({path.stem for path in (folder / "voices").glob("*") if path.suffix in _SUFFIXES}))


def voice_file(voice: str, folder: Path) -> Path:
    """Find a voice's file; raise BadConfigurationError that lists the voices there are."""
    if is_folder(voice):
        return _file(folder_of(voice))
    for suffix in _SUFFIXES if voice in own_voices(folder) else ():
        if (path := folder / "voices" / f"{voice}{suffix}").is_file():
            return path
    raise unknown_voice(voice, own_voices(folder), "or name a file: voice=./FILE.wav, .npy or .safetensors")


def unknown_voice(voice: str, known: tuple[str, ...], otherwise: str = "") -> BadConfigurationError:
    """Make the error for a voice that a model does not have."""
    listed = ", ".join(known[:40]) + (f" and {len(known) - 40} more" if len(known) > 40 else "")
    there = f"it has {listed}" if known else "it comes with no voices"
    told = f"this narrator has no voice {voice!r}" if voice else "this narrator needs a voice, and none is set"
    return BadConfigurationError(f"{told}; {there}" + (f"; {otherwise}" if otherwise else ""))


def speaker_number(voice: str, count: int) -> int:
    """Read a voice as one of a model's numbered speakers; without one it is the first."""
    if voice.isdecimal() and int(voice) < count:
        return int(voice)
    if not voice:
        return 0
    raise unknown_voice(voice, tuple(str(number) for number in range(count)))


def speaker_vector(voice: str, folder: Path, size: int) -> NDArray[np.float32]:
    """Read a voice as a vector of `size` numbers; without one it is the model's first own voice."""
    named = voice or next(iter(own_voices(folder)), "")
    path = voice_file(named, folder)
    vector = _array(path).reshape(-1)
    if len(vector) != size or not np.isfinite(vector).all():
        raise BadConfigurationError(
            f"{path} holds {len(vector)} numbers; this narrator's voices are {size} finite ones"
        )
    return vector


def speaker_sample(voice: str, folder: Path, rate: int) -> Samples:
    """Read a voice as somebody speaking for some seconds."""
    path = voice_file(voice, folder)
    if path.suffix != ".wav":
        raise BadConfigurationError(f"{path} is no sample of a voice; this narrator wants 16-bit PCM WAV")
    return read_wav(path, rate, longest_s=_SAMPLE_S)


def _file(path: Path) -> Path:
    if not path.is_file():
        raise BadConfigurationError(f"there is no voice in {path}; name a .npy, .safetensors or .wav file")
    if path.suffix not in _SUFFIXES or path.stat().st_size > _LARGEST:
        raise BadConfigurationError(f"{path} is no voice: .npy, .safetensors and .wav up to 64 MiB are read")
    return path


def _array(path: Path) -> NDArray[np.float32]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        if path.suffix == ".npy":
            return np.asarray(np.load(path, allow_pickle=False), dtype=np.float32)
        tensors = load_file(path)
    except (OSError, ValueError, TypeError, KeyError, EOFError, SyntaxError, SafetensorError) as error:
        raise BadConfigurationError(f"{path} cannot be read as a voice: {error}") from None
    if len(tensors) != 1:
        raise BadConfigurationError(f"{path} holds {len(tensors)} arrays; a voice is a single one")
    return np.asarray(next(iter(tensors.values())), dtype=np.float32)
