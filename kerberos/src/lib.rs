//! Kerberos as Active Directory speaks it: cryptography, messages, PAC, keytab, ccache, KRB-CRED and KDC proxy framing, without I/O
