"""Memory that was freed is used again."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
{imports}

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

for _ in range(3):
    np.ones(3_000_000, np.float32), np.ones(3_000_000, np.float32)
before = faults()
for _ in range(10):
    np.ones(3_000_000, np.float32), np.ones(3_000_000, np.float32)
print(faults() - before)
"""


def page_faults(imports, **environment):
    run = subprocess.run(
        [sys.executable, "-c", FAULTS.format(imports=imports)],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
        | environment,
    )
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library can be told")
def test_an_array_asked_for_again_costs_no_page_faults():
    assert page_faults("import minigrad") < 100


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library can be told")
@pytest.mark.parametrize(
    "given", [{"MALLOC_MMAP_THRESHOLD_": "65536"}, {"MINIGRAD_KEEP_MEMORY": "0"}]
)
def test_what_the_environment_says_of_memory_is_heeded(given):
    assert page_faults("import minigrad", **given) > 100
