"""The same matter: is a letter about what an earlier one was about, and what follows from that?

    trace = trace_of(letter)                             # 256 bytes of hashes; store trace.encode()
    found = index.candidates(trace, at)                  # the best few earlier letters, scored, with reasons
    named = index.compare(trace, ids_of_named_numbers)   # letters whose numbers this one names, if remembered
    known = [Earlier(one.letter_id, number, at_of, one.score, one.why, one.same_person, one.same_text, one.same_way,
                     one.same_files, one.vetoed, stands, closed_at) for one in (*found, *named)]
    asked = Asked(at, copy_window, named=numbers, is_reminder=…, says_again=says_again(letter), short=is_short(letter),
                  names_place=names_place(trace), names_nothing=names_nothing(letter))
    related = relate(asked, known)                       # .link, .incidents, .doubtful: Links with score and reason
    index.add(letter.id, at, trace)                      # after judging, so that nobody meets oneself
    index.dump(), Index.load(arrays)                     # written and read by ``pipeline.desk.snapshot``

``at`` is Unix time in whole seconds, never going back. A changelog needs of each letter: id, at, encoded trace;
``add_many`` reads them in bulk. ``SCHEME`` stands with every stored trace and
snapshot: those of another scheme are of no use and are made anew from the letters.
"""

from pipeline.judge.relate.index import Candidate, Index
from pipeline.judge.relate.relations import Asked, Earlier, Related, is_short, relate, says_again
from pipeline.judge.relate.score import DOUBTFUL, SURE
from pipeline.judge.relate.trace import SCHEME, Trace, names_place, trace_of
from pipeline.judge.relate.waiting import names_nothing

__all__ = [
    "DOUBTFUL",
    "SCHEME",
    "SURE",
    "Asked",
    "Candidate",
    "Earlier",
    "Index",
    "Related",
    "Trace",
    "is_short",
    "names_nothing",
    "names_place",
    "relate",
    "says_again",
    "trace_of",
]
