#!/usr/bin/env python3
"""Checks that every crate in Cargo.lock may be used in a project under MIT OR Apache-2.0.

Reads `cargo metadata` for the platforms that the project is built for. A crate's SPDX expression holds if it can be
satisfied with licences of the list alone: one side of an OR, both sides of an AND.
"""

import json
import re
import subprocess
import sys

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",  # root certificates: data
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",  # file by file: unchanged files bind nothing else
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
}

PLATFORMS = [
    "x86_64-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "wasm32-unknown-unknown",
]


def allowed(expression):
    """Tells whether an SPDX expression can be satisfied with allowed licences."""
    # The old form "MIT/Apache-2.0" means OR.
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def any_of():
        # The right side is always parsed, whatever the left side gave.
        value = all_of()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            value = all_of() or value
        return value

    def all_of():
        value = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            value = one() and value
        return value

    def one():
        token = tokens.pop(0)
        if token == "(":
            value = any_of()
            tokens.pop(0)
            return value
        if tokens and tokens[0] == "WITH":
            tokens.pop(0)
            token = f"{token} WITH {tokens.pop(0)}"
        return token in ALLOWED

    return any_of()


def self_test():
    """Fails loudly if the reader of expressions is wrong: a check that cannot fail proves nothing."""
    cases = {
        "MIT": True,
        "MIT/Apache-2.0": True,
        "GPL-3.0-only": False,
        "GPL-3.0-only OR MIT": True,
        "MIT AND GPL-3.0-only": False,
        "(MIT OR Apache-2.0) AND Unicode-3.0": True,
        "(GPL-2.0-only AND MIT) OR LGPL-3.0-only": False,
        "Apache-2.0 WITH LLVM-exception": True,
        "GPL-2.0-only WITH Classpath-exception-2.0": False,
    }
    for expression, want in cases.items():
        if allowed(expression) is not want:
            sys.exit(f"licences: the reader of expressions is wrong about {expression!r}")


def main():
    self_test()
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    for platform in PLATFORMS:
        command += ["--filter-platform", platform]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    packages = [package for package in metadata["packages"] if package["id"] in used]
    refused = [p for p in packages if not (p["license"] and allowed(p["license"]))]
    for package in refused:
        print(f"licences: {package['name']} {package['version']}: {package['license'] or 'no licence named'}")
    if refused:
        sys.exit(1)
    print(f"licences: {len(packages)} packages, all under licences of the list")


if __name__ == "__main__":
    main()
