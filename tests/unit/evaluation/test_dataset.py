from pathlib import Path

import pytest

from facegate.errors import InvalidRequest
from facegate.evaluation.dataset import Pair, PhotoKey, find_photos, person_numbers, read_pairs, split_by_presence


def test_lfw_view1_as_it_is_here(shared_data: Path) -> None:
    folder = shared_data / "lfw-view1"
    photos = find_photos(folder)
    assert len(photos) == 4991
    assert len({photo.key.person for photo in photos}) == 3094
    present = [photo.key for photo in photos]
    test = read_pairs(folder / "pairsDevTest.txt")
    assert (len(test), sum(pair.same for pair in test)) == (1000, 500)
    usable, missing = split_by_presence(test, present)
    assert len(usable) == 999
    assert PhotoKey("Betsy_Coffin", 1) in missing[0]
    train = read_pairs(folder / "pairsDevTrain.txt")
    assert (len(train), sum(pair.same for pair in train)) == (2200, 1100)
    assert split_by_presence(train, present)[1] == []
    names = {key.person for pair in test for key in pair}
    assert not names & {key.person for pair in train for key in pair}


def test_only_photos_named_after_their_folder(tmp_path: Path) -> None:
    for name in ("A/A_0002.jpg", "A/A_0001.jpg", "A/B_0001.jpg", "A/A_0001.txt", "A/A.jpg", "B_C/B_C_0010.jpg"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert [photo.key for photo in find_photos(tmp_path)] == [("A", 1), ("A", 2), ("B_C", 10)]
    assert find_photos(tmp_path) == find_photos(tmp_path / "images")


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=f"no photo like PERSON/PERSON_0001.jpg in {tmp_path}"):
        find_photos(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one\n",
        "2\nA\t1\t2\nA\t1\t3\nA\t1\tB\t1\n",
        "1\nA\t1\t2\n",
        "1\nA\t1\nA\t1\tB\t1\n",
        "1\nA\tx\t2\nA\t1\tB\t1\n",
    ],
)
def test_damaged_pair_lists_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(text)
    with pytest.raises(InvalidRequest, match=r"pairs\.txt"):
        read_pairs(path)


def test_a_pair_list(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text("1\nÅsa_K\t1\t12\nA\t1\tB\t3\n", "utf-8")
    pairs = read_pairs(path)
    assert pairs == [
        Pair(PhotoKey("Åsa_K", 1), PhotoKey("Åsa_K", 12)),
        Pair(PhotoKey("A", 1), PhotoKey("B", 3)),
    ]
    assert [pair.same for pair in pairs] == [True, False]


def test_person_numbers() -> None:
    assert person_numbers([PhotoKey("B", 1), PhotoKey("A", 1), PhotoKey("B", 2)]) == [0, 1, 0]
