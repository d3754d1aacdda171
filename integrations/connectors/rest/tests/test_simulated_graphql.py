"""The made-up GraphQL service by itself: documents, values and errors as the specification has them."""

from typing import Any

import pytest
import requests

from integrations.connectors.rest.simulator import Simulator
from integrations.connectors.rest.simulator.graphql_language import (
    Enum,
    Faulty,
    Variable,
    operations,
    type_of,
)
from integrations.connectors.rest.tests.entered import CREATES, named

CREATE = named(CREATES, "contact")
LITERAL = "mutation { createContact(input: {%s}) { contact { id n full_name phones { number } } userErrors { message } } }"


@pytest.fixture
def simulator():
    with Simulator(scheme="none").running() as running:
        yield running


def asked(simulator: Simulator, query: str, **variables: Any) -> Any:
    body = {"query": query, "variables": variables}
    return requests.post(f"{simulator.url}/api/graphql", json=body, timeout=10).json()


def refused(answer: Any) -> tuple[str, str]:
    """The only error of a request of which nothing was executed."""
    assert "data" not in answer
    [error] = answer["errors"]
    return error["extensions"]["code"], error["message"]


def test_every_kind_of_value_is_read() -> None:
    text = '''
    mutation Make($a: [Int!]! = [1, 2], $b: In) { # a comment with { and "
      one: make(a: $a, b: {n: -1.5e3, t: "a\\"\\u0431\\n", deep: {list: [true, null, RED]}}, c: """ "quoted" """)
      { id, }
    }
    '''

    [made] = operations(text)
    [field] = made.fields

    assert (made.kind, made.name, str(made.variables["a"].type)) == ("mutation", "Make", "[Int!]!")
    assert (made.variables["a"].default, made.variables["b"].has_default) == ([1, 2], False)
    assert (field.name, field.key, [one.name for one in field.fields]) == ("make", "one", ["id"])
    assert field.arguments == {
        "a": Variable("a"),
        "b": {"n": -1500.0, "t": 'a"б\n', "deep": {"list": [True, None, Enum("RED")]}},
        "c": ' "quoted" ',
    }


@pytest.mark.parametrize(
    "text",
    ["", "{", "{ }", "query", "{ a(b: ) }", "{ a(b: 01) }", "{ a(b: 1x) }", '{ a(b: "x) }', "{ a } }", "a { b }",
     "query($a: Int = $b) { a }", "{ a(b: 1 b: 2) }", "{ a(b: {c: 1, c: 2}) }", "{ % }"],
)  # fmt: skip
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(Faulty):
        operations(text)


def test_types_are_written_as_they_are_read() -> None:
    for text in ("Int", "Int!", "[Int]", "[PhoneInput!]!", "[[ID!]]"):
        assert str(type_of(text)) == text


@pytest.mark.parametrize("how", ["variable", "text"])
@pytest.mark.parametrize(
    ("given", "text", "code"),
    [
        ({"colour": "red"}, 'colour: "red"', 'Field "colour" is not defined by type "ContactInput".'),
        ({"n": "5"}, 'n: "5"', "Int cannot represent"),
        ({"n": 2**31}, "n: 2147483648", "Int cannot represent"),
        ({"n": True}, "n: true", "Int cannot represent"),
        ({"full_name": 5}, "full_name: 5", "String cannot represent"),
        ({"touched": "yes"}, "touched: yes", "Boolean cannot represent"),
        ({"phones": [{}]}, "phones: [{}]", 'Field "number" of required type "String!" was not provided.'),
        ({"phones": [None]}, "phones: [null]", 'Expected value of non-null type "PhoneInput!"'),
        ({"phones": ["1"]}, 'phones: ["1"]', 'Expected type "PhoneInput" to be an object.'),
    ],
)
def test_input_objects_are_checked_before_anything_is_done(simulator, how, given, text, code) -> None:
    if how == "variable":
        kind, message = refused(asked(simulator, CREATE, input=given))
    else:
        kind, message = refused(asked(simulator, LITERAL % text))

    assert kind == ("BAD_USER_INPUT" if how == "variable" else "GRAPHQL_VALIDATION_FAILED")
    assert code in message
    assert not simulator.store.rows["contacts"]


def test_one_value_is_a_list_of_one_and_what_is_left_out_is_left_out(simulator) -> None:
    text = LITERAL.replace("mutation", 'mutation($n: Int, $name: String = "Anna")') % (
        'n: $n, full_name: $name, phones: {number: "1"}'
    )

    made = asked(simulator, text)["data"]["createContact"]

    assert made["userErrors"] == []
    [row] = simulator.store.rows["contacts"].values()
    assert "n" not in row
    assert (row["full_name"], row["phones"]) == ("Anna", [{"number": "1"}])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("mutation($input: ContactInput) { createContact(input: $input) { contact { id } } }", "used in position"),
        ("mutation($input: OrderInput!) { createContact(input: $input) { contact { id } } }", "used in position"),
        ("mutation { createContact(input: $input) { contact { id } } }", "is not defined"),
        ("mutation { createContact { contact { id } } }", "is required"),
        ("mutation { createContact(input: {}, colour: 1) { contact { id } } }", "Unknown argument"),
        ("mutation { createContact(input: {}) { contact } }", "must have a selection"),
        ("mutation { createContact(input: {}) { contact { id { x } } } }", "must not have a selection"),
        ("{ createContact(input: {}) { contact { id } } }", "Cannot query field"),
        ("mutation($input: Nothing!) { createContact(input: $input) { contact { id } } }", "Unknown type"),
    ],
)  # fmt: skip
def test_wrong_documents_are_refused(simulator, query, message) -> None:
    assert message in refused(asked(simulator, query, input={}))[1]
    assert not simulator.store.rows["contacts"]


def test_a_field_that_fails_is_null_and_named_by_its_path(simulator) -> None:
    answer = asked(simulator, "mutation { made: createContact(input: {n: 1}) { contact { id rating } } }")

    assert answer["data"]["made"]["contact"] == {"id": 1, "rating": None}
    assert [error["path"] for error in answer["errors"]] == [["made", "contact", "rating"]]


def test_mutations_are_done_one_after_the_other(simulator) -> None:
    query = """mutation {
      a: createContact(input: {n: 1}) { contact { id } }
      b: updateContact(id: 1, input: {n: 2}) { contact { id n } }
    }"""

    assert asked(simulator, query)["data"]["b"]["contact"] == {"id": 1, "n": 2}
