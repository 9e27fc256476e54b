#!/usr/bin/env python3
"""Looks for a key in files: its octets, in hexadecimal and in base64 at every alignment.

    key_nowhere.py KEY(hexadecimal) FILE|DIRECTORY...
"""
import base64
import pathlib
import sys


def forms(key: bytes) -> list[bytes]:
    """How a key can stand in a file. Base64 is cut to the digits that do not depend on what is beside the key."""
    found = [key, key.hex().encode(), key.hex(" ").encode(), ", ".join(str(octet) for octet in key).encode()]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            digits = encode(bytes(before) + key)
            found.append(digits[[0, 2, 3][before] : len(digits) - len(digits) % 4 - 4])
    return found


key = bytes.fromhex(sys.argv[1])
files = []
for argument in map(pathlib.Path, sys.argv[2:]):
    files += [path for path in argument.rglob("*") if path.is_file()] if argument.is_dir() else [argument]
for path in files:
    octets = path.read_bytes()
    if any(form in octets or form in octets.lower() for form in forms(key)):
        sys.exit(f"{path} holds the key")
print(f"nowhere in {len(files)} files")
