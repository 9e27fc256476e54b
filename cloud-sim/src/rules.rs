//! The catalogue of checks.

use evidence::decision::Rule;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $title:literal, $reference:literal, $refuses:expr, $passes:literal;)+) => {
        $(pub(crate) static $name: Rule =
            Rule { id: $id, title: $title, reference: $reference, refuses_with: $refuses, passes_when: $passes };)+

        /// Every rule of the emulated Entra, in the order in which a first sign-in meets them.
        pub fn rules() -> &'static [&'static Rule] {
            static ALL: &[&Rule] = &[$(&$name),+];
            ALL
        }
    };
}

rules! {
    REQUEST_FORM = "ENTRA-REQUEST-FORM", "the request can be read", "RFC 6749 section 4, MS-OAPXBC section 3.2",
        Some("AADSTS900144, AADSTS50027, AADSTS70003"), "all parameters of the grant type are there and can be parsed";
    TENANT_KNOWN = "ENTRA-TENANT", "the path names this tenant", "lab default",
        Some("AADSTS90002"), "the path begins with common, the tenant's id or one of its domains";
    USER_KNOWN = "ENTRA-USER", "the user exists and may sign in", "lab default",
        Some("AADSTS50034, AADSTS50057"), "the tenant has an enabled user with this UPN";
    PASSWORD = "ENTRA-PASSWORD", "the password is right and has not expired", "lab default",
        Some("AADSTS50126, AADSTS50055"), "the password is the user's and has not expired";
    REFRESH_TOKEN = "ENTRA-REFRESH-TOKEN", "the refresh token is known and in time", "RFC 6749 section 6",
        Some("AADSTS70008"), "this tenant issued it, it has not expired and was not revoked";
    ACCESS_TOKEN = "ENTRA-ACCESS-TOKEN", "the bearer token is for the device registration service", "RFC 6750 section 3.1",
        Some("401 invalid_token"), "this tenant signed it for the device registration service, and it is in time";
    DEVICE_REGISTERED = "ENTRA-DEVICE-REGISTERED", "a device joins", "MS-DVRJ section 3.1.5.1",
        Some("400 invalid_request"), "the certification request is signed with its own key, and the transport key can be read";
    KEY_NGCMFA = "ENTRA-KEY-NGCMFA", "a Hello key is registered after strong authentication", "MS-KPP section 3.1.5.1",
        Some("401 ngcmfa_required"), "the token's amr contains ngcmfa";
    KEY_REGISTERED = "ENTRA-KEY-REGISTERED", "a Hello key is registered", "MS-KPP section 3.1.5.1",
        Some("400 invalid_request"), "kngc is a public BCRYPT_RSAKEY_BLOB";
    PRT_NONCE = "PRT-NONCE", "the nonce is the tenant's, unused and fresh", "MS-OAPXBC section 3.1.5.1.2",
        Some("AADSTS50027"), "the nonce was fetched here within its life and not used before";
    PRT_DEVICE_KNOWN = "PRT-DEVICE", "the certificate belongs to a registered device", "MS-OAPXBC section 3.2.5.1.2",
        Some("AADSTS50155, AADSTS135011"), "this tenant issued the certificate of x5c, and the device is not disabled";
    PRT_DEVICE_SIGNATURE = "PRT-DEVICE-SIGNATURE", "the request is signed with the device key", "MS-OAPXBC section 3.2.5.1.2",
        Some("AADSTS50013"), "RS256 verifies with the key of the certificate";
    PRT_HELLO_KEY = "PRT-HELLO-KEY", "the assertion's key is registered for the user", "MS-OAPXBC section 3.2.5.1.3",
        Some("AADSTS135010"), "kid is the id of a key that this user registered";
    PRT_HELLO_SIGNATURE = "PRT-HELLO-SIGNATURE", "the assertion is signed with the Hello key", "MS-OAPXBC section 3.2.5.1.3",
        Some("AADSTS130005"), "RS256 verifies with the registered key";
    PRT_HELLO_TIME = "PRT-HELLO-TIME", "the assertion is in time", "RFC 7519 section 4.1",
        Some("AADSTS50027"), "now is from iat to exp, give or take the allowed skew";
    PRT_SESSION_KEY = "PRT-SESSION-KEY", "the renewal is signed with the session key of the PRT", "MS-OAPXBC section 3.1.5.1.3",
        Some("AADSTS50013"), "HS256 verifies with the key derived from the session key and ctx";
    PRT_ISSUED = "PRT-ISSUED", "a PRT is issued", "MS-OAPXBC section 3.2.5.1", None, "all checks before passed";
    PRT_RENEWED = "PRT-RENEWED", "a PRT is renewed", "MS-OAPXBC section 3.2.5.1.3", None, "all checks before passed";
    PRT_ACCESS_TOKEN = "PRT-ACCESS-TOKEN", "a PRT is exchanged for an access token", "MS-OAPXBC section 3.2.5.1.3", None,
        "all checks before passed, and the scope has no aza";
    PRT_TGT_NOT_ASKED = "PRT-TGT-NOT-ASKED", "no TGTs without tgt=true", "lab default", None, "the form has tgt=true";
    PRT_AD_NOT_SYNCED = "PRT-AD-NOT-SYNCED", "a partial TGT needs a user synced from AD",
        "Microsoft: passwordless security key sign-in to on-premises resources", None, "directory sync created the user";
    PRT_AD_ATTRIBUTES = "PRT-AD-ATTRIBUTES", "a partial TGT needs three synced attributes",
        "Microsoft: passwordless security key sign-in to on-premises resources", None,
        "onPremisesDomainName, onPremisesSamAccountName and onPremisesSecurityIdentifier are filled";
    PRT_AD_NO_KERBEROS_DOMAIN = "PRT-AD-NO-KERBEROS-DOMAIN", "a partial TGT needs the key of the user's AD domain",
        "Microsoft: passwordless security key sign-in to on-premises resources", None,
        "Set-AzureADKerberosServer published a key for the domain in onPremisesDomainName";
    PRT_AD_PASSWORD_EXPIRED = "PRT-AD-PASSWORD-EXPIRED", "no partial TGT for a synced user whose password expired",
        "Microsoft: passwordless security key sign-in to on-premises resources", None, "the on-premises password has not expired";
    PRT_AD_ISSUED = "PRT-AD-ISSUED", "a partial TGT is issued",
        "Microsoft: passwordless security key sign-in to on-premises resources", None,
        "the user is synced with all three attributes, and the tenant holds the key of the domain";
    PRT_CLOUD_ISSUED = "PRT-CLOUD-ISSUED", "a cloud TGT is issued", "Microsoft: Introduction to Microsoft Entra Kerberos", None,
        "a PRT is issued and tgt=true";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_spoken() {
        let ids: std::collections::BTreeSet<_> = rules().iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), rules().len());
        assert!(
            ids.iter()
                .all(|id| id.chars().all(|c| c.is_ascii_uppercase() || c == '-'))
        );
    }
}
