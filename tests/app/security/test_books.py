"""Keys and accounts, in a file, in SQLite and in PostgreSQL: nothing is spent twice or unseen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.durable.location import locate
from app.security.books import Account, Amount, BooksAwayError, Claim, SpentError, grant
from app.security.database import DatabaseBooks
from app.security.file_books import FileBooks
from app.security.keys import Allowance, Scope, make_key

DAY = "2026-11-22"
FIRST = Amount(1, 10)
CLAIM = Claim(90, None, FIRST)


def key_with(**per_day):
    return make_key("ann", (Scope.SOLVE,), per_day=per_day)[0]


@pytest.fixture(params=["file", "sqlite", "postgresql"])
def books(request, tmp_path):
    if request.param == "file":
        made = FileBooks(tmp_path / "keys.json")
    elif request.param == "sqlite":
        made = DatabaseBooks(locate(f"sqlite:///{tmp_path}/runs.db"))
    else:
        made = DatabaseBooks(locate(request.getfixturevalue("postgres").make_database()))
    made.prepare()
    yield made
    made.close()


def test_keys_are_kept_and_a_change_is_seen(books):
    one, other = key_with(runs=3), key_with()
    books.put_key(one)
    mark, found = books.read_keys(None)
    assert list(found) == [one]
    assert books.read_keys(mark) is None
    books.put_key(other)
    later, found = books.read_keys(mark)
    assert {key.id for key in found} == {one.id, other.id}
    books.put_key(one.model_copy(update={"name": "bob"}))
    found = {key.id: key for key in books.read_keys(later)[1]}
    assert found[one.id].name == "bob"
    assert found[other.id] == other


def test_the_key_itself_is_kept_nowhere(books, tmp_path):
    key, token = make_key("ann", (Scope.SOLVE,))
    books.put_key(key)
    secret = token.rpartition("_")[2]
    assert secret not in key.model_dump_json()
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_a_reservation_stands_until_it_is_settled(books):
    key = key_with(tokens=100)
    first = books.reserve(key, DAY, "run_1", Claim(60, None, FIRST))
    assert (first.tokens, first.fresh) == (60, True)
    again = books.reserve(key, DAY, "run_1", Claim(60, None, FIRST))
    assert (again.tokens, again.fresh) == (60, False)
    assert books.reserve(key, DAY, "run_2", Claim(60, None, FIRST)).tokens == 40
    with pytest.raises(SpentError) as refused:
        books.reserve(key, DAY, "run_3", Claim(1, None, FIRST))
    assert (refused.value.what, refused.value.waiting) == ("tokens", True)
    assert books.held_by(key.id, 10) == ["run_1", "run_2"]
    books.settle("run_1", Amount(1, 5))
    books.settle("run_1", Amount(1, 99))  # told twice
    assert books.account(key.id, DAY) == Account(Amount(1, 5), Amount(1, 40))
    assert books.reserve(key, DAY, "run_3", Claim(None, None, FIRST)).tokens == 55
    books.release("run_3")
    books.release("run_1")
    assert books.account(key.id, DAY) == Account(Amount(1, 5), Amount(1, 40))


def test_a_run_that_goes_on_is_charged_once(books):
    key = key_with(tokens=100)
    books.reserve(key, DAY, "run_1", Claim(50, None, FIRST))
    books.settle("run_1", Amount(1, 20))
    going_on = Claim(50, None, FIRST, goes_on=True)
    assert books.reserve(key, DAY, "run_1", going_on).tokens == 50
    books.settle("run_1", Amount(1, 30))
    assert books.account(key.id, DAY) == Account(Amount(1, 30), Amount())


def test_another_run_of_the_same_id_gives_nothing_back(books):
    key = key_with(tokens=100)
    for _ in range(2):  # each is deleted when it is over
        assert books.reserve(key, DAY, "run_1", Claim(50, None, FIRST)).fresh
        books.settle("run_1", Amount(1, 45))
    assert books.account(key.id, DAY) == Account(Amount(2, 90), Amount())
    assert books.reserve(key, DAY, "run_1", Claim(50, None, FIRST)).tokens == 10


def test_another_day_and_another_key_have_accounts_of_their_own(books):
    key, other = key_with(runs=1), key_with(runs=1)
    books.reserve(key, DAY, "run_1", Claim(None, None, FIRST))
    books.reserve(other, DAY, "run_2", Claim(None, None, FIRST))
    books.reserve(key, "2026-11-23", "run_3", Claim(None, None, FIRST))
    with pytest.raises(SpentError):
        books.reserve(key, DAY, "run_4", Claim(None, None, FIRST))


def test_runs_that_start_at_once_cannot_share_one_rest(books):
    key = key_with(tokens=1000, usd=1.0, runs=30)

    def ask(number):
        try:
            return books.reserve(key, DAY, f"run_{number}", Claim(90, 0.05, FIRST))
        except SpentError:
            return None

    with ThreadPoolExecutor(8) as threads:
        granted = [one for one in threads.map(ask, range(40)) if one is not None]
    assert sum(one.tokens for one in granted) == 1000
    assert len(granted) == 12
    assert books.account(key.id, DAY).held.tokens == 1000


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_replicas_of_one_database_share_keys_and_accounts(request, tmp_path, kind):
    url = f"sqlite:///{tmp_path}/runs.db"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").make_database()
    here, there = (DatabaseBooks(locate(url)) for _ in range(2))
    key = key_with(tokens=1000)
    here.put_key(key)
    mark, found = there.read_keys(None)
    assert list(found) == [key]

    def ask(number):
        try:
            return (here, there)[number % 2].reserve(key, DAY, f"run_{number}", CLAIM)
        except SpentError:
            return None

    with ThreadPoolExecutor(8) as threads:
        granted = [one.tokens for one in threads.map(ask, range(30)) if one is not None]
    assert (sum(granted), len(granted)) == (1000, 12)
    there.settle("run_0", Amount(1, 7))
    assert here.account(key.id, DAY) == there.account(key.id, DAY)
    there.put_key(key.model_copy(update={"revoked_at": datetime.now(UTC)}))
    (seen,) = here.read_keys(mark)[1]
    assert seen.fault(datetime.now(UTC)) == "revoked"
    here.close()
    there.close()


def test_what_was_spent_long_ago_is_forgotten(tmp_path):
    books, key = DatabaseBooks(locate(f"sqlite:///{tmp_path}/runs.db")), key_with(runs=9)
    for day in ("2024-01-01", "2026-11-01", DAY):
        books.reserve(key, day, f"run_{day}", CLAIM)
        books.settle(f"run_{day}", Amount(1, 5))
    days = ("2024-01-01", "2026-11-01", DAY)
    assert [books.account(key.id, day).spent.runs for day in days] == [0, 1, 1]
    books.close()


@pytest.mark.parametrize("content", [b"", b"{", b'{"keys": [{}]}', b"\xff", b"[" * 100_000])
def test_a_file_that_holds_no_keys_lets_nobody_in(tmp_path, content):
    (tmp_path / "keys.json").write_bytes(content)
    with pytest.raises(BooksAwayError, match="cannot be used"):
        FileBooks(tmp_path / "keys.json").read_keys(None)


def test_a_database_that_is_none_lets_nobody_in(tmp_path):
    (tmp_path / "runs.db").write_bytes(b"\xff" * 9000)
    books = DatabaseBooks(locate(f"sqlite:///{tmp_path}/runs.db"))
    with pytest.raises(BooksAwayError, match="cannot be used"):
        books.read_keys(None)
    books.close()


def test_the_file_of_keys_is_its_owners_only(tmp_path):
    books = FileBooks(tmp_path / "new" / "keys.json")
    books.put_key(key_with())
    assert books.path.stat().st_mode & 0o777 == 0o600


AMOUNTS = st.integers(0, 200)
LIMITS = st.none() | st.integers(1, 200)


@given(
    runs=LIMITS,
    tokens=LIMITS,
    claims=st.lists(
        st.tuples(st.none() | st.integers(1, 100), st.integers(0, 20), st.integers(0, 50)),
        max_size=12,
    ),
)
def test_no_row_of_claims_passes_a_day(runs, tokens, claims):
    """Reserve, then spend what was granted or less: the sums never pass what a day allows."""
    allowance = Allowance(runs=runs, tokens=tokens)
    spent = held = Amount()
    for number, (asked, first, used) in enumerate(claims):
        try:
            granted = grant(allowance, Account(spent, held), Claim(asked, None, Amount(1, first)))
        except SpentError:
            continue
        assert granted.tokens is None or granted.tokens <= (tokens or 0)
        if number % 2:
            held += granted.held
        else:
            spent += Amount(1, min(used, granted.held.tokens))
        total = spent + held
        assert runs is None or total.runs <= runs
        assert tokens is None or total.tokens <= tokens
