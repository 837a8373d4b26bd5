"""Signals and headlines on the archive page: bars, figures, publishers, articles to look at.

One neutral colour, and publishers by their number of articles: nothing here is a grade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape

from classifier.batch.archive_histogram import Bins, draw, make_bins, name_bin, show
from classifier.batch.archive_records import HeldArticle, SignalGroup, Signals, SignalSpread
from classifier.batch.archive_signals import FAITHFUL, LIMITED
from classifier.batch.archive_words import both, both_numbers, say, share
from classifier.rendering.bilingual import LANGUAGES, both_phrases, each
from classifier.rendering.bilingual import both as both_shared
from classifier.rendering.marking import clean
from classifier.rendering.words import say as say_shared
from classifier.statistics import Interval

Button = Callable[[str, str, str], str]
"""Field, value, what → a button that shows the sentences."""

ARTICLE = "=article"
"""The filter of one article; no column is called so."""

_TITLE = 70


def write_signals(signals: Signals, button: Button) -> str:
    """Return what stands in the section on signals."""
    if not signals.spreads:
        return f"<p>{both('no_signals')}</p>"
    note = f"<p>{both('without', number=signals.without)}</p>" if signals.without else ""
    hint = f'<p class="hint">{both_shared("signals_hint")} {both("signals_read")}</p>'
    everywhere = _unranked_everywhere(signals)
    if everywhere:
        note += f"<p>{_unranked(everywhere)}</p>"
    elif not any(one.reference or one.unranked for one in signals.spreads):
        note += f"<p>{both('other_reference')}</p>"
    blocks = "".join(_signal(one, button, everywhere) for one in signals.spreads)
    return hint + note + blocks


def _unranked_everywhere(signals: Signals) -> Mapping[str, int]:
    """Return why no article has any percentile; empty where some have one."""
    measured = [one for one in signals.spreads if one.whole.articles]
    if any(sum(one.unranked.values()) < one.whole.articles for one in measured):
        return {}
    return {reason: number for one in measured for reason, number in one.unranked.items()}


def _unranked(reasons: Iterable[str]) -> str:
    return f"{both('unranked')} {', '.join(both_phrases(reason) for reason in reasons)}."


def _signal(spread: SignalSpread, button: Button, said: Mapping[str, int]) -> str:
    place = f"signal-{spread.name}"
    title = f'<h3 id="{place}">{both_shared(spread.name)}</h3>'
    reasons = "".join(
        f"<p>{both('no_value', number=number)} {both_phrases(reason)}.</p>"
        for reason, number in spread.reasons.items()
    )
    if spread.unranked and not said:
        reasons += f"<p><small>{_unranked(spread.unranked)}</small></p>"
    if not spread.whole.articles:
        return f'<div class="signal">{title}{reasons}</div>'
    bins = make_bins(spread)
    key = f'<span class="key here">{both("here")}</span>'
    if bins.press:
        key += f' <span class="key press">{both("press")}</span>'
    lists = [_held("highest", spread.highest, spread, button)]
    if spread.lowest:
        lists.append(_held("lowest", spread.lowest, spread, button))
    return (
        f'<div class="signal">{title}<div class="spread"><figure>{draw(spread, bins)}'
        f"<figcaption>{key}</figcaption></figure>"
        f'<div class="facts">{_facts(spread, bins)}{reasons}</div></div>'
        f"<details><summary>{both('figures')}</summary>{_bins(spread, bins)}</details>"
        f"{_groups(spread)}{''.join(lists)}</div>"
    )


def _value(name: str, value: float) -> str:
    return each({at: show(name, value, at) for at in LANGUAGES})


def _facts(spread: SignalSpread, bins: Bins) -> str:
    whole = spread.whole
    facts = f"<p>{both('median')} <b>{_value(spread.name, whole.median)}</b></p>"
    if spread.reference is not None:
        facts += (
            f"<p>{both('press_median')} <b>{_value(spread.name, spread.reference_median)}</b>, "
            f"{both('press_90')} <b>{_value(spread.name, spread.reference.quantile(0.9))}</b></p>"
        )
    if bins.nought_apart:
        nought = each({at: share(bins.here[0], at) for at in LANGUAGES})
        press = "".join(
            f" ({both('press')} {each({at: share(one, at) for at in LANGUAGES})})"
            for one in bins.press[:1]
        )
        facts += f"<p>{both('nought')} <b>{nought}</b>{press}</p>"
    if spread.reference_far == 0:
        facts += f"<p>{both('far_never')}</p>"
    elif whole.far.value == whole.far.value:
        facts += (
            f"<p>{both('far')} <b>{_share(whole.far)}</b> <small>{_ends(whole.far)}</small> "
            f"<small>{both('far_of', number=whole.far_articles)}</small></p>"
        )
        if spread.reference is not None:
            press = each({at: share(spread.reference_far, at) for at in LANGUAGES})
            facts += f"<p><small>{both('far_press')} {press}</small></p>"
    return f"{facts}<p><small>{both('having', number=whole.articles)}</small></p>"


def _share(one: Interval) -> str:
    return each({at: share(one.value, at) for at in LANGUAGES})


def _ends(one: Interval) -> str:
    if one.low != one.low:
        return "[–]"
    return each({at: f"[{share(one.low, at)} – {share(one.high, at)}]" for at in LANGUAGES})


def _bins(spread: SignalSpread, bins: Bins) -> str:
    head = f'<th scope="col">{both("values")}</th><th scope="col">{both("here")}</th>'
    if bins.press:
        head += f'<th scope="col">{both("press")}</th>'
    rows = ""
    for number, here in enumerate(bins.here):
        shares = (here, *bins.press[number : number + 1])
        name = each({at: name_bin(spread, bins, number, at) for at in LANGUAGES})
        cells = "".join(f"<td>{each({at: share(x, at) for at in LANGUAGES})}</td>" for x in shares)
        rows += f'<tr><th scope="row">{name}</th>{cells}</tr>'
    return _table(head, rows, spread.name)


def _groups(spread: SignalSpread) -> str:
    """Return the signal by publisher."""
    if not spread.groups:
        return ""
    ranked = spread.whole.far.value == spread.whole.far.value
    head = "".join(
        f'<th scope="col">{both(key)}</th>'
        for key in ("editor", "articles", "median", *(("far",) if ranked else ()))
    )
    rows = "".join(_group(one, spread.name, ranked) for one in spread.groups)
    return (
        f"<details><summary>{both('publisher')}</summary>"
        f"{_table(head, rows, spread.name)}</details>"
    )


def _group(one: SignalGroup, name: str, ranked: bool) -> str:
    far = ""
    if ranked:
        far = f"<td><b>{_share(one.far)}</b> <small>{_ends(one.far)}</small></td>"
    return (
        f'<tr><th scope="row">{escape(clean(one.name))}</th><td>{both_numbers(one.articles)}</td>'
        f"<td>{_value(name, one.median)}</td>{far}</tr>"
    )


def _table(head: str, rows: str, name: str) -> str:
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-labelledby="signal-{name}">'
        f'<table class="plain"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _held(key: str, articles: Iterable[HeldArticle], spread: SignalSpread, button: Button) -> str:
    items = ""
    for one in articles:
        shown = _value(spread.name, one.value)
        if one.percentile == one.percentile:
            rank = each({at: share(one.percentile / 100, at) for at in LANGUAGES})
            shown += f" · {both('rank')} {rank}"
        items += _item(one, button, f"<small>{shown}</small>")
    if not items:
        return ""
    return f'<details><summary>{both(key)}</summary><ol class="held">{items}</ol></details>'


def _item(one: HeldArticle, button: Button, figure: str = "") -> str:
    title = escape(clean(one.title or one.id))
    about = " · ".join(clean(part) for part in (one.publisher, one.published, one.id) if part)
    drill = button(ARTICLE, one.key, title) if one.passages else ""
    return f'<li>{title} {figure} {drill}<p class="about">{escape(about)}</p></li>'


def write_headlines(signals: Signals, button: Button) -> str:
    """Return what stands in the section on headlines."""
    if not signals.headlines:
        return f"<p>{both('no_headlines' if not signals.without else 'no_signals')}</p>"
    head = "".join(
        f'<th scope="col">{both_shared(f"of_{one.field}")}</th>' for one in signals.headlines
    )
    rows = (
        _row(both("compared"), (both_numbers(one.compared) for one in signals.headlines))
        + _row(both("carried"), (both_numbers(one.carried) for one in signals.headlines))
        + _row(
            both("reported"),
            (_counted(one.found.get(FAITHFUL, 0), one.faithful) for one in signals.headlines),
        )
        + _row(both("limits"), (_counted(one.limited, one.limits) for one in signals.headlines))
    )
    others = dict.fromkeys(
        name for one in signals.headlines for name in one.found if name != FAITHFUL
    )
    for name in others:
        rows += _row(
            both_shared(name), (both_numbers(one.found.get(name, 0)) for one in signals.headlines)
        )
    lists = "".join(
        f"<details><summary>{both(f'{key}_titles', number=len(articles))}</summary>"
        f'<ol class="held">{"".join(_item(one, button) for one in articles)}</ol></details>'
        for key, articles in ((key, signals.examples[key]) for key in (FAITHFUL, LIMITED))
        if articles
    )
    return (
        f'<p class="hint">{both("headlines_hint")}</p>'
        '<div class="scroll" tabindex="0" role="group" aria-labelledby="headlines-name">'
        f'<table class="plain"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{lists}"
    )


def _row(name: str, cells: Iterable[str]) -> str:
    return f'<tr><th scope="row">{name}</th>{"".join(f"<td>{one}</td>" for one in cells)}</tr>'


def _counted(number: int, one: Interval) -> str:
    return f"<b>{both_numbers(number)}</b> · {_share(one)} <small>{_ends(one)}</small>"


def held_articles(signals: Signals) -> dict[str, str]:
    """Return the articles whose sentences the page holds: key → title, cut to fit a menu."""
    lists: list[tuple[HeldArticle, ...]] = [
        part for one in signals.spreads for part in (one.highest, one.lowest)
    ]
    lists += signals.examples.values()
    titles = {one.key: clean(one.title or one.id) for part in lists for one in part if one.passages}
    cut = {
        key: title if len(title) <= _TITLE else f"{title[:_TITLE].rstrip()}…"
        for key, title in titles.items()
    }
    return dict(sorted(cut.items(), key=lambda one: (one[1].casefold(), one[0])))


def role_words(roles: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """Return what the script says of a sentence's roles."""
    own = {"match": "role_match", "restriction": "role_restriction"}
    return {
        role: {at: say(own[role], at) if role in own else say_shared(role, at) for at in LANGUAGES}
        for role in roles
    }
