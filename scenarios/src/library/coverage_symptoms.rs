//! What readers of the post complain of and ask.

use super::coverage::{Covered, covered};

const STATUS: &str = "dsregcmd /status";
const DEBUG: &str = "klist cloud_debug";
const KLIST: &str = "klist";
const EVENTS: &str = "events";
const SERVER: &str = "Get-AzureADKerberosServer";
const CONSOLE: &str = "powershell";
const INTUNE: &str = "Intune, device configuration";

/// S1 to S17.
pub(super) const SYMPTOMS: &[Covered] = &[
    covered(
        "S1",
        "The policy shows as on, and yet no on-premises ticket comes, no PIN can be set up, and over the VPN a ticket of the cloud realm appears",
        &[
            "hybrid-pin-set-up-blocked",
            "no-kerberos-server",
            "second-domain-not-configured",
        ],
        &[STATUS, DEBUG, KLIST, EVENTS],
    ),
    covered(
        "S2",
        "One computer keeps OnPremTgt NO after a refresh, although event and portal say that the policy is on",
        &[
            "old-hello-container",
            "gpo-masks-intune",
            "windows-too-old",
            "registered-not-joined",
            "prt-older-than-object",
        ],
        &[STATUS, EVENTS, INTUNE, "reg query"],
    ),
    covered(
        "S3",
        "The cmdlet fails in PowerShell 7: the operation is not supported on this platform",
        &["cmdlets-in-powershell-7"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "S4",
        "The cmdlet cannot read secrets from a domain whose name stays blank",
        &["secrets-not-read"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "S5",
        "In a child domain the object lacks a property: SecondaryKrbTgtNumber is 0",
        &["child-domain-number-zero"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "S6",
        "An Enterprise Admin ran the cmdlet and the krbtgt account was not made",
        &["child-domain-without-krbtgt"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "S7",
        "After the move to a new tenant no Kerberos server can be made there",
        &["object-of-the-old-tenant", "moved-to-another-tenant"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "S8",
        "One AD domain is synchronised into several tenants",
        &["two-tenants-one-domain", "key-of-another-tenant"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "S9",
        "Once for the forest, or once for each domain?",
        &["once-for-each-domain", "second-domain-not-configured"],
        &[SERVER, STATUS, CONSOLE],
    ),
    covered(
        "S10",
        "Use Passport for Work and its (User) form are gone from the portal",
        &["setting-renamed"],
        &[INTUNE, "reg query"],
    ),
    covered(
        "S11",
        "An application behind the application proxy answers 401 after a sign-in with a PIN",
        &["app-proxy-401"],
        &[EVENTS],
    ),
    covered(
        "S12",
        "Is line of sight to a DC needed?",
        &[
            "no-dc-line-of-sight",
            "tunnel-starts-late",
            "one-port-blocked",
            "hybrid-first-pin-offline",
        ],
        &["nltest /dsgetdc", KLIST, STATUS],
    ),
    covered(
        "S13",
        "Do two flags that say YES prove that cloud Kerberos trust is in use?",
        &["both-flags-not-in-use"],
        &[STATUS, DEBUG, "klist tgt", EVENTS],
    ),
    covered(
        "S14",
        "A guide once used an OMA-URI: is it still needed?",
        &["oma-uri-and-catalog"],
        &[INTUNE, "reg query"],
    ),
    covered(
        "S15",
        "No Cloud Primary TGT, because no new token was fetched since the set-up",
        &["prt-older-than-object", "refresh-takes-a-while"],
        &[STATUS, DEBUG],
    ),
    covered(
        "S16",
        "The gallery cannot be reached before TLS 1.2 is switched on",
        &["gallery-refuses-old-tls"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "S17",
        "The krbtgt account is disabled, and is meant to be",
        &["krbtgt-account-disabled"],
        &[SERVER, CONSOLE],
    ),
];
