//! The questions asked most elsewhere.

use super::coverage::{Covered, covered};

const STATUS: &str = "dsregcmd /status";
const EVENTS: &str = "events";
const SERVER: &str = "Get-AzureADKerberosServer";
const CONSOLE: &str = "powershell";
const INTUNE: &str = "Intune, device configuration";
const LOCATOR: &str = "nltest /dsgetdc";

/// Q1 to Q24.
pub(super) const QUESTIONS: &[Covered] = &[
    covered(
        "Q1",
        "Is line of sight to a DC needed? On premises yes, and on a hybrid device at the first sign-in",
        &["no-dc-line-of-sight", "tunnel-starts-late"],
        &[LOCATOR],
    ),
    covered(
        "Q2",
        "Do both flags prove that the migration is done? No",
        &["both-flags-not-in-use"],
        &[STATUS, "klist tgt"],
    ),
    covered(
        "Q3",
        "One configuration for the forest? No, for each domain that holds users",
        &["once-for-each-domain"],
        &[SERVER],
    ),
    covered(
        "Q4",
        "Several tenants on one AD domain? No, the last one wins",
        &["two-tenants-one-domain"],
        &[SERVER],
    ),
    covered(
        "Q5",
        "How is the link to an old tenant removed?",
        &["object-of-the-old-tenant"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "Q6",
        "Where did Use Passport for Work (User) go?",
        &["setting-renamed"],
        &[INTUNE],
    ),
    covered(
        "Q7",
        "Is the OMA-URI still needed? No, and it does no harm",
        &["oma-uri-and-catalog"],
        &[INTUNE],
    ),
    covered(
        "Q8",
        "PowerShell 7? No, Windows PowerShell 5.1",
        &["cmdlets-in-powershell-7"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "Q9",
        "Why not for Domain Admins? The deny list of the object",
        &["admin-denied"],
        &[EVENTS],
    ),
    covered(
        "Q10",
        "Does a real read-only DC help? No",
        &["branch-office-line-down"],
        &[LOCATOR],
    ),
    covered(
        "Q11",
        "Must every DC be able to do it? No, enough of them",
        &["enough-capable-dcs"],
        &[LOCATOR],
    ),
    covered(
        "Q12",
        "Is -SetupCloudTrust needed? No, that is the way in for Azure Files and SQL",
        &["hybrid-pin-set-up-blocked", "azure-files-by-domain-trust"],
        &[SERVER, "klist"],
    ),
    covered(
        "Q13",
        "Is Entra Connect needed? For the user and three attributes",
        &["attribute-filtered", "cloud-only-user"],
        &["Graph user"],
    ),
    covered(
        "Q14",
        "Security keys are there already: again? No, it is the same object",
        &["security-keys-already"],
        &[SERVER, STATUS],
    ),
    covered(
        "Q15",
        "Together with certificate trust? No, that one wins; its container has to be made again",
        &["certificate-trust-wins"],
        &[EVENTS],
    ),
    covered(
        "Q16",
        "Remote Desktop with the PIN? Not as a supplied credential",
        &["remote-desktop-with-pin"],
        &[STATUS, EVENTS],
    ),
    covered(
        "Q17",
        "How is the key rotated? With the cmdlet alone",
        &["key-rotated-on-one-side"],
        &[SERVER],
    ),
    covered(
        "Q18",
        "Is Cloud Kerberos enabled by policy: 0 a fault? Not on premises",
        &["healthy-first-sign-in", "azure-files-policy-off"],
        &["klist cloud_debug"],
    ),
    covered(
        "Q19",
        "Do a password's change and expiry matter? Change no, expiry yes",
        &["password-expired"],
        &[STATUS],
    ),
    covered(
        "Q20",
        "Which Windows is the oldest? 10 21H2 or 11 21H2, each with an update",
        &["windows-too-old"],
        &[STATUS, INTUNE],
    ),
    covered(
        "Q21",
        "With Entra Domain Services, or AD alone? No",
        &["entra-domain-services", "active-directory-alone"],
        &["Graph user", SERVER, CONSOLE, STATUS],
    ),
    covered(
        "Q22",
        "An administrator with MFA? -UserPrincipalName, not -CloudCredential",
        &["object-of-the-old-tenant"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "Q23",
        "Is krbtgt_AzureAD meant to be disabled? Yes, and it should not be synchronised",
        &["krbtgt-account-disabled"],
        &[SERVER, CONSOLE],
    ),
    covered(
        "Q24",
        "Domain Admin and Enterprise Admin? In a child domain the Domain Admin of that domain counts",
        &["child-domain-number-zero", "child-domain-without-krbtgt"],
        &[SERVER, CONSOLE],
    ),
];
