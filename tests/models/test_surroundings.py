"""What stands around a unit is that of the headline and of the sentences within reach."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from classifier.models.outlet_names import COVER
from classifier.models.surroundings import REACH, surrounding_features
from classifier.records import Sentence

DEVICES = ("attribution_hedging.frame", "relay_sourcing.outlet", "threat_rhetoric.veiled")


def unit(index: int, field: str = "text") -> Sentence:
    kind = "headline" if field == "title" else "sentence"
    return Sentence(index, field, 0, 9, kind, "Une unité")


def seen(outlet: str = "", *devices: str) -> tuple[str, str, tuple[str, ...]]:
    return f"Ici {outlet}.", f"Ici {COVER * len(outlet)}.", devices


def test_devices_are_counted_up_to_two():
    near = [seen("", DEVICES[0]), seen("", DEVICES[0]), seen("", DEVICES[0]), seen()]
    found = surrounding_features([unit(n) for n in range(4)], near)
    assert found[3] == (f"around:{DEVICES[0]}=2",)


def test_an_outlet_of_the_headline_is_known_in_the_text():
    units = [unit(0, "title"), unit(1)]
    _, text = surrounding_features(units, [seen("Vigie"), seen("Vigie", DEVICES[1])])
    assert {"outlet", "outlet:title_names", "outlet:of_title", "outlet:again=1"} <= set(text)
    assert f"outlet:of_title&{DEVICES[1]}" in text


def test_nothing_stands_around_plain_units():
    assert surrounding_features([unit(0), unit(1)], [seen(), seen()]) == [(), ()]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5),
            st.sampled_from(("", "", "Vigie", "Cèdre")),
            st.sets(st.sampled_from(DEVICES)).map(sorted),
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(0, 3),
)
def test_what_is_near_is_what_counting_finds(steps, heads):
    """Units far apart, as in a run taken from a longer article, do not see each other."""
    units, shown = [], []
    for number, (step, outlet, devices) in enumerate(steps):
        index = units[-1].index + step if units else 0
        units.append(unit(index, "title" if number < heads else "text"))
        shown.append(seen(outlet, *devices))
    for place, found in enumerate(surrounding_features(units, shown)):
        near = [
            other
            for other, one in enumerate(units)
            if other != place
            and (one.field != "text" or abs(one.index - units[place].index) <= REACH)
        ]
        counts = Counter(device for other in near for device in shown[other][2])
        around = {f"around:{name}={min(count, 2)}" for name, count in counts.items()}
        assert {one for one in found if one.startswith("around:")} == around
        again = [one for one in found if one.startswith("outlet:again=")]
        if steps[place][1]:
            same = sum(steps[other][1] == steps[place][1] for other in near)
            assert again == [f"outlet:again={min(same, 3)}"]
        else:
            assert again == []
