//! The rootDSE: what a domain controller says of itself to anybody (MS-ADTS section 3.1.1.3.2).

use kerberos::Timestamp;

use super::LdapConfig;
use super::dn;
use super::entry::Entry;
use crate::directory::DomainSnapshot;

/// Results in pages (RFC 2696).
pub(super) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

pub(super) fn entry(domain: &DomainSnapshot, config: &LdapConfig, now: Timestamp) -> Entry {
    let own = dn::of_domain(domain.dns_name());
    let forest = dn::of_domain(&config.forest);
    let configuration = format!("CN=Configuration,{forest}");
    let schema = format!("CN=Schema,{configuration}");
    let short = config.host.split('.').next().unwrap_or_default().to_uppercase();
    let site = dn::part("CN", &config.site);
    let server = format!("CN={short},CN=Servers,{site},CN=Sites,{configuration}");
    let mut capabilities = vec![
        "1.2.840.113556.1.4.800",
        "1.2.840.113556.1.4.1670",
        "1.2.840.113556.1.4.1791",
        "1.2.840.113556.1.4.1935",
        "1.2.840.113556.1.4.2080",
        "1.2.840.113556.1.4.2237",
    ];
    if config.read_only {
        capabilities.push("1.2.840.113556.1.4.1920");
    }
    let service = format!("{}:{}$@{}", config.forest, short.to_lowercase(), domain.realm());
    Entry {
        dn: String::new(),
        normal: String::new(),
        attributes: Vec::new(),
    }
    .text("currentTime", &format!("{}.0Z", generalized(now)))
    .name("defaultNamingContext", &own)
    .name("rootDomainNamingContext", &forest)
    .name("configurationNamingContext", &configuration)
    .name("schemaNamingContext", &schema)
    .texts("namingContexts", [own.as_str()])
    .text("dnsHostName", &config.host)
    .name("serverName", &server)
    .name("dsServiceName", &format!("CN=NTDS Settings,{server}"))
    .text("ldapServiceName", &service)
    .texts("supportedLDAPVersion", ["3"])
    .texts("supportedControl", [PAGED_RESULTS])
    .texts("supportedCapabilities", capabilities)
    .texts("supportedExtension", ["1.3.6.1.4.1.4203.1.11.3"])
    .number("domainFunctionality", 7)
    .number("forestFunctionality", 7)
    .number("domainControllerFunctionality", 7)
    .text("isSynchronized", "TRUE")
    .text("isGlobalCatalogReady", "TRUE")
}

/// `20261123080000`, as GeneralizedTime has it.
fn generalized(now: Timestamp) -> String {
    now.kerberos_time()
        .to_string()
        .chars()
        .filter(char::is_ascii_digit)
        .take(14)
        .collect()
}
