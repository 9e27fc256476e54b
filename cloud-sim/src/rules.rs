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
    KDC_ENVELOPE = "CLOUD-KDC-ENVELOPE", "the body is a KDC-PROXY-MESSAGE", "MS-KKDCP section 2.2.2",
        Some("HTTP 400"), "the body is a KDC-PROXY-MESSAGE, and what it carries is framed";
    KDC_REALM = "CLOUD-KDC-REALM", "the envelope is for the cloud realm", "MS-KKDCP section 2.2.2",
        Some("HTTP 503"), "target-domain is KERBEROS.MICROSOFTONLINE.COM, in any case of letters";
    KDC_REQUEST = "CLOUD-KDC-REQUEST", "the message is a TGS-REQ", "RFC 4120 section 5.4.1",
        Some("KRB_AP_ERR_MSG_TYPE, KRB_ERR_GENERIC"), "a TGS-REQ that can be read";
    KDC_TGT_PRESENT = "CLOUD-KDC-TGT", "the request has a TGT", "RFC 4120 section 5.2.7.1",
        Some("KDC_ERR_PADATA_TYPE_NOSUPP"), "there is a PA-TGS-REQ";
    KDC_TICKET_FOR_US = "CLOUD-KDC-TICKET-FOR-US", "the TGT is for the cloud realm", "RFC 4120 section 3.3.3",
        Some("KRB_AP_ERR_NOT_US"), "its service is krbtgt/KERBEROS.MICROSOFTONLINE.COM";
    KDC_TICKET_KEY = "CLOUD-KDC-TICKET-KEY", "this tenant issued the TGT", "RFC 4120 section 3.3.3",
        Some("KRB_AP_ERR_BAD_INTEGRITY"), "the tenant's own key opens it";
    KDC_TRUST_KEY = "CLOUD-KDC-TRUST-KEY", "a domain with which there is a trust issued the TGT",
        "Microsoft: Windows Authentication for Azure SQL Managed Instance, incoming trust-based flow",
        Some("KRB_AP_ERR_NOT_US, KRB_AP_ERR_BAD_INTEGRITY"), "the tenant holds the key of the trust, and it opens the TGT";
    KDC_TRUST_PAC = "CLOUD-KDC-TRUST-PAC", "the PAC of a domain's TGT says whose it is", "MS-PAC section 2.15",
        Some("KDC_ERR_TGT_REVOKED, KRB_AP_ERR_BAD_INTEGRITY, KRB_ERR_GENERIC"),
        "the PAC is signed with the key of the trust and has a REQUESTOR";
    KDC_TICKET_TIMES = "CLOUD-KDC-TICKET-TIMES", "the TGT is in time", "RFC 4120 section 3.2.3",
        Some("KRB_AP_ERR_TKT_NYV, KRB_AP_ERR_TKT_EXPIRED"), "it has started, give or take the allowed skew, and has not ended";
    KDC_AUTHENTICATOR = "CLOUD-KDC-AUTHENTICATOR", "the client of the TGT sends the request", "RFC 4120 section 3.2.3",
        Some("KRB_AP_ERR_BAD_INTEGRITY, KRB_AP_ERR_BADMATCH, KDC_ERR_ETYPE_NOSUPP"),
        "the session key opens the authenticator, and both name the same client";
    KDC_SKEW = "CLOUD-KDC-SKEW", "the client's clock is right", "RFC 4120 section 3.2.3",
        Some("KRB_AP_ERR_SKEW"), "the authenticator's time differs by no more than the allowed skew";
    KDC_REPEAT = "CLOUD-KDC-REPEAT", "the authenticator is new", "RFC 4120 section 3.2.3",
        Some("KRB_AP_ERR_REPEAT"), "it was not accepted before";
    KDC_BODY_CHECKSUM = "CLOUD-KDC-BODY-CHECKSUM", "the body of the request is as it was sent", "RFC 4120 section 7.2.2",
        Some("KRB_AP_ERR_INAPP_CKSUM, KRB_AP_ERR_MODIFIED"), "the authenticator has the keyed checksum of the body";
    KDC_OPTIONS = "CLOUD-KDC-OPTIONS", "a service ticket is wanted, and nothing else", "lab default",
        Some("KDC_ERR_BADOPTION"), "no renewal, validation, forwarding, proxying, postdating, user-to-user or delegation is asked for";
    KDC_USER = "CLOUD-KDC-USER", "the user exists and may sign in", "lab default",
        Some("KDC_ERR_C_PRINCIPAL_UNKNOWN, KDC_ERR_CLIENT_REVOKED"),
        "the tenant has an enabled user with the UPN of its own TGT, or with the on-premises SID of a domain's";
    KDC_SERVICE = "CLOUD-KDC-SERVICE", "the service is an application of the tenant",
        "Microsoft: Troubleshoot Azure Files identity-based authentication (SMB)",
        Some("KDC_ERR_S_PRINCIPAL_UNKNOWN"), "an application has the service name among its identifier URIs";
    KDC_CONSENT = "CLOUD-KDC-CONSENT", "an administrator has consented to the application",
        "Microsoft: Enable Microsoft Entra Kerberos for hybrid identities on Azure Files",
        Some("KDC_ERR_POLICY with AADSTS65001"), "admin consent is granted";
    KDC_ASSIGNMENT = "CLOUD-KDC-ASSIGNMENT", "the user is assigned where assignment is required",
        "Microsoft: Troubleshoot Azure Files identity-based authentication (SMB)",
        Some("KDC_ERR_POLICY with AADSTS50105"), "assignment is not required, or the user is assigned";
    KDC_ACCESS = "CLOUD-KDC-MFA", "Conditional Access demands no multifactor authentication for the application",
        "Microsoft: Enable Microsoft Entra Kerberos for hybrid identities on Azure Files",
        Some("KDC_ERR_POLICY with STATUS_ACCOUNT_RESTRICTION"), "the application is excluded from policies that demand it";
    KDC_ETYPE = "CLOUD-KDC-ETYPE", "the client accepts AES-256",
        "Microsoft: Troubleshoot Azure Files identity-based authentication (SMB)",
        Some("KDC_ERR_ETYPE_NOSUPP"), "encryption type 18 is in the client's list";
    KDC_LIFE = "CLOUD-KDC-LIFE", "the ticket would live", "RFC 4120 section 3.3.3",
        Some("KDC_ERR_NEVER_VALID"), "the end that was asked for is later than now";
    KDC_ISSUED = "CLOUD-KDC-ISSUED", "a service ticket of the cloud realm is issued",
        "Microsoft: Introduction to Microsoft Entra Kerberos", None, "all checks before passed";
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
