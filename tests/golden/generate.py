"""Writes every golden file beside this program, or checks them: see README.md.

python3 tests/golden/generate.py            rewrite all files
python3 tests/golden/generate.py --check    exit 1 if any file differs from what would be written
"""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from cases import case_document
from engine_cases import engine_cases
from hard_cases import hard_cases
from hash_files import hashes, ids
from number_files import price_doubles, price_texts, volume_texts
from ratio_file import ratios
from resample_file import resamplings

HERE = Path(__file__).resolve().parent


def documents():
    """File name to content, for every file."""
    files = {
        "price_f64.json": price_doubles(),
        "price_text.json": price_texts(),
        "ratio.json": ratios(),
        "resample.json": resamplings(),
        "signal_ids.json": ids(),
        "volume_text.json": volume_texts(),
        "xxh3.json": hashes(),
    }
    for case in [*engine_cases(), *hard_cases()]:
        name = f"engine/{case.name}.json"
        assert name not in files, name
        files[name] = case_document(case)
    return files


def layout(document):
    """JSON with one line for each column or list entry, so that a change shows as few lines."""
    if isinstance(document, list):
        return listing(document, "") + "\n"
    parts = []
    for key, value in document.items():
        is_entries = isinstance(value, list) and value and isinstance(value[0], dict)
        parts.append(f"  {compact(key)}: {listing(value, '  ') if is_entries else compact(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def listing(entries, indent):
    """A list with one entry a line."""
    lines = ",\n".join(f"{indent}  {compact(entry)}" for entry in entries)
    return f"[\n{lines}\n{indent}]"


def compact(value):
    """JSON without spaces, in ASCII."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def main(arguments):
    """Runs the program; returns its exit code."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    texts = {name: layout(document) for name, document in documents().items()}
    on_disk = {path.relative_to(HERE).as_posix() for path in HERE.glob("engine/*.json")}
    stale = sorted(on_disk - texts.keys())
    if arguments:
        changed = [name for name, text in texts.items() if not same(HERE / name, text)]
        for name in changed + stale:
            print(f"{name} differs from what generate.py makes", file=sys.stderr)
        return 1 if changed or stale else 0
    for name in stale:
        (HERE / name).unlink()
    for name, text in texts.items():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="ascii", newline="\n")
    print(f"{len(texts)} files, {sum(map(len, texts.values())):,} bytes")
    return 0


def same(path, text):
    """True if the file holds exactly this text."""
    return path.is_file() and path.read_bytes() == text.encode("ascii")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
