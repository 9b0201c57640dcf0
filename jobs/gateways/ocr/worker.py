"""The child that reads photos: takes them on standard input one by one, answers on standard output, ends with it."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from jobs.gateways.ocr.wire import FAILED, LENGTH, MOST_PHOTO, NO_PICTURE, READY, as_answer, framed

if TYPE_CHECKING:
    from jobs.gateways.ocr.letters import Letters

_MEMORY = 3 << 30
"""Bytes of addresses, which is more than what is resident: threads and mapped models count in full."""
_LATER_THAN_OTHERS = 10
_SET_PARENT_DEATH_SIGNAL = 1


def main() -> int:
    """Works until there is no more input."""
    answers = _own_output()
    _be_modest()
    _leave_with_parent()
    sys.addaudithook(_stay_inside)
    from jobs.gateways.ocr.letters import Letters

    letters = Letters()
    _say(answers, READY)
    while photo := _next(sys.stdin.buffer):
        _say(answers, _answer(photo, letters))
    return 0


def _answer(photo: bytes, letters: Letters) -> bytes:
    from jobs.gateways.ocr.sight import NoPictureError, see

    try:
        return as_answer(see(photo, letters))
    except NoPictureError:
        return NO_PICTURE
    except Exception:  # noqa: BLE001 - decoders and models raise what they like; the next photo may be read
        return FAILED


def _own_output() -> BinaryIO:
    """Standard output for answers alone: whatever a library prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _be_modest() -> None:
    """After everybody else's work, and without more memory than is thought of."""
    import psutil

    with suppress(OSError, psutil.Error):
        psutil.Process().nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", _LATER_THAN_OTHERS))
    if sys.platform != "win32":
        import resource

        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _leave_with_parent() -> None:
    """Also amid a photo, where nobody notices that the input has ended; elsewhere than on Linux after that photo."""
    if sys.platform == "linux":
        import ctypes

        parent = os.getppid()
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit()


def _stay_inside(event: str, _: tuple[object, ...]) -> None:
    """Nothing here calls anybody, and no library shall."""
    if event in {"socket.connect", "socket.getaddrinfo"}:
        raise PermissionError("the reader of photos has no network")


def _next(photos: BinaryIO) -> bytes:
    """The next photo; nothing at the end, or after what is no frame of ours."""
    length = int.from_bytes(photos.read(LENGTH), "big")
    return photos.read(length) if length <= MOST_PHOTO else b""


def _say(answers: BinaryIO, answer: bytes) -> None:
    answers.write(framed(answer))
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
