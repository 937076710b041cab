"""Lets PyTorch's CUDA build be imported for its CPU part, without gigabytes of CUDA libraries.

Each library that PyTorch's own ask for and that is not there becomes an empty one with the same name and symbol
versions, made with the C compiler. What has no version is looked up when it is first called, so the importing process
must bind lazily (see cpu_torch.py), and nothing that needs a GPU can be called.
"""

import collections
import os
import re
import subprocess
import sysconfig
import tempfile

FOLDER = os.path.join(sysconfig.get_paths()["purelib"], "torch", "lib")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout


def main():
    own = [os.path.join(FOLDER, name) for name in os.listdir(FOLDER) if name.endswith(".so")]
    missing = sorted({line.split()[0] for line in output("ldd", *own).splitlines() if line.endswith("=> not found")})
    library_of = {}
    symbols = collections.defaultdict(set)
    for path in own:
        library = None
        for file, version in re.findall(r"File: (\S+)|Name: (\S+)  Flags", output("readelf", "-VW", path)):
            library = file or library
            if version:
                library_of[version] = library
        for symbol, version in re.findall(r" UND (\S+?)@(\S+)", output("readelf", "--dyn-syms", "-W", path)):
            symbols[version].add(symbol)
    for library in missing:
        versions = [version for version, owner in library_of.items() if owner == library]
        make(library, {version: symbols[version] for version in versions})


def make(library, versions):
    with tempfile.TemporaryDirectory() as folder:
        source, script = os.path.join(folder, "stub.s"), os.path.join(folder, "versions")
        with open(source, "w") as file:
            file.write(".data\n")
            for symbol in sorted(set().union(*versions.values())):
                file.write(f".globl {symbol}\n{symbol}: .zero 64\n")
            file.write('.section .note.GNU-stack,"",@progbits\n')
        with open(script, "w") as file:
            for version, names in versions.items():
                file.write(f"{version} {{ {' '.join(f'{name};' for name in sorted(names))} }};\n")
        subprocess.run(
            ["cc", "-shared", "-nostdlib", "-o", os.path.join(FOLDER, library), source]
            + [f"-Wl,-soname,{library}"]
            + ([f"-Wl,--version-script={script}"] if versions else []),
            check=True,
        )


main()
