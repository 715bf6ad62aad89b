"""The codes of the domain `python-tests`, with their explanations."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code

CODE_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "code-syntax": Code(
            "The answer is not Python",
            "The interpreter in the sandbox does not compile it.",
            "Answer with one complete program.",
        ),
        "code-import": Code(
            "The answer fails before a test runs",
            "Executing the module raised an exception or ended the interpreter. Only Python's own "
            "library can be imported.",
            "Repair what the module does when it is imported.",
        ),
        "code-name": Code(
            "A name that the tests use is not defined",
            "The tests call something that the answer does not define at module level, under "
            "exactly this name.",
            "Define it.",
        ),
        "code-test-failed": Code(
            "A test fails",
            "A comparison of the test does not hold, or the answer raised an exception that the "
            "test does not expect.",
            "Correct the program; the last call and its result are quoted.",
        ),
        "code-ended": Code(
            "The answer ended its interpreter",
            "A call never came back: the program left the process, crashed it, or wrote into the "
            "channel on which results are returned.",
            "Return results from functions; do not exit.",
        ),
        "code-limit": Code(
            "The answer used up its allowance",
            "It took more instructions, seconds or memory than `limits` allows. That is `unknown`, "
            "since with more it might have passed.",
            "Write a faster program, or raise `limits`.",
        ),
        "code-unsupported": Code(
            "A test cannot be run here",
            "Between the tests and the answer only plain data crosses: a test compares an object "
            "of the answer's own class, passes a function, is skipped, or needs fixtures.",
            "Compare plain values, such as attributes or what methods return.",
        ),
        "code-tests-ended": Code(
            "The tests did not come to an end",
            "The interpreter that runs the tests ended without a report or used up its allowance, "
            "so nothing was decided.",
            "Write tests that end, or raise `limits`.",
        ),
        "code-not-called": Code(
            "The tests called nothing",
            "All tests passed, but none called the answer, so they say nothing of it.",
            "Write tests that call what the answer defines.",
        ),
        "code-no-sandbox": Code(
            "There is no sandbox to run the answer in",
            "Programs are never run outside one. Neither is the WebAssembly interpreter prepared, "
            "nor does bubblewrap work here.",
            "Install the extra `sandbox` and run `modulo sandbox`.",
        ),
        "code-tests-syntax": Code(
            "The tests are not Python",
            "They are read as a module of Python.",
            "Correct the tests.",
        ),
        "code-tests-name": Code(
            "The tests use what they may not",
            "What executes text, or reaches the system, could let the answer's code in where it "
            "is tested. Only some modules of Python's library can be imported.",
            "Write the test without it.",
        ),
        "code-tests-nothing": Code(
            "The tests test nothing",
            "There is no `assert` and no test function, or they use nothing that an answer could "
            "define.",
            "Write tests that call what the answer is to define.",
        ),
    }
)
