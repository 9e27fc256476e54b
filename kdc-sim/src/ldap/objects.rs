//! The objects of a domain as entries: names and values as Active Directory has them (MS-ADA1 to MS-ADA3, MS-ADSC).

use kerberos::crypto::{KeyUsage, hmac_md5_checksum};
use kerberos::sid::Sid;

use super::dn;
use super::entry::{Entry, Syntax};
use super::search::Context;
use crate::directory::{
    Account, AccountKind, DomainSnapshot, Group, GroupScope, Rodc, Trust, UserAccountControl, rid,
};

/// accountExpires of an account that does not.
const NEVER: i64 = i64::MAX;

/// Every entry of the domain's naming context, containers first.
pub(super) fn all(context: &Context<'_>) -> Vec<Entry> {
    let domain = context.domain;
    let root = dn::of_domain(domain.dns_name());
    let mut entries = containers(context, &root);
    entries.extend(
        domain
            .accounts()
            .map(|account| account_entry(domain, account, &root)),
    );
    entries.extend(domain.groups().map(|group| group_entry(domain, group, &root)));
    entries.extend(
        domain
            .trusts()
            .iter()
            .map(|trust| trust_entry(domain, trust, &root)),
    );
    entries.extend(domain.foreign_members().map(|sid| {
        let text = sid.to_string();
        let dn = format!("{},CN=ForeignSecurityPrincipals,{root}", dn::part("CN", &text));
        named(
            Entry::new(dn, &["top", "foreignSecurityPrincipal"]),
            domain,
            &text,
            sid,
        )
    }));
    if let Some(rodc) = entra(domain) {
        entries.extend(connection_point(domain, rodc, &root));
    }
    entries
}

/// The object that stands for Microsoft Entra ID.
fn entra(domain: &DomainSnapshot) -> Option<&Rodc> {
    let is_it = |rodc: &&std::sync::Arc<Rodc>| {
        let computer = rodc.computer.as_ref();
        computer.is_some_and(|computer| computer.name.eq_ignore_ascii_case("AzureADKerberos$"))
    };
    domain.rodcs().find(is_it).map(|rodc| &**rodc)
}

fn containers(context: &Context<'_>, root: &str) -> Vec<Entry> {
    let domain = context.domain;
    let label = domain.dns_name().split('.').next().unwrap_or_default();
    let own = Entry::new(root.to_owned(), &["top", "domain", "domainDNS"])
        .text("dc", label)
        .text("name", label)
        .sid("objectSid", &domain.sid())
        .with(
            "objectGUID",
            Syntax::Octets,
            vec![guid(domain, &domain.sid().to_bytes()).to_vec()],
        )
        .name("objectCategory", &category("Domain-DNS", context))
        .number("msDS-Behavior-Version", 7)
        .number("ms-DS-MachineAccountQuota", 10);
    let container = |name: &str, class: &str, kind: &str, above: &str| {
        let dn = format!("{},{above}", dn::part(kind, name));
        let entry = Entry::new(dn, &["top", class]).text("name", name);
        if kind == "OU" {
            entry.text("ou", name)
        } else {
            entry.text("cn", name)
        }
    };
    let mut entries = vec![
        own,
        container("Builtin", "builtinDomain", "CN", root),
        container("Computers", "container", "CN", root),
        container("Domain Controllers", "organizationalUnit", "OU", root),
        container("ForeignSecurityPrincipals", "container", "CN", root),
        container("System", "container", "CN", root),
        container("Users", "container", "CN", root),
    ];
    if entra(domain).is_some() {
        entries.push(container(
            "AzureAD",
            "container",
            "CN",
            &format!("CN=System,{root}"),
        ));
    }
    entries
}

/// Where an account is: computers and domain controllers apart from people.
pub(super) fn account_dn(domain: &DomainSnapshot, account: &Account) -> String {
    let root = dn::of_domain(domain.dns_name());
    let short = account.name.trim_end_matches('$');
    match account.kind {
        AccountKind::Computer if is_domain_controller(account) => {
            format!("{},OU=Domain Controllers,{root}", dn::part("CN", short))
        }
        AccountKind::Computer => format!("{},CN=Computers,{root}", dn::part("CN", short)),
        AccountKind::RodcKrbtgt { .. } => {
            let of_entra = entra(domain).is_some_and(|rodc| rodc.krbtgt.sid == account.sid);
            let name = if of_entra { "krbtgt_AzureAD" } else { &account.name };
            format!("{},CN=Users,{root}", dn::part("CN", name))
        }
        _ => format!("{},CN=Users,{root}", dn::part("CN", common_name(domain, account))),
    }
}

/// The common name: the first part of the distinguished name.
pub(super) fn account_cn(domain: &DomainSnapshot, account: &Account) -> String {
    let dn = account_dn(domain, account);
    let first = dn.split(',').next();
    let cn = first.and_then(|part| part.strip_prefix("CN="));
    cn.unwrap_or_default().to_owned()
}

/// displayName, unless somebody else has the same: then sAMAccountName.
fn common_name<'a>(domain: &DomainSnapshot, account: &'a Account) -> &'a str {
    let same = domain
        .accounts()
        .filter(|other| other.display_name == account.display_name);
    if same.count() > 1 {
        &account.name
    } else {
        &account.display_name
    }
}

fn is_domain_controller(account: &Account) -> bool {
    let primary = account.logon_info.primary_group_id;
    matches!(
        primary,
        rid::DOMAIN_CONTROLLERS | rid::READ_ONLY_DOMAIN_CONTROLLERS
    )
}

fn group_dn(group: &Group, root: &str) -> String {
    let container = if group.scope == GroupScope::Builtin {
        "Builtin"
    } else {
        "Users"
    };
    format!("{},CN={container},{root}", dn::part("CN", &group.name))
}

fn account_entry(domain: &DomainSnapshot, account: &Account, root: &str) -> Entry {
    let dn = account_dn(domain, account);
    let is_computer = account.kind == AccountKind::Computer;
    let classes: &[&str] = if is_computer {
        &["top", "person", "organizationalPerson", "user", "computer"]
    } else {
        &["top", "person", "organizationalPerson", "user"]
    };
    let cn = account_cn(domain, account);
    let entry = named(Entry::new(dn, classes), domain, &cn, &account.sid)
        .text("sAMAccountName", &account.name)
        .number(
            "sAMAccountType",
            if is_computer { 0x3000_0001 } else { 0x3000_0000 },
        )
        .number("userAccountControl", i64::from(account.control.bits()))
        .number("primaryGroupID", i64::from(account.logon_info.primary_group_id))
        .name(
            "objectCategory",
            &schema_name(if is_computer { "Computer" } else { "Person" }, root),
        );
    let entry = match &account.upn {
        Some(upn) => entry.text("userPrincipalName", upn),
        None => entry,
    };
    let entry =
        if account.display_name == account.name && !matches!(account.kind, AccountKind::RodcKrbtgt { .. }) {
            entry
        } else {
            entry.text("displayName", &account.display_name)
        };
    let entry = account_state(entry, account);
    let entry = match account.supported_enctypes {
        Some(types) => entry.number("msDS-SupportedEncryptionTypes", i64::from(types.bits())),
        None => entry,
    };
    let dns_name = account.spns.iter().find_map(|spn| {
        let host = spn.strip_prefix("HOST/")?;
        host.contains('.').then_some(host)
    });
    let entry = match dns_name.filter(|_| is_computer) {
        Some(name) => entry.text("dNSHostName", name),
        None => entry,
    };
    let groups = account
        .token
        .groups
        .iter()
        .skip(1)
        .filter(|entry| entry.through.is_none());
    let entry = entry
        .texts("servicePrincipalName", account.spns.iter().map(|spn| &**spn))
        .names(
            "memberOf",
            groups.map(|entry| group_dn(&entry.group, root)).collect(),
        )
        .number("msDS-KeyVersionNumber", i64::from(account.keys.current().version))
        .constructed("msDS-KeyVersionNumber");
    let tokens = account
        .token
        .groups
        .iter()
        .map(|entry| entry.group.sid.to_bytes());
    let entry = entry
        .with("tokenGroups", Syntax::Sid, tokens.collect())
        .constructed("tokenGroups");
    rodc_attributes(entry, domain, account, root)
}

/// What is kept of locks, ends and passwords, as FILETIME: 100 ns since 1601.
fn account_state(entry: Entry, account: &Account) -> Entry {
    let time = |at: kerberos::Timestamp| i64::try_from(at.filetime()).unwrap_or(NEVER);
    let state = &account.state;
    let mut entry = entry.number("accountExpires", state.expires.map_or(NEVER, time));
    if state.must_change_password {
        entry = entry.number("pwdLastSet", 0);
    }
    if state.locked_out {
        // when is not kept: the lock shows
        entry = entry.number("lockoutTime", 1);
    }
    if !account.workstations.is_empty() {
        entry = entry.text("userWorkstations", &account.workstations.join(","));
    }
    if let Some(hours) = &state.logon_hours {
        entry = entry.with("logonHours", Syntax::Octets, vec![hours.0.to_vec()]);
    }
    entry
}

/// The attributes of the pair of objects that is a read-only domain controller.
fn rodc_attributes(mut entry: Entry, domain: &DomainSnapshot, account: &Account, root: &str) -> Entry {
    if let AccountKind::RodcKrbtgt { number } = account.kind {
        entry = entry.number("msDS-SecondaryKrbTgtNumber", i64::from(number));
        let computer = domain.rodc(number).and_then(|rodc| rodc.computer.as_ref());
        return match computer {
            Some(computer) => entry.names("msDS-KrbTgtLinkBL", vec![account_dn(domain, computer)]),
            None => entry,
        };
    }
    let is_its = |rodc: &&std::sync::Arc<Rodc>| {
        rodc.computer
            .as_ref()
            .is_some_and(|computer| computer.sid == account.sid)
    };
    let Some(rodc) = domain.rodcs().find(is_its) else {
        return if account.control.contains(UserAccountControl::SERVER_TRUST_ACCOUNT) {
            entry.text("msDS-isRODC", "FALSE").constructed("msDS-isRODC")
        } else {
            entry
        };
    };
    let names = |list: &[(Sid, std::sync::Arc<str>)]| -> Vec<String> {
        list.iter()
            .filter_map(|(sid, _)| dn_of_sid(domain, sid, root))
            .collect()
    };
    let revealed = rodc
        .revealed
        .iter()
        .filter_map(|sid| dn_of_sid(domain, sid, root));
    entry
        .name("msDS-KrbTgtLink", &account_dn(domain, &rodc.krbtgt))
        .names("msDS-RevealOnDemandGroup", names(&rodc.reveal))
        .names("msDS-NeverRevealGroup", names(&rodc.never_reveal))
        .names("msDS-RevealedList", revealed.collect())
        .constructed("msDS-RevealedList")
        .text("msDS-isRODC", "TRUE")
        .constructed("msDS-isRODC")
}

fn dn_of_sid(domain: &DomainSnapshot, sid: &Sid, root: &str) -> Option<String> {
    let group = domain.group_by_sid(sid).map(|group| group_dn(group, root));
    group.or_else(|| {
        let account = domain.account_by_rid(sid.rid()?)?;
        (account.sid == *sid).then(|| account_dn(domain, account))
    })
}

fn group_entry(domain: &DomainSnapshot, group: &Group, root: &str) -> Entry {
    const SECURITY: i64 = -0x8000_0000;
    let (kind, type_of_account) = match group.scope {
        GroupScope::Global => (0x2, 0x1000_0000),
        GroupScope::DomainLocal => (0x4, 0x2000_0000),
        GroupScope::Universal => (0x8, 0x1000_0000),
        GroupScope::Builtin => (0x5, 0x2000_0000),
    };
    let members = domain.members_of(group);
    let members = members.iter().map(|sid| {
        let here = dn_of_sid(domain, sid, root);
        let foreign = || format!("CN={sid},CN=ForeignSecurityPrincipals,{root}");
        here.unwrap_or_else(foreign)
    });
    let above = domain.groups_above(group);
    named(
        Entry::new(group_dn(group, root), &["top", "group"]),
        domain,
        &group.name,
        &group.sid,
    )
    .text("sAMAccountName", &group.name)
    .number("sAMAccountType", type_of_account)
    .number("groupType", SECURITY | kind)
    .name("objectCategory", &schema_name("Group", root))
    .names("member", members.collect())
    .names(
        "memberOf",
        above.iter().map(|group| group_dn(group, root)).collect(),
    )
}

/// A trustedDomain object (MS-ADTS section 6.1.6.7).
fn trust_entry(domain: &DomainSnapshot, trust: &Trust, root: &str) -> Entry {
    const INBOUND: i64 = 1;
    const OUTBOUND: i64 = 2;
    const UPLEVEL: i64 = 2;
    let spec = &trust.spec;
    let partner = spec.realm.to_lowercase();
    let ways = [
        (spec.incoming.is_some(), INBOUND),
        (spec.outgoing.is_some(), OUTBOUND),
    ];
    let direction = ways.iter().filter(|(open, _)| *open).map(|(_, bit)| bit).sum();
    let dn = format!("{},CN=System,{root}", dn::part("CN", &partner));
    let entry = Entry::new(dn, &["top", "leaf", "trustedDomain"])
        .text("cn", &partner)
        .text("name", &partner)
        .text("trustPartner", &partner)
        .text("flatName", &spec.netbios)
        .number("trustDirection", direction)
        .number("trustType", UPLEVEL)
        .number("trustAttributes", i64::from(spec.attributes.bits()))
        .name("objectCategory", &schema_name("Trusted-Domain", root))
        .with(
            "objectGUID",
            Syntax::Octets,
            vec![guid(domain, partner.as_bytes()).to_vec()],
        );
    match &spec.sid {
        Some(sid) => entry.sid("securityIdentifier", sid),
        None => entry,
    }
}

/// The serviceConnectionPoint by which the cmdlets find the two accounts. How its keywords are put together is a lab default.
fn connection_point(domain: &DomainSnapshot, rodc: &Rodc, root: &str) -> Option<Entry> {
    const NAME: &str = "900274c4-b7d2-43c8-90ee-00a9f650e335";
    let computer = rodc.computer.as_ref()?;
    let keywords = [
        format!("UserAccountSid={}", rodc.krbtgt.sid),
        format!("ComputerAccountSid={}", computer.sid),
    ];
    let dn = format!("CN={NAME},CN=AzureAD,CN=System,{root}");
    let classes = ["top", "leaf", "connectionPoint", "serviceConnectionPoint"];
    let entry = Entry::new(dn, &classes)
        .text("cn", NAME)
        .text("name", NAME)
        .texts("keywords", keywords.iter().map(String::as_str))
        .with(
            "objectGUID",
            Syntax::Octets,
            vec![guid(domain, NAME.as_bytes()).to_vec()],
        );
    Some(entry)
}

/// What every security principal has.
fn named(entry: Entry, domain: &DomainSnapshot, cn: &str, sid: &Sid) -> Entry {
    entry.text("cn", cn).text("name", cn).sid("objectSid", sid).with(
        "objectGUID",
        Syntax::Octets,
        vec![guid(domain, &sid.to_bytes()).to_vec()],
    )
}

/// A GUID that follows from what it names, of version 4 by its looks.
pub(super) fn guid(domain: &DomainSnapshot, what: &[u8]) -> [u8; 16] {
    let mut octets = hmac_md5_checksum(&domain.sid().to_bytes(), KeyUsage(0), what);
    // little endian: the version is in the high octet of the third field
    octets[7] = octets[7] & 0x0F | 0x40;
    octets[8] = octets[8] & 0x3F | 0x80;
    octets
}

fn category(class: &str, context: &Context<'_>) -> String {
    schema_name(class, &dn::of_domain(&context.config.forest))
}

fn schema_name(class: &str, root: &str) -> String {
    format!("CN={class},CN=Schema,CN=Configuration,{root}")
}
