"""The `/` namespace: what the first seed's page does, against the real server and engine."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import socketio
from numpy.typing import NDArray
from PIL import Image

from tests.serving import Server


class SeedPage:
    """Emits without acknowledgements and listens, as the seed's page does."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.pictures: asyncio.Queue[Any] = asyncio.Queue()
        self.results: asyncio.Queue[Any] = asyncio.Queue()
        self.client.on("resDetect", self.pictures.put)
        self.client.on("result_data", self.results.put)

    async def video_frame(self, data: Any) -> Any:
        await self.client.emit("video_frame", data)
        return await asyncio.wait_for(self.pictures.get(), 20)

    async def preprocessing(self, blob: Any, name: Any) -> Any:
        await self.client.emit("preprocessing", {"blob": blob, "name": name})
        return await asyncio.wait_for(self.results.get(), 20)


@pytest.fixture
async def page(nobody: Server) -> AsyncIterator[SeedPage]:
    made = SeedPage()
    await made.client.connect(nobody.url, transports=["websocket"])
    yield made
    await made.client.disconnect()


def pixels(data: bytes) -> NDArray[np.uint8]:
    assert isinstance(data, bytes) and data.startswith(b"\xff\xd8\xff")
    return np.array(Image.open(io.BytesIO(data)))


def greens(picture: NDArray[np.uint8]) -> int:
    """How many pixels have the green of a matched face."""
    red, green, blue = (picture[:, :, i].astype(int) for i in range(3))
    return int(((green > 180) & (red < 120) & (blue < 180)).sum())


async def test_frames_come_back_mirrored_and_annotated(page: SeedPage, eileen: list[bytes]) -> None:
    sent = pixels(eileen[0])
    got = pixels(await page.video_frame(eileen[0]))
    assert got.shape == sent.shape
    edge = np.abs(got[:, :40].astype(int) - sent[:, ::-1][:, :40]).mean()
    assert edge < 4, "not mirrored"
    inside = np.abs(got.astype(int) - sent[:, ::-1]).max()
    assert inside > 100, "nothing was drawn"


async def test_a_frame_without_a_face_comes_back_too(page: SeedPage, empty_room: bytes) -> None:
    assert pixels(await page.video_frame(empty_room)).shape == (480, 640, 3)


async def test_a_name_is_enrolled_and_then_drawn(page: SeedPage, nobody: Server, eileen: list[bytes]) -> None:
    before = pixels(await page.video_frame(eileen[0]))
    for frame in eileen[:3]:
        assert pixels(await page.preprocessing(frame, "Eileen")).shape == (480, 640, 3)
        await asyncio.sleep(0.3)
    (person,) = nobody.services.gallery.people()
    assert (person.name, person.samples) == ("Eileen", 3)
    for frame in eileen[:4]:
        after = pixels(await page.video_frame(frame))
    assert greens(after) > greens(before) + 100


async def test_the_socket_remembers_whom_a_name_means(page: SeedPage, nobody: Server, eileen: list[bytes]) -> None:
    await page.preprocessing(eileen[0], "Eileen")
    (person,) = nobody.services.gallery.people()
    nobody.services.gallery.rename(person.id, "Pamela")
    await page.preprocessing(eileen[1], "Eileen")
    assert [(p.name, p.samples) for p in nobody.services.gallery.people()] == [("Pamela", 2)]


async def test_a_name_that_exists_is_picked(nobody: Server, eileen: list[bytes]) -> None:
    for picture in eileen[:2]:
        page = SeedPage()
        await page.client.connect(nobody.url, transports=["polling"])
        assert await page.preprocessing(picture, "Eileen") is not None
        await page.client.disconnect()
    assert [(p.name, p.samples) for p in nobody.services.gallery.people()] == [("Eileen", 2)]


async def test_a_face_that_does_not_go_with_the_name_answers_null(
    page: SeedPage, nobody: Server, eileen: list[bytes], grace: list[bytes]
) -> None:
    assert await page.preprocessing(eileen[0], "Eileen") is not None
    assert await page.preprocessing(grace[0], "Eileen") is None
    assert await page.preprocessing(eileen[1], "Grace") is None
    assert [(p.name, p.samples) for p in nobody.services.gallery.people()] == [("Eileen", 1)]


async def test_a_picture_without_a_usable_face_answers_null(
    page: SeedPage, nobody: Server, empty_room: bytes, both: bytes
) -> None:
    assert await page.preprocessing(empty_room, "Nobody") is None
    assert await page.preprocessing(both, "Both") is None
    assert await page.preprocessing(b"garbage", "Garbage") is None
    assert nobody.services.gallery.people() == []


@pytest.mark.parametrize(
    "data",
    [None, "text", {}, {"name": "x"}, {"blob": b"x"}, {"blob": "x", "name": "x"}, {"blob": b"x", "name": ""}, [b"x"]],
)
async def test_bad_arguments_do_no_harm(page: SeedPage, eileen: list[bytes], data: Any) -> None:
    answer = await page.client.call("preprocessing", data, timeout=20)
    assert answer["error"]["code"] == "invalid_request"
    answer = await page.client.call("video_frame", data, timeout=20)
    assert answer["error"]["code"] == "invalid_request"
    assert await page.video_frame(eileen[0])


async def test_a_bad_picture_is_dropped_and_said_where_an_answer_is_asked_for(
    page: SeedPage, eileen: list[bytes]
) -> None:
    await page.client.emit("video_frame", b"garbage")
    assert (await page.client.call("video_frame", b"garbage", timeout=20))["error"]["code"] == "unsupported_media_type"
    assert await page.video_frame(eileen[0])
    assert page.pictures.empty()


async def test_a_page_left_in_that_mode_does_not_fill_the_gallery(
    page: SeedPage, nobody: Server, eileen: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facegate.live.seed.SAMPLES_PER_NAME", 2)
    for frame in eileen[:4]:
        assert await page.preprocessing(frame, "Eileen") is not None
    (person,) = nobody.services.gallery.people()
    assert person.samples == 2
