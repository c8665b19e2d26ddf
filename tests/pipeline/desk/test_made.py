import uuid

from hypothesis import given
from hypothesis import strategies as st

from schemas import ids


@given(st.uuids(), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_derived_ids_are_uuids_of_version_five(namespace: uuid.UUID, name: str) -> None:
    ours, theirs = ids.uuid5(namespace, name), uuid.uuid5(namespace, name)
    assert (ours, str(ours), hash(ours), ours.version) == (theirs, str(theirs), hash(theirs), 5)
