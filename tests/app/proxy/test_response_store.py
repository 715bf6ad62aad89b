"""What is kept of responses is bounded."""

from app.proxy.response_store import ResponseStore
from app.proxy.responses_wire import ResponsesRequest


def test_what_is_kept_is_bounded():
    store = ResponseStore(most=3, most_bytes=100)

    class Kept:
        owner, size, request = "o", 30, ResponsesRequest(model="m")

    for number in range(10):
        store.keep(str(number), Kept())
    assert [n for n in range(10) if store.find(str(n), "o")] == [7, 8, 9]
    Kept.size = 60
    store.keep("big", Kept())
    assert store.find("big", "o")
    assert store.find("9", "o")
    assert not store.find("7", "o")
