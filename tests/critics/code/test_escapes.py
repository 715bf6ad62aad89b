"""Programs that try to get out, or to be accepted without being right. None may be.

Every one of them would pass, or do harm, in a runner that executes tests beside the program.
"""

import socket

import pytest

from critics.types import Verdict

TESTS = """\
def test_two():
    assert f(2) == 4

def test_three():
    assert f(3) == 9
"""
RETURNS = "def f(x): return {}\n"

FORGERIES = {
    "exits with success": "import os\ndef f(x): os._exit(0)",
    "exits when imported": "import os\nos._exit(0)\ndef f(x): pass",
    "raises SystemExit": "import sys\ndef f(x): sys.exit(0)",
    "raises SystemExit at import": "def f(x): pass\nraise SystemExit(0)",
    "is equal to everything": """
class Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def f(x): return Any()""",
    "is a number that is equal to everything": """
class Any(int):
    def __eq__(self, other): return True
def f(x): return Any(7)""",
    "is a list that is equal to everything": """
class Any(list):
    def __eq__(self, other): return True
def f(x): return Any()""",
    "pretends to be another class": """
class Any:
    __class__ = int
    def __eq__(self, other): return True
    def __index__(self): return 4
def f(x): return Any()""",
    "patches builtins": """
import builtins
builtins.AssertionError = type("Quiet", (BaseException,), {})
builtins.all = builtins.any = builtins.isinstance = lambda *a: True
def f(x): return 0""",
    "replaces modules": """
import sys, types
for name in list(sys.modules):
    if name not in ("sys", "types"):
        sys.modules[name] = types.ModuleType(name)
def f(x): return 0""",
    "skips": "import unittest\ndef f(x): raise unittest.SkipTest('no')",
    "stops the iteration": "def f(x): raise StopIteration",
    "raises AssertionError's opposite": "def f(x): raise KeyboardInterrupt",
    "reads frames for what is expected": """
import sys
def f(x):
    frame = sys._getframe()
    while frame is not None:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if isinstance(value, (str, bytes)) and 'assert f' in str(value):
                return int(str(value).split('== ')[1].split()[0]) if x == 2 else 9
        frame = frame.f_back
    return -1""",
    "looks for the tests in memory": """
import gc
def f(x):
    for thing in gc.get_objects():
        if isinstance(thing, dict) and 'test_two' in thing:
            return 4 if x == 2 else 9
    return -1""",
    "looks for the tests in files": """
import os, sys
def f(x):
    for folder, _, names in os.walk('/'):
        for name in names:
            try:
                text = open(os.path.join(folder, name), errors='ignore').read()
            except OSError:
                continue
            if 'test_two' in text and 'assert f(2) ==' in text:
                return 4 if x == 2 else 9
        if folder.count('/') > 2:
            break
    return -1""",
    "looks for the tests in its parent": """
import os
def f(x):
    try:
        text = open(f'/proc/{os.getppid()}/cmdline').read() + open('/proc/self/cmdline').read()
    except Exception:
        return -1
    return 4 if 'test_two' in text else -1""",
    "writes the report": """
import sys, os
REPORT = b'{"failures": [], "count": 2, "calls": 2, "problems": []}\\n' * 20
for fd in range(1, 12):
    try: os.write(fd, REPORT)
    except OSError: pass
def f(x): return 0""",
    "answers before it is asked": """
import os
for _ in range(9): os.write(1, b'{"value": ["b", true]}\\n')
def f(x): return 0""",
    "writes the report at exit": """
import atexit, os
atexit.register(lambda: os.write(1, b'{"failures":[],"count":2,"calls":2,"problems":[]}\\n'))
def f(x): raise SystemExit(0)""",
    "writes from a finalizer": """
import os
class Late:
    def __del__(self): os.write(1, b'{"count":2,"calls":2,"failures":[],"problems":[]}\\n')
def f(x):
    Late()
    return 0""",
    "replaces the guest's own functions": """
import sys
for module in list(sys.modules.values()):
    for name in ('Writer', 'read_value', 'tell_raised', 'Server'):
        if hasattr(module, name): setattr(module, name, lambda *a, **k: ['b', True])
def f(x): return 0""",
    "answers with a value of no type": """
import os
def f(x):
    os.write(1, b'{"value": ["r", "x", []]}\\n')
    return 0""",
    "answers with what is no JSON": "import os\ndef f(x): os.write(1, b'\\xff' * 99 + b'\\n')",
    "answers with nested JSON": "import os\ndef f(x):\n    os.write(1, b'[' * 200000 + b'\\n')",
    "answers with a long line": "import os\ndef f(x):\n    while True: os.write(1, b'x' * 65536)",
    "prints a great deal": "def f(x):\n    for _ in range(99): print('x' * 99999)\n    return 0",
    "returns a great deal": "def f(x): return [0] * 10**6",
    "returns what holds itself": "def f(x):\n    a = []\n    a.append(a)\n    return a",
    "imports our packages": """
def f(x):
    import critics.judge
    return 4 if x == 2 else 9""",
    "reads a secret from the environment": """
import os
def f(x): return 4 if os.environ.get('MODULO_UPSTREAM__API_KEY') else 0""",
    "imports what is not there": "import requests\ndef f(x): return requests",
    "recurses": "def f(x): return f(x)",
}


@pytest.mark.parametrize("answer", FORGERIES.values(), ids=FORGERIES)
def test_nothing_but_right_values_passes(on_one, answer, monkeypatch) -> None:
    monkeypatch.setenv("MODULO_UPSTREAM__API_KEY", "a secret")
    judgement = on_one(answer, TESTS)
    assert judgement.verdict is not Verdict.ACCEPTED
    assert judgement.codes
    assert not {"critic-crashed", "code-no-sandbox"} & set(judgement.codes)


BOMBS = {
    "loops": "def f(x):\n    while True: pass",
    "loops when imported": "def f(x): pass\nwhile True: pass",
    "sleeps": "import time\ndef f(x): time.sleep(3600)",
    "takes all memory": "def f(x):\n    a = []\n    while True: a.append(bytearray(1 << 22))",
    "makes a number of a billion digits": "def f(x): return 10 ** 10 ** 9",
    "recurses without a limit": """
import sys
sys.setrecursionlimit(10 ** 9)
def f(x): return f(x)""",
    "forks": "import os\ndef f(x):\n    while True: os.fork()",
    "starts threads": """
import threading, time
def f(x):
    while True: threading.Thread(target=time.sleep, args=(99,)).start()""",
}


@pytest.mark.slow
@pytest.mark.parametrize("answer", [*FORGERIES.values(), *BOMBS.values()], ids=[*FORGERIES, *BOMBS])
def test_every_sandbox_holds(on, answer) -> None:
    judgement = on(answer, TESTS, limits={"seconds": 0.5, "memory_mb": 96})
    assert judgement.verdict is not Verdict.ACCEPTED
    assert not {"critic-crashed", "code-no-sandbox"} & set(judgement.codes)


TRIES = {
    "reads the system's users": "open('/etc/passwd').read()",
    "reads this repository": "open({here!r}).read()",
    "writes to the file system": "open('/tmp/escaped', 'w').write('x')",
    "writes beside itself": "open('escaped', 'w').write('x')",
    "follows a link": "[os.symlink('/etc/passwd', 'link'), open('link').read()]",
    "reads processes": "open('/proc/1/environ').read()",
    "lists processes": "[int(name) for name in os.listdir('/proc') if name.isdigit()][2]",
    "opens a socket": "__import__('socket').create_connection(('127.0.0.1', {port}), 2).close()",
    "opens a local socket": "__import__('socket').socketpair()",
    "starts a process": "__import__('subprocess').check_output(['/bin/true'])",
    "forks": "os.fork() or os._exit(0)",
    "signals its parent": "os.kill(os.getppid(), 15)",
    "signals everyone": "os.kill(-1, 9)",
    "traces": "0 // (__import__('ctypes').CDLL(None).ptrace(0, 0, 0, 0) + 1)",
    "mounts": "0 // (__import__('ctypes').CDLL(None).mount(b'/', b'/', b'', 4096, 0) + 1)",
    "makes namespaces": "0 // (__import__('ctypes').CDLL(None).unshare(0x10000000) + 1)",
    "becomes root": "[os.setuid(0), open('/etc/shadow').read()]",
}


@pytest.fixture
def port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_system_is_out_of_reach(on, port) -> None:
    tried = {name: text.format(here=__file__, port=port) for name, text in TRIES.items()}
    answer = f"""
import os
def attempt(text):
    try:
        eval(text)
    except BaseException as error:
        return None
    return "it worked"
TRIED = {tried!r}
def f(x):
    return [name for name, text in TRIED.items() if attempt(text)]
"""
    judgement = on(answer, "assert f(1) == []", limits={"seconds": 5, "memory_mb": 256})
    assert judgement.verdict is Verdict.ACCEPTED, judgement.diagnostics


def test_a_right_program_passes(on) -> None:
    judgement = on("def f(x): return x * x", TESTS)
    assert (judgement.verdict, judgement.assurance.value) == (Verdict.ACCEPTED, "tested")
