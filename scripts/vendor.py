"""Rebuild ``trading/static/vendor``: the libraries that pages load, each as one ES module.

    python scripts/vendor.py            # fetch with npm, bundle with esbuild, write all files
    python scripts/vendor.py --check    # no network: do the files match the manifest?

A module holds exactly the exports that pages use, unminified, so that it can be read and compared
with its sources; ``manifest.json`` names the packages in it, with versions, licences and npm's own
digests, and the SHA-256 of each file. Versions are pinned below and their digests are compared
with the manifest's, so a package that changed under its version is noticed.

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
    "node-forge": "1.4.3",
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
    return files, {"bundler": packages["esbuild"], "modules": modules}


def check(folder: Path = FOLDER) -> list[str]:
    """What differs between the folder and its manifest; empty when nothing does."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    wrong = []
    expected = {"manifest.json"}
    for entry in manifest["modules"]:
        expected |= {entry["file"], entry["licence_file"]}
        path = folder / entry["file"]
        if not path.is_file():
            wrong.append(f"{entry['file']}: missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            wrong.append(f"{entry['file']}: SHA-256 differs from the manifest")
        if not (folder / entry["licence_file"]).is_file():
            wrong.append(f"{entry['licence_file']}: missing")
    surplus = sorted({path.name for path in folder.iterdir()} - expected)
    return wrong + [f"{name}: not in the manifest" for name in surplus]


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
    inside = [each for module in manifest["modules"] for each in module["packages"]]
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
        (FOLDER / name).write_bytes(data)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (FOLDER / "manifest.json").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(files)} files, {sum(map(len, files.values())):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
