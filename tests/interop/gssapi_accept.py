#!/usr/bin/env python3
"""Accepts, as the service with KEYTAB, the context that the default credential cache opens towards SERVICE@HOST.

With DELEGATE in the environment the TGT is forwarded, and the service says whose it got.
"""

import os
import sys

import gssapi

keytab, service = sys.argv[1:3]
os.environ["KRB5_KTNAME"] = keytab
name = gssapi.Name(service, gssapi.NameType.hostbased_service)
flags = gssapi.RequirementFlag.mutual_authentication
if os.environ.get("DELEGATE"):
    flags |= gssapi.RequirementFlag.delegate_to_peer
initiator = gssapi.SecurityContext(name=name, usage="initiate", flags=flags)
acceptor = gssapi.SecurityContext(creds=gssapi.Credentials(usage="accept", store={"keytab": keytab}), usage="accept")

token = None
while not (initiator.complete and acceptor.complete):
    token = initiator.step(token)
    if token is not None:
        token = acceptor.step(token)

message = acceptor.wrap(b"a file", encrypt=True).message
assert initiator.unwrap(message).message == b"a file"
mutual = "mutual" if gssapi.RequirementFlag.mutual_authentication in initiator.actual_flags else "one-way"
delegated = f", with {acceptor.delegated_creds.name}'s TGT" if acceptor.delegated_creds else ""
print(f"accepted {acceptor.initiator_name}, {mutual}{delegated}")
