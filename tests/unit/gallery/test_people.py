from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import func, select

from facegate.errors import Conflict, ConsentRequired, InvalidRequest, ModelMismatch, NotFound
from facegate.gallery.consent import CONSENT_TEXTS, CURRENT_CONSENT, Consent, consent_text
from facegate.gallery.gallery import Gallery
from facegate.gallery.tables import ConsentRow, FaceRow
from facegate.storage.base import Base, utc
from facegate.types import Template

AGREED = Consent(CURRENT_CONSENT.version, CURRENT_CONSENT.purpose, datetime(2026, 1, 2, tzinfo=UTC), "live")


def test_a_name_always_makes_a_new_person(gallery, sample) -> None:
    first = gallery.enroll([sample(1)], name="Ana", consent=AGREED)
    second = gallery.enroll([sample(2)], name="Ana", consent=None)
    assert first.id != second.id
    assert (first.name, first.samples, first.consent) == ("Ana", 1, AGREED)
    assert second.consent is None
    assert {p.id for p in gallery.people()} == {first.id, second.id}
    assert gallery.get(first.id) == first
    assert gallery.size == 2


def test_an_id_adds_pictures_and_fuses_the_template_of_all(home, gallery, sample, vector) -> None:
    person = gallery.enroll([sample(1), sample(2)], name="Ana", consent=None)
    home.clock.at += 60
    more = gallery.enroll([sample(3)], person_id=person.id, consent=AGREED)
    assert (more.id, more.samples, more.consent) == (person.id, 3, AGREED)
    assert (more.created_at, more.updated_at) == (person.created_at, utc(home.clock.at))
    expected = Template.fuse([sample(seed).embedding for seed in (1, 2, 3)])
    template = gallery.template(person.id)
    assert template.samples == 3
    assert template.recipe_id == gallery.recipe_id
    np.testing.assert_allclose(template.vector, expected.vector, atol=1e-6)
    assert template.agreement == pytest.approx(expected.agreement, abs=1e-6)
    assert template.agreement < 0.9, "three random vectors agree little"
    # The stored samples, not the rounded template, are what later pictures are added to.
    [[best]] = home.open().search(expected.vector[None], k=1)
    assert best.person.id == person.id
    assert best.similarity == pytest.approx(1, abs=1e-6)
    assert best.agreement == template.agreement


def test_what_was_measured_about_a_picture_is_kept(home, gallery, sample) -> None:
    gallery.enroll([sample(1, source="x" * 300 + "/end.jpg")], name="Ana", consent=None)
    with home.opened[0].reading() as session:
        row = session.scalars(select(FaceRow)).one()
    assert (row.eye_distance_px, row.sharpness, row.brightness) == (60.5, 70.0, 50.0)
    assert (row.contrast, row.nose_offset, row.roll_degrees) == (30.0, 0.125, -2.5)
    assert (len(row.source), row.source[-8:]) == (200, "/end.jpg")
    assert row.recipe_id == gallery.recipe_id


def test_the_newest_consent_counts_and_the_words_are_proved_by_their_digest(home, gallery, sample) -> None:
    later = Consent(AGREED.text_version, AGREED.purpose, datetime(2026, 3, 4, tzinfo=UTC), "cli")
    person = gallery.enroll([sample(1)], name="Ana", consent=later)
    assert gallery.enroll([sample(2)], person_id=person.id, consent=AGREED).consent == later
    with home.opened[0].reading() as session:
        digests = set(session.scalars(select(ConsentRow.text_sha256)))
    assert digests == {CURRENT_CONSENT.sha256}


def test_consent_texts_have_each_their_version_and_unknown_ones_are_refused(gallery, sample) -> None:
    assert len({text.version for text in CONSENT_TEXTS}) == len(CONSENT_TEXTS)
    assert consent_text(CURRENT_CONSENT.version) is CURRENT_CONSENT
    made_up = Consent("live-99", "recognition", AGREED.given_at, "live")
    with pytest.raises(ConsentRequired, match="no consent text 'live-99'"):
        gallery.enroll([sample(1)], name="Ana", consent=made_up)
    assert gallery.people() == []


# Stored answers point at these words for ever: a changed text needs a new version.
@pytest.mark.parametrize(
    ("version", "sha256"), [("live-1", "bdd200e91fb1d57a3ddb863ff141c766d1ad100a374e5b57084226b58d241a28")]
)
def test_published_consent_texts_never_change(version: str, sha256: str) -> None:
    assert consent_text(version).sha256 == sha256


def test_enrolling_asks_for_exactly_one_of_name_and_id(gallery, sample) -> None:
    for wrong in ({}, {"name": "Ana", "person_id": "x"}):
        with pytest.raises(InvalidRequest, match="either a name"):
            gallery.enroll([sample()], consent=None, **wrong)
    with pytest.raises(InvalidRequest, match="No pictures"):
        gallery.enroll([], name="Ana", consent=None)
    with pytest.raises(InvalidRequest, match="name is empty"):
        gallery.enroll([sample()], name="  ", consent=None)
    with pytest.raises(NotFound, match="Nobody has the id nobody"):
        gallery.enroll([sample()], person_id="nobody", consent=None)
    assert gallery.people() == []


def test_samples_of_another_recipe_dimension_or_length_are_refused(gallery, sample, vector) -> None:
    with pytest.raises(ModelMismatch, match=r"recipe test@1 .* with other@2"):
        gallery.enroll([sample(), sample(recipe_id="other@2")], name="Ana", consent=None)
    with pytest.raises(ModelMismatch, match=r"\(16 numbers\).*\(8\)"):
        gallery.enroll([sample(vector=vector(1, 8))], name="Ana", consent=None)
    with pytest.raises(ValueError, match="expected unit length, got 2"):
        gallery.enroll([sample(vector=vector(1) * 2)], name="Ana", consent=None)
    assert gallery.size == 0


def test_a_name_finds_exact_matches_before_those_of_other_case(gallery, sample) -> None:
    upper = gallery.enroll([sample(1)], name="ANA", consent=None)
    lower = gallery.enroll([sample(2)], name="ana", consent=None)
    assert gallery.find("ana") == [lower]
    assert gallery.find("ANA") == [upper]
    assert gallery.find("Ana") == sorted([upper, lower], key=lambda p: (p.created_at, p.id))
    assert gallery.find("An") == []
    assert gallery.find(" ana ") == [lower]


def test_names_are_compared_after_normalisation_and_full_case_folding(gallery, sample) -> None:
    zoe = gallery.enroll([sample(1)], name="Zoe\u0308", consent=None)
    assert zoe.name == "Zo\u00eb"
    assert gallery.find("Zo\u00eb") == [zoe] == gallery.find("ZO\u00cb")
    street = gallery.enroll([sample(2)], name="Stra\u00dfe", consent=None)
    assert gallery.find("STRASSE") == [street]


def test_a_name_means_one_person_or_says_who_else(gallery, sample) -> None:
    assert gallery.resolve_name("Ana") is None
    one = gallery.enroll([sample(1)], name="Ana", consent=None)
    assert gallery.resolve_name("ana") == one
    two = gallery.enroll([sample(2)], name="Ana", consent=None)
    with pytest.raises(Conflict) as caught:
        gallery.resolve_name("Ana")
    assert one.id in caught.value.message and two.id in caught.value.message
    assert caught.value.details["person_ids"] == ", ".join(p.id for p in gallery.find("Ana"))


def test_renaming_reaches_lists_finding_and_search(home, gallery, sample, vector) -> None:
    person = gallery.enroll([sample(1)], name="Ana", consent=None)
    home.clock.at += 5
    renamed = gallery.rename(person.id, " Ana Silva ")
    assert (renamed.id, renamed.name, renamed.updated_at) == (person.id, "Ana Silva", utc(home.clock.at))
    assert gallery.find("ana silva") == [renamed]
    assert gallery.find("Ana") == []
    [[best]] = gallery.search(vector(1)[None])
    assert best.person == renamed.ref
    with pytest.raises(NotFound):
        gallery.rename("nobody", "X")
    with pytest.raises(InvalidRequest):
        gallery.rename(person.id, "")


def test_deleting_removes_every_row_and_the_key(home, gallery, sample, vector) -> None:
    ana = gallery.enroll([sample(1), sample(2)], name="Ana", consent=AGREED)
    bo = gallery.enroll([sample(3)], name="Bo", consent=AGREED)
    gallery.delete(ana.id)
    assert gallery.people() == [bo]
    assert [c.person.id for c in gallery.search(vector(1)[None])[0]] == [bo.id]
    with home.opened[0].reading() as session:
        for table in ("person", "face", "template", "consent", "data_key"):
            assert session.scalar(select(func.count()).select_from(Base.metadata.tables[table])) == 1, table
    for gone in (gallery.get, gallery.delete, gallery.template):
        with pytest.raises(NotFound):
            gone(ana.id)
    gallery.delete(bo.id)
    assert not home.opened[0].holds_data
    assert gallery.size == 0
    assert gallery.search(vector(1)[None]) == [[]]


def test_people_are_listed_by_name_then_age(home, gallery, sample) -> None:
    names = ["bo", "Ana", "ana", "Zoë", "Bo"]
    for seed, name in enumerate(names):
        home.clock.at += 1
        gallery.enroll([sample(seed)], name=name, consent=None)
    assert [p.name for p in gallery.people()] == ["Ana", "ana", "bo", "Bo", "Zoë"]


def test_collections_keep_their_people_apart(home, gallery: Gallery, sample, vector) -> None:
    ana = gallery.enroll([sample(1)], name="Ana", consent=None)
    other = home.open(collection="visitors")
    assert other.people() == []
    assert other.search(vector(1)[None]) == [[]]
    for refused in (other.get, other.delete, lambda person_id: other.rename(person_id, "X")):
        with pytest.raises(NotFound):
            refused(ana.id)
    with pytest.raises(NotFound):
        other.enroll([sample(2)], person_id=ana.id, consent=None)
    assert gallery.get(ana.id) == ana


def test_a_collection_belongs_to_the_recipe_of_its_people(home, gallery, sample) -> None:
    person = gallery.enroll([sample(1)], name="Ana", consent=None)
    with pytest.raises(ModelMismatch, match="made with recipe test@1, this engine is other@2") as caught:
        home.open(recipe_id="other@2")
    assert caught.value.details["recipe_id"] == "test@1"
    gallery.delete(person.id)
    other = home.open(recipe_id="other@2")
    other.enroll([sample(2, recipe_id="other@2")], name="Bo", consent=None)
    # The first gallery was open all the time; it may not mix its numbers in.
    with pytest.raises(ModelMismatch):
        gallery.enroll([sample(1)], name="Ana", consent=None)
    home.monotonic.at += 1
    with pytest.raises(ModelMismatch):
        gallery.search(sample(1).embedding.vector[None])
    assert [p.name for p in other.people()] == ["Bo"]


def test_ids_and_sources_that_cannot_be_encoded_match_nothing_and_harm_nothing(home, gallery, sample) -> None:
    gallery.enroll([sample(1, source="caf\udce9.jpg")], name="Ana", consent=None)
    with home.opened[0].reading() as session:
        assert session.scalars(select(FaceRow.source)).all() == ["caf?.jpg"]
    for refused in (gallery.get, gallery.delete, gallery.template):
        with pytest.raises(NotFound):
            refused("\ud800")
    with pytest.raises(NotFound):
        gallery.enroll([sample(2)], person_id="\ud800", consent=None)
