"""Incidents: joined by links, counted, named by their first letter, taken apart again; the same without the letters that left."""

from uuid import UUID

import pytest
from matterkit import COPIES, trace

from pipeline.judge.relate import Index
from pipeline.judge.relate.clusters import Clusters

A, B, C, D, E = (UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128) for number in range(1, 6))
DAY = 86_400
TRACE = trace(COPIES[0][0])


def test_links_make_an_incident_named_by_its_first() -> None:
    clusters = Clusters()
    assert clusters.link(B, A).members == (A, B)
    found = clusters.link(C, B)
    assert (found.incident_id, found.letters, found.members) == (A, 3, (A, B, C))
    assert clusters.cluster_of(D) is None
    assert clusters.linked_to(B) == (A, C)


def test_the_alarm_rings_once() -> None:
    clusters = Clusters()
    sizes = [clusters.link(later, A) for later in (B, C, D)]
    rung = [cluster.reaches(3, before=before) for cluster, before in zip(sizes, (1, 2, 3), strict=True)]
    assert rung == [False, True, False]


def test_joining_twice_changes_nothing() -> None:
    clusters = Clusters()
    first = clusters.link(B, A)
    assert clusters.link(B, A) == first
    with pytest.raises(ValueError, match="itself"):
        clusters.link(A, A)


def test_two_incidents_become_one() -> None:
    clusters = Clusters()
    clusters.link(B, A)
    clusters.link(D, C)
    assert clusters.link(D, B).members == (A, B, C, D)
    assert clusters.cluster_of(C) == clusters.cluster_of(A)


def test_an_undone_link_leaves_what_still_hangs_together() -> None:
    clusters = Clusters()
    for later, earlier in ((B, A), (C, B), (D, C), (E, C)):
        clusters.link(later, earlier)
    old, new = clusters.unlink(C, B)
    assert {old.incident_id, new.incident_id} == {A, C}
    assert {old.members, new.members} == {(A, B), (C, D, E)}
    assert clusters.unlink(B, A) == ()
    assert clusters.cluster_of(A) is None


def test_a_second_way_keeps_them_together() -> None:
    clusters = Clusters()
    for later, earlier in ((B, A), (C, B), (C, A)):
        clusters.link(later, earlier)
    assert clusters.unlink(C, B)[0].letters == 3
    assert clusters.unlink(A, C)[0].members == (A, B)
    assert clusters.unlink(D, E) == ()


def test_an_incident_outlives_its_letters_and_a_memory_that_never_knew_them_is_the_same() -> None:
    live, fresh = Index(window_s=10 * DAY), Index(window_s=10 * DAY)
    for day, one in ((0, A), (5, B), (8, C)):
        live.add(one, day * DAY, TRACE)
    live.link(B, A)
    live.link(C, B)
    live.add(D, 16 * DAY, TRACE)  # A and B have left
    cluster = live.link(D, C)
    assert (cluster.incident_id, cluster.letters, cluster.members) == (A, 4, (C, D))
    fresh.add(C, 8 * DAY, TRACE)
    fresh.link(C, B, incident_id=A, letters=3)
    fresh.add(D, 16 * DAY, TRACE)
    assert fresh.link(D, C, incident_id=A, letters=4) == cluster
    assert fresh.unlink(D, C) == live.unlink(D, C)
    with pytest.raises(KeyError):
        live.link(A, C)
    with pytest.raises(KeyError):
        live.link(C, A)


def test_when_all_have_left_nothing_is_kept() -> None:
    index = Index(window_s=10 * DAY)
    index.add(A, 0, TRACE)
    index.add(B, 0, TRACE)
    index.link(B, A)
    index.add(C, 30 * DAY, TRACE)
    assert index.clusters == Clusters()


def test_a_dump_comes_back_as_it_was() -> None:
    clusters = Clusters()
    for later, earlier in ((B, A), (D, C), (E, D)):
        clusters.link(later, earlier)
    assert Clusters.load(clusters.dump()) == clusters
    assert Clusters.load(Clusters().dump()) == Clusters()
