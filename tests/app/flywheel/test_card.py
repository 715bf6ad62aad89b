import yaml

from app.flywheel.card import Provenance, write_card
from app.flywheel.exports import Tally
from app.flywheel.formats import Format

ABOUT = Provenance(
    kind=Format.SFT,
    command="modulo export journals/ --format sft",
    license=None,
    trusted=False,
    recorded=False,
    made={"train": ("train.jsonl", 120), "test": ("test.jsonl", 30)},
)


def carded(tally: Tally, **changes) -> tuple[dict, str]:
    card = write_card(Provenance(**{**vars(ABOUT), **changes}), tally)
    _, front, body = card.split("---\n", 2)
    return yaml.safe_load(front), body


def counted(**columns) -> Tally:
    tally = Tally()
    for number in range(3):
        tally.take("train" if number else "test", {"identity": str(number), **columns})
    return tally


def test_the_card_says_what_the_hub_reads():
    front, _ = carded(counted())
    assert front["license"] == "unknown"
    assert front["size_categories"] == ["n<1K"]
    [config] = front["configs"]
    assert config["data_files"] == [
        {"split": "train", "path": "train.jsonl"},
        {"split": "test", "path": "test.jsonl"},
    ]
    [about] = front["dataset_info"]
    assert about["splits"][0] == {"name": "train", "num_bytes": 120, "num_examples": 2}
    assert about["dataset_size"] == 150
    assert carded(counted(), license="cc-by-4.0")[0]["license"] == "cc-by-4.0"


def test_the_card_says_what_is_not_in_the_data():
    tally = counted(origin="solver")
    tally.dropped.update({"duplicate": 1200, "certificate-not-confirmed": 2})
    tally.refuted = 2
    _, body = carded(tally)
    assert "(`duplicate`) | 1,200 |" in body
    assert "**2 answers that a source calls certified were not accepted.**" in body
    assert "| solver | 3 |" in body
    assert "Nobody has named a licence." in body
    assert "judged again" in body
    _, trusting = carded(tally, trusted=True)
    assert "nothing was judged again" in trusting


HOSTILE = "x | y\n---\n<script>*a*</script>"


def test_names_that_others_chose_are_text_in_a_card():
    front, body = carded(counted(model=HOSTILE), license='mit"\nx: y')
    assert front["license"] == 'mit"\nx: y'
    [line] = [line for line in body.splitlines() if "script" in line]
    assert line == r"| x \| y --- \<script\>\*a\*\</script\> | 3 |"


def test_many_values_are_summed_up():
    tally = Tally()
    for number in range(30):
        tally.take("train", {"identity": "1", "model": f"m{number:02}"})
    _, body = carded(tally)
    assert "| 10 others | 10 |" in body
    assert "30 rows of 1 problem:" in body
