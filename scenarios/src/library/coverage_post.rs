//! What the post says, shows and configures.

use super::coverage::{Covered, covered};

const STATUS: &str = "dsregcmd /status";
const DEBUG: &str = "klist cloud_debug";
const KLIST: &str = "klist";
const EVENTS: &str = "events";
const SERVER: &str = "Get-AzureADKerberosServer";
const CONSOLE: &str = "powershell";
const INTUNE: &str = "Intune, device configuration";
const REGISTRY: &str = "reg query";

/// B1 to B25.
pub(super) const POST: &[Covered] = &[
    covered(
        "B1",
        "A Kerberos server object is made in the domain; it looks like a read-only DC and belongs to no machine",
        &["no-kerberos-server", "healthy-first-sign-in"],
        &[SERVER],
    ),
    covered(
        "B2",
        "Only Entra uses it, to issue partial TGTs, and the rules for read-only DCs hold for it",
        &["admin-denied", "user-not-allowed", "healthy-first-sign-in"],
        &[EVENTS],
    ),
    covered(
        "B3",
        "A krbtgt account goes with it and is disabled on purpose",
        &["krbtgt-account-disabled"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "B4",
        "TLS 1.2 is switched on in PowerShell where the gallery refuses",
        &["gallery-refuses-old-tls"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "B5",
        "The module comes from the gallery, on a DC or a computer that reaches one",
        &["gallery-refuses-old-tls"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "B6",
        "Domain, cloud administrator and domain credential are put into variables",
        &["cmdlets-in-powershell-7"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "B7",
        "Set-AzureADKerberosServer makes the object and publishes its key",
        &["cmdlets-in-powershell-7", "once-for-each-domain"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "B8",
        "Get-AzureADKerberosServer verifies it",
        &["two-tenants-one-domain", "key-rotated-on-one-side"],
        &[SERVER],
    ),
    covered(
        "B9",
        "The object and the disabled account are seen in the directory",
        &["krbtgt-account-disabled"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "B10",
        "Remove-AzureADKerberosServer takes it away; an administrator with MFA cannot pass a credential",
        &["object-of-the-old-tenant"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "B11",
        "Group Policy is possible; the post uses a profile of Intune's settings catalog",
        &["gpo-masks-intune", "setting-renamed"],
        &[INTUNE, REGISTRY],
    ),
    covered(
        "B12",
        "The minimum: cloud trust, and Windows Hello for users, under an older or a newer name",
        &["setting-renamed"],
        &[INTUNE, REGISTRY],
    ),
    covered(
        "B13",
        "Passport for Work is Windows Hello for Business, and cloud trust is cloud Kerberos trust",
        &["setting-renamed"],
        &[INTUNE],
    ),
    covered(
        "B14",
        "(User) settings count for users whatever they are assigned to; which of tenant-wide, user and device wins",
        &["policy-order"],
        &[REGISTRY, EVENTS],
    ),
    covered(
        "B15",
        "Assignment to users or devices, with a filter on versions; from Windows 10 21H2 or Windows 11 on",
        &["windows-too-old", "setting-renamed"],
        &[INTUNE],
    ),
    covered(
        "B16",
        "The way by OMA-URI is no longer needed and does no harm",
        &["oma-uri-and-catalog"],
        &[INTUNE, REGISTRY],
    ),
    covered(
        "B17",
        "After a sign-in with Hello klist cloud_debug shows the Cloud Primary TGT",
        &["healthy-first-sign-in", "shared-computer"],
        &[DEBUG],
    ),
    covered(
        "B18",
        "Event 358 shows whether the policy is set",
        &["hybrid-pin-set-up-blocked", "policy-order"],
        &[EVENTS],
    ),
    covered(
        "B19",
        "Without it: refresh the PRT as the user, wait a little, look at SSO State",
        &["refresh-takes-a-while", "prt-older-than-object"],
        &[STATUS],
    ),
    covered(
        "B20",
        "Line of sight to a DC is needed, because a TGT is exchanged there: the partial one",
        &["no-dc-line-of-sight"],
        &["nltest /dsgetdc", KLIST],
    ),
    covered(
        "B21",
        "Two flags that say YES prove no use",
        &["both-flags-not-in-use"],
        &[STATUS, "klist tgt"],
    ),
    covered(
        "B22",
        "What people open: network drives, a printer, an application behind the application proxy",
        &["healthy-first-sign-in", "app-proxy-401"],
        &[KLIST],
    ),
    covered(
        "B23",
        "One configuration for each domain, with a Domain Admin of that domain",
        &["once-for-each-domain", "child-domain-number-zero"],
        &[SERVER],
    ),
    covered(
        "B24",
        "One key for an AD domain, hence one tenant; tenants that move",
        &["two-tenants-one-domain", "moved-to-another-tenant"],
        &[SERVER],
    ),
    covered(
        "B25",
        "Running the cmdlets on the Entra Connect server cured several errors",
        &["secrets-not-read", "cmdlets-in-powershell-7"],
        &[SERVER, CONSOLE],
    ),
];
