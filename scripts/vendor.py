"""Rebuild ``trading/static/vendor``: the libraries that pages load, each as one ES module.

    python scripts/vendor.py            # fetch with npm, bundle with esbuild, write all files
    python scripts/vendor.py --check    # no network: do the files match the manifest?

A module holds exactly the exports that pages use, unminified, so that it can be read and compared
with its sources; what a package publishes ready for browsers (pdf.js, its worker, the character
maps of Chinese) is taken as it is, into a folder of its own. ``manifest.json`` names the packages
in each, with versions, licences and npm's own digests, and the SHA-256 of each file. Versions are
pinned below and their digests are compared with the manifest's, so a package that changed under
its version is noticed.

Needs npm, whose own settings say where packages come from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "trading" / "static" / "vendor"
LICENCES = frozenset({"MIT", "BSD-3-Clause", "Apache-2.0", "0BSD"})
#: node-forge is offered under either of two licences; this one is taken.
CHOSEN = {"(BSD-3-Clause OR GPL-2.0)": "BSD-3-Clause"}

PACKAGES = {
    "@hpke/core": "1.9.0",
    "@hpke/common": "1.10.1",
    "@hpke/dhkem-x25519": "1.8.0",
    "@noble/hashes": "2.4.0",
    "@peculiar/utils": "4.1.0",
    "asn1js": "4.0.0",
    "hash-wasm": "4.13.0",
    "node-forge": "1.4.3",
    "pdfjs-dist": "6.5.438",
    "esbuild": "0.28.2",
}

#: Module -> (packages in it, source of its entry point).
MODULES = {
    "hpke.js": (
        ("@hpke/core", "@hpke/common", "@hpke/dhkem-x25519"),
        """
export { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
export { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
""",
    ),
    "hashes.js": (
        ("@noble/hashes",),
        """
export { scryptAsync } from "@noble/hashes/scrypt.js";
export { sha256 } from "@noble/hashes/sha2.js";
""",
    ),
    # The SHA-256 of whole files, three times as fast where WebAssembly may run: in workers.
    "sha256_wasm.js": (("hash-wasm",), 'export { createSHA256 } from "hash-wasm";\n'),
    "asn1.js": (("asn1js", "@peculiar/utils"), 'export * from "asn1js";\n'),
    "forge_pbe.js": (
        ("node-forge",),
        """
import forge from "node-forge/lib/forge.js";
import "node-forge/lib/hmac.js";
import "node-forge/lib/pbe.js";
import "node-forge/lib/sha1.js";
import "node-forge/lib/sha256.js";
import "node-forge/lib/sha512.js";
export const { asn1, hmac, md, pki, util } = forge;
""",
    ),
}

#: Folder -> (its package, what is taken of it as published, its licences).
TAKEN = {
    "pdfjs": (
        "pdfjs-dist",
        (
            "build/pdf.mjs",
            "build/pdf.worker.mjs",
            # Documents from outside may leave their Chinese fonts to the reader's machine.
            "cmaps/Adobe-GB1-*.bcmap",
            "cmaps/GB*.bcmap",
            "cmaps/UniGB-*.bcmap",
            # The policy lets no WebAssembly run: the same decoders in JavaScript, for scans.
            "wasm/*_nowasm_fallback.js",
        ),
        (
            "LICENSE",
            "cmaps/LICENSE",
            "wasm/LICENSE_JBIG2",
            "wasm/LICENSE_OPENJPEG",
            "wasm/LICENSE_PDFJS_JBIG2",
            "wasm/LICENSE_PDFJS_OPENJPEG",
        ),
    ),
}


def fetch(folder: Path) -> dict[str, dict[str, Any]]:
    """Install the pinned packages into ``folder``; what npm says of each."""
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    subprocess.run(
        ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", *wanted],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    found = {}
    for name, version in PACKAGES.items():
        entry = lock["packages"][f"node_modules/{name}"]
        licence = CHOSEN.get(entry["license"], entry["license"])
        if entry["version"] != version or licence not in LICENCES:
            raise SystemExit(f"{name}: version {entry['version']}, licence {licence}: not expected")
        found[name] = {
            "name": name,
            "version": version,
            "licence": licence,
            "integrity": entry["integrity"],
        }
    return found


def bundle(folder: Path, name: str, source: str) -> bytes:
    """One ES module with everything that ``source`` exports, nothing minified."""
    (folder / "entry.js").write_text(source, encoding="utf-8")
    subprocess.run(
        [
            str(folder / "node_modules" / ".bin" / "esbuild"),
            "entry.js",
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--legal-comments=inline",
            "--log-level=error",
            f"--outfile={name}",
        ],
        cwd=folder,
        check=True,
    )
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return ("\n".join(line.rstrip() for line in lines) + "\n").encode("utf-8")


def licence_text(folder: Path, names: tuple[str, ...]) -> bytes:
    """The licences of the packages in one module, as they publish them."""
    texts = []
    for name in names:
        text = (folder / "node_modules" / name / "LICENSE").read_text(encoding="utf-8")
        lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
        texts.append(f"{name} {PACKAGES[name]}\n\n{lines}\n")
    return "\n\n".join(texts).encode("utf-8")


def take(folder: Path, name: str) -> tuple[dict[str, bytes], bytes]:
    """What is taken of the package behind a folder of ours, by path; its licences as one text."""
    package, patterns, licences = TAKEN[name]
    source = folder / "node_modules" / package
    files = {}
    for pattern in patterns:
        found = sorted(source.glob(pattern))
        if not found:
            raise SystemExit(f"{package}: nothing is called {pattern}")
        for path in found:
            files[f"{name}/{path.relative_to(source).as_posix()}"] = path.read_bytes()
    texts = []
    for path in licences:
        text = (source / path).read_text(encoding="utf-8")
        lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
        texts.append(f"{package} {PACKAGES[package]}: {path}\n\n{lines}\n")
    return files, "\n\n".join(texts).encode("utf-8")


def build() -> tuple[dict[str, bytes], dict[str, Any]]:
    """All files by name, and the manifest."""
    files: dict[str, bytes] = {}
    modules = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = fetch(folder)
        for module, (inside, source) in MODULES.items():
            data = bundle(folder, module, source)
            licence = f"{Path(module).stem}.licence.txt"
            files[module] = data
            files[licence] = licence_text(folder, inside)
            modules.append(
                {
                    "file": module,
                    "licence_file": licence,
                    "bytes": len(data),
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "packages": [packages[each] for each in inside],
                }
            )
        taken = []
        for name, (package, _patterns, _licences) in TAKEN.items():
            found, text = take(folder, name)
            licence = f"{name}.licence.txt"
            files |= found | {licence: text}
            taken.append(
                {
                    "folder": name,
                    "licence_file": licence,
                    "packages": [packages[package]],
                    "files": [
                        {
                            "file": path,
                            "bytes": len(data),
                            "sha256": hashlib.sha256(data).hexdigest(),
                        }
                        for path, data in found.items()
                    ],
                }
            )
    return files, {"bundler": packages["esbuild"], "modules": modules, "taken": taken}


def check(folder: Path = FOLDER) -> list[str]:
    """What differs between the folder and its manifest; empty when nothing does."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    entries = [*manifest["modules"], *(each for one in manifest["taken"] for each in one["files"])]
    licences = [one["licence_file"] for one in (*manifest["modules"], *manifest["taken"])]
    wrong = []
    for entry in entries:
        path = folder / entry["file"]
        if not path.is_file():
            wrong.append(f"{entry['file']}: missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            wrong.append(f"{entry['file']}: SHA-256 differs from the manifest")
    wrong += [f"{name}: missing" for name in licences if not (folder / name).is_file()]
    expected = {"manifest.json", *licences, *(entry["file"] for entry in entries)}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return wrong + [f"{name}: not in the manifest" for name in sorted(there - expected)]


def changed_packages(manifest: dict[str, Any], folder: Path = FOLDER) -> list[str]:
    """Packages whose digest is another than the one written down for the same version."""
    path = folder / "manifest.json"
    if not path.is_file():
        return []
    before = json.loads(path.read_text(encoding="utf-8"))
    known = {(each["name"], each["version"]): each["integrity"] for each in _packages(before)}
    return [
        each["name"]
        for each in _packages(manifest)
        if known.get((each["name"], each["version"]), each["integrity"]) != each["integrity"]
    ]


def _packages(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    parts = [*manifest["modules"], *manifest.get("taken", ())]
    inside = [each for part in parts for each in part["packages"]]
    return [manifest["bundler"], *inside]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare files and manifest, offline")
    if parser.parse_args().check:
        wrong = check()
        sys.stdout.write(("\n".join(wrong) or "vendored modules match their manifest") + "\n")
        return 1 if wrong else 0
    files, manifest = build()
    changed = changed_packages(manifest)
    if changed:
        sys.stderr.write(
            f"Changed under the same version: {', '.join(changed)}. Nothing written.\n"
        )
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_bytes(data)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (FOLDER / "manifest.json").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(files)} files, {sum(map(len, files.values())):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
