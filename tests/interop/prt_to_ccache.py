"""Turns the partial TGT in a PRT file of roadtx into a credential cache: prt_to_ccache.py PRT-FILE CCACHE

roadtx leaves tgt_ad as JSON in a string, and puts the key that decrypts its AS-REP beside it in hexadecimal when the
PRT is new; after a renewal that key is in clientKey itself. impacket reads the AS-REP and writes the cache.
"""

import base64
import json
import sys

from impacket.krb5.ccache import CCache
from impacket.krb5.crypto import Key

with open(sys.argv[1], encoding="utf-8") as file:
    prt = json.load(file)
tgt = json.loads(prt["tgt_ad"])
if "tgt_ad_sessionkey" in prt:
    client_key = bytes.fromhex(prt["tgt_ad_sessionkey"])
else:
    client_key = base64.b64decode(tgt["clientKey"])
key = Key(tgt["keyType"], client_key)
cache = CCache()
cache.fromTGT(base64.b64decode(tgt["messageBuffer"]), key, key)
cache.saveFile(sys.argv[2])
print("partial TGT for", tgt["cn"], "in", tgt["realm"])
