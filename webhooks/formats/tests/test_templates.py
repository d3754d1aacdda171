"""The language of templates: what it can, what it refuses, and that it ends."""

import time
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.formats import Company, Occasion, RenderFailed, escaping
from webhooks.formats.templates import BadTemplate, Template

COMPANY = Company("June", "en", ZoneInfo("Europe/Minsk"))
DATA = {
    "client": {"number": "+375291234570", "name": "Анна <b>"},
    "talk_seconds": 75,
    "missed": False,
    "rang": ["150", "151"],
    "items": [{"name": "Lamp", "price": "201.50"}, {"name": "Bulb", "price": "2"}],
    "keys": "not a method",
    "at": "2026-11-21T09:40:29Z",
    "empty": None,
}


def occasion(data=DATA, type_="call.ended", company=COMPANY):
    return Occasion(UUID(int=7), type_, datetime(2026, 11, 21, 9, 40, 29, 121000, UTC), data, company)


def rendered(source, escape=escaping.unchanged, data=DATA):
    return Template(source, escape).render(occasion(data))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{{ title }}: {{ data.client.number }}", "Call ended: +375291234570"),
        ("{{ type }} {{ company }} {{ time }}", "call.ended June 2026-11-21T09:40:29.121Z"),
        ("{{ id }}", str(UUID(int=7))),
        ("{{ data['client']['name'] }}", "Анна <b>"),
        ("{{ data.rang[0] }}-{{ data.rang[-1] }}{{ data.rang[9] }}", "150-151"),
        ("{{ data.nothing.deeper.still }}{{ data.empty }}", ""),
        ("{{ data.nothing | default('none') }}", "none"),
        ("{{ data.keys }}{{ data.items | length }}", "not a method2"),
        ("{{ data.missed }}", "false"),
        ("{{ data.rang }}", '["150","151"]'),
        ("{% if data.talk_seconds > 60 and not data.missed %}long{% elif data.x %}x{% else %}short{% endif %}", "long"),
        ("{{ 'in' if '150' in data.rang else 'out' }}", "in"),
        ("{% for one in data.items %}{{ loop.index }}. {{ one.name }}{% if not loop.last %}; {% endif %}{% endfor %}", "1. Lamp; 2. Bulb"),
        ("{% for name, value in data.client | items %}{{ name }}={{ value }},{% endfor %}", "number=+375291234570,name=Анна <b>,"),
        ("{% for one in data.nothing %}x{% else %}none{% endfor %}", "none"),
        ("{{ data.rang | join('/') }} {{ data.client.name | upper }}", "150/151 АННА <B>"),
        ("{{ data.client.name | truncate(4) }}", "Анн…"),
        ("{{ data.client | json }}", '{"number":"+375291234570","name":"Анна <b>"}'),
        ("{{ data.nothing | json }}", "null"),
        ("{{ data.at | date('d.m.Y H:i') }}", "21.11.2026 12:40"),
        ("{{ data.rang | date }}", '["150","151"]'),
        ("{{ (data.talk_seconds / 60) | round(1) }}", "1.2"),
        ("{{ data.items | first }}", '{"name":"Lamp","price":"201.50"}'),
        ("{% if data.nothing is defined %}a{% else %}b{% endif %}", "b"),
    ],
)  # fmt: skip
def test_what_it_can(source, text):
    assert rendered(source) == text


def test_values_are_escaped_where_they_are_put_in_and_the_template_is_not():
    source = "<b>{{ data.client.name }}</b>"

    assert rendered(source, escaping.telegram) == "<b>Анна &lt;b&gt;</b>"
    assert rendered('{"a": "{{ data.q }}", "b": {{ data.q | json }}}', escaping.json_text, {"q": 'x"\n'}) == (
        '{"a": "x\\"\\n", "b": "x\\"\\n"}'
    )


@pytest.mark.parametrize(
    "source",
    [
        "{{ data.client.number.upper() }}",
        "{{ data.clear() }}",
        "{{ range(10) }}",
        "{{ cycler(1) }}",
        "{% set x = 1 %}",
        "{% set x %}a{% endset %}",
        "{{ 'a' * 999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%999999d' % 1 }}",
        "{{ 'a' ~ 'b' }}",
        "{% macro a() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% block a %}{% endblock %}",
        "{% call a() %}{% endcall %}",
        "{% filter upper %}a{% endfilter %}",
        "{% with a = 1 %}{% endwith %}",
        "{% raw %}{% endraw %}{{ self }}{{ self.a() }}",
        "{{ data | attr('x') }}",
        "{{ data | replace('a', 'bb') }}",
        "{{ data | center(99999) }}",
        "{{ data | map('upper') }}",
        "{{ data[1:2] }}",
        "{{ {'a': 1} }}",
        "{{ _budget }}",
        "{% for a in data recursive %}{{ loop(a) }}{% endfor %}",
        "{% for a in data %}{% for b in data %}{% for c in data %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ data",
        "{% if %}{% endif %}",
        "{% for a in data %}",
        "x" * 20_000,
        "(" * 500 + "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
        "{% if data %}" * 100 + "{% endif %}" * 100,
        "{{ data is divisibleby 3 }}",
    ],
)  # fmt: skip
def test_what_it_refuses(source):
    with pytest.raises(BadTemplate) as caught:
        Template(source, escaping.unchanged)

    assert str(caught.value)


def test_a_mistake_names_its_line():
    with pytest.raises(BadTemplate, match="Line 3: "):
        Template("a\nb\n{% set c = 1 %}", escaping.unchanged)
    with pytest.raises(RenderFailed, match="Line 2: "):
        rendered("a\n{{ data.talk_seconds / 0 }}")
    with pytest.raises(RenderFailed, match="Line 1: "):
        rendered("{% if data.client.name > 3 %}{% endif %}")


def test_it_reaches_nothing_but_json():
    assert (
        rendered(
            "{{ ''.__class__ }}{{ data.__class__.__mro__ }}{{ data.rang.append }}{{ data.client.number.upper }}"
        )
        == ""
    )
    assert rendered("{% for a in data.rang %}{{ loop.__class__ }}{{ loop.cycle }}{% endfor %}") == ""


def test_it_does_not_change_the_event():
    before = repr(DATA)
    rendered("{% for a in data.items %}{{ a.name }}{% endfor %}{{ data.items | join }}")

    assert repr(DATA) == before


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ("{% for a in data.x %}{% for b in data.x %}{% endfor %}{% endfor %}", {"x": [0] * 10_000}),
        ("{% for a in data.x %}{{ data.y }}{% endfor %}", {"x": [0] * 9000, "y": "y" * 100_000}),
        ("{{ data.y }}" * 1000, {"y": "y" * 200_000}),
        ("{{ data.y | upper | lower | upper }}" * 400, {"y": "y" * 250_000}),
        ("{% for a in data.y %}{% endfor %}", {"y": "text"}),
        ("{{ data.x | join(data.y) }}", {"x": ["a"] * 1000, "y": "y" * 1000}),
    ],
)
def test_it_ends_soon_and_stays_small(source, data):
    began = time.thread_time()

    with pytest.raises(RenderFailed):
        rendered(source, data=data)

    assert time.thread_time() - began < 2


SCRAPS = st.sampled_from(
    ["{{ data.a }}", "{{ data.a | upper }}", "{% if data.a %}", "{% endif %}", "{% for x in data.a %}", "{% endfor %}",
     "{{ x }}", "text", "{{ data.a.b | join(', ') }}", "{{ data.a / 2 }}", "{{", "}}", "{% else %}", "{{ data.a | date('Y') }}"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(st.lists(SCRAPS, max_size=8).map("".join), VALUES)
def test_whatever_is_written_it_is_a_text_or_a_plain_complaint(source, value):
    try:
        text = rendered(source, escaping.discord, {"a": value})
    except (BadTemplate, RenderFailed) as error:
        text = str(error)

    assert isinstance(text, str)
