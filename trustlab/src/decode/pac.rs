//! The PAC, and whether its signatures hold.

use kerberos::crypto::{ChecksumType, Key, KeyUsage, hmac_md5_checksum};
use kerberos::pac::{
    GroupMembership, LogonInfo, Pac, PacKeys, PacSignature, PacType, SignatureKind, SignatureSet,
    ticket_without_pac,
};
use kerberos::phrase::counted;
use kerberos::sid::Sid;

use super::keyring::{Keyring, Known};
use super::node::Node;
use super::show;

/// The ticket around a PAC.
pub(crate) struct Around<'a> {
    /// The DER of the EncTicketPart.
    pub(crate) octets: &'a [u8],
    /// The key that opened the ticket.
    pub(crate) by: Option<&'a Known>,
    /// Keys to try as the KDC's.
    pub(crate) keys: &'a Keyring,
}

/// A PAC. Without a ticket around it, each key at hand is tried as the service's.
pub(crate) fn pac(pac: &Pac<'_>, keys: &Keyring, around: Option<&Around<'_>>) -> Node {
    let (octets, count) = (pac.octets().len(), pac.buffers().len());
    Node::leaf(
        "PAC",
        format_args!("{}, {octets} octets", counted(count, "buffer")),
    )
    .with_all(
        pac.buffers()
            .map(|(kind, octets)| buffer(pac, kind, octets, keys, around)),
    )
}

fn buffer(pac: &Pac<'_>, kind: PacType, octets: &[u8], keys: &Keyring, around: Option<&Around<'_>>) -> Node {
    let label = kind.to_string();
    let read = match kind {
        PacType::LOGON_INFO => pac
            .logon_info()
            .map(|info| info.map(|info| logon_info(&label, &info))),
        PacType::CLIENT_INFO => pac.client_info().map(|info| {
            let info = info?;
            Some(
                Node::new(&label)
                    .field("client id", show::file_time(info.client_id))
                    .field("name", info.name),
            )
        }),
        PacType::UPN_DNS_INFO => pac.upn_dns_info().map(|info| {
            let info = info?;
            let node = Node::new(&label)
                .field("UPN", info.upn)
                .field("DNS domain name", info.dns_domain_name)
                .field("flags", format_args!("0x{:08x}", info.flags.bits()));
            Some(match info.sam_name_and_sid {
                Some((name, sid)) => node.field("SAM name", name).field("SID", sid),
                None => node,
            })
        }),
        PacType::ATTRIBUTES_INFO => pac.attributes_info().map(|info| {
            let info = info?;
            let names: Vec<String> = info
                .flags
                .iter_names()
                .map(|(name, _)| name.to_ascii_lowercase())
                .collect();
            Some(Node::leaf(
                &label,
                format_args!("0x{:08x} {}", info.flags.bits(), names.join(" ")),
            ))
        }),
        PacType::REQUESTOR => pac.requestor().map(|sid| sid.map(|sid| Node::leaf(&label, sid))),
        PacType::DELEGATION_INFO => pac.delegation_info().map(|info| {
            let info = info?;
            let services = info
                .transited_services
                .iter()
                .map(|service| Node::leaf("transited", service.as_str()));
            Some(
                Node::new(&label)
                    .field("proxy target", info.proxy_target.as_str())
                    .with_all(services),
            )
        }),
        PacType::CREDENTIAL_INFO => pac.credential_info().map(|info| {
            let info = info?;
            let etype = i32::try_from(info.encryption_type).unwrap_or(-1);
            Some(Node::leaf(
                &label,
                format_args!("{}, {} octets", show::etype(etype), info.encrypted.len()),
            ))
        }),
        _ => match signature_kind(kind) {
            Some(kind) => return signature(pac, kind, octets, keys, around),
            None => return Node::leaf(label, show::octets(octets)),
        },
    };
    match read {
        Ok(Some(node)) => node,
        Ok(None) => Node::leaf(label, show::octets(octets)),
        Err(error) => Node::unreadable(label, error, octets),
    }
}

fn logon_info(label: &str, info: &LogonInfo) -> Node {
    let texts = [
        ("effective name", &info.effective_name),
        ("full name", &info.full_name),
        ("logon script", &info.logon_script),
        ("profile path", &info.profile_path),
        ("home directory", &info.home_directory),
        ("home directory drive", &info.home_directory_drive),
        ("logon server", &info.logon_server),
        ("logon domain name", &info.logon_domain_name),
    ];
    let texts = texts.into_iter().filter(|(_, text)| !text.as_str().is_empty());
    let flags: Vec<String> = info
        .user_flags
        .iter_names()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    Node::new(label)
        .with_all(texts.map(|(label, text)| Node::leaf(label, text.as_str())))
        .maybe("user", info.user_sid())
        .field("user id", info.user_id)
        .maybe("logon domain", info.logon_domain_id)
        .with_all(memberships("group", info.logon_domain_id.as_ref(), &info.groups))
        .field("primary group", info.primary_group_id)
        .with_all(info.extra_sids.iter().map(|extra| {
            Node::leaf(
                "extra SID",
                format_args!(
                    "{}{} (attributes 0x{:x})",
                    extra.sid,
                    meaning(&extra.sid),
                    extra.attributes
                ),
            )
        }))
        .maybe("resource domain", info.resource_group_domain)
        .with_all(memberships(
            "resource group",
            info.resource_group_domain.as_ref(),
            &info.resource_groups,
        ))
        .field(
            "user flags",
            format_args!("0x{:08x} {}", info.user_flags.bits(), flags.join(" ")),
        )
        .field(
            "user account control",
            format_args!("0x{:08x}", info.user_account_control),
        )
        .field("logon count", info.logon_count)
        .field("bad password count", info.bad_password_count)
        .field("logon time", show::file_time(info.logon_time))
        .field("logoff time", show::file_time(info.logoff_time))
        .field("kick-off time", show::file_time(info.kick_off_time))
        .field("password last set", show::file_time(info.password_last_set))
        .field("password can change", show::file_time(info.password_can_change))
        .field("password must change", show::file_time(info.password_must_change))
}

fn memberships<'a>(
    label: &'a str,
    domain: Option<&'a Sid>,
    groups: &'a [GroupMembership],
) -> impl Iterator<Item = Node> + 'a {
    groups.iter().map(move |group| {
        let sid = domain.and_then(|domain| domain.with_rid(group.rid).ok());
        let sid = sid.map_or_else(|| format!("RID {}", group.rid), |sid| sid.to_string());
        Node::leaf(label, format_args!("{sid} (attributes 0x{:x})", group.attributes))
    })
}

/// What the SIDs mean that a DC adds on its own.
fn meaning(sid: &Sid) -> &'static str {
    match *sid {
        Sid::AUTHENTICATION_AUTHORITY_ASSERTED => " authentication authority asserted identity",
        Sid::SERVICE_ASSERTED => " service asserted identity",
        Sid::FRESH_PUBLIC_KEY => " fresh public key identity",
        Sid::COMPOUNDED_AUTHENTICATION => " compounded authentication",
        Sid::CLAIMS_VALID => " claims valid",
        _ => "",
    }
}

const fn signature_kind(kind: PacType) -> Option<SignatureKind> {
    Some(match kind {
        PacType::SERVER_CHECKSUM => SignatureKind::Server,
        PacType::KDC_CHECKSUM => SignatureKind::Kdc,
        PacType::TICKET_CHECKSUM => SignatureKind::Ticket,
        PacType::FULL_CHECKSUM => SignatureKind::Full,
        _ => return None,
    })
}

fn signature(
    pac: &Pac<'_>,
    kind: SignatureKind,
    octets: &[u8],
    keys: &Keyring,
    around: Option<&Around<'_>>,
) -> Node {
    let label = kind.pac_type().to_string();
    let parsed = match PacSignature::parse(kind, octets) {
        Ok(parsed) => parsed,
        Err(error) => return Node::unreadable(label, error, octets),
    };
    let identifier = parsed
        .rodc_identifier
        .map(|number| format!("{number} = key {}", rodc_account(number)));
    Node::leaf(
        label,
        format_args!("{kind}, {}", show::checksum_type(parsed.checksum_type)),
    )
    .field("value", show::octets(parsed.value))
    .maybe("RODC identifier", identifier)
    .with(verdict(pac, kind, &parsed, keys, around))
}

fn rodc_account(number: u16) -> String {
    format!("krbtgt_{number}")
}

/// Says which key the signature verifies with, or that none at hand does.
fn verdict(
    pac: &Pac<'_>,
    kind: SignatureKind,
    signature: &PacSignature<'_>,
    keys: &Keyring,
    around: Option<&Around<'_>>,
) -> Node {
    let server = around.and_then(|around| around.by);
    if let (SignatureKind::Server, Some(by)) = (kind, server)
        && by.key.checksum_type().number() == signature.checksum_type
        && pac.verify_server(&by.key).is_err()
    {
        return Node::leaf(
            "wrong",
            format_args!(
                "it does not verify with the key that opened the ticket, {}",
                by.source
            ),
        );
    }
    let fits = |known: &&Known| match kind {
        SignatureKind::Server => pac.verify_server(&known.key).is_ok(),
        SignatureKind::Kdc => verifies_as_kdc(pac, signature, &known.key),
        SignatureKind::Ticket | SignatureKind::Full => server
            .or_else(|| server_key(pac, keys))
            .is_some_and(|server| verifies_all(pac, kind, signature, &server.key, &known.key, around)),
    };
    let candidates = server
        .filter(|_| kind == SignatureKind::Server)
        .into_iter()
        .chain(keys.keys());
    match candidates.into_iter().find(fits) {
        Some(known) => Node::leaf("verified", format_args!("with {}", known.source)),
        None => Node::leaf("not verified", "no key at hand made it"),
    }
}

fn server_key<'a>(pac: &Pac<'_>, keys: &'a Keyring) -> Option<&'a Known> {
    keys.keys().find(|known| pac.verify_server(&known.key).is_ok())
}

/// With the identifier that stands there: whether the key is of that RODC, its holder knows.
fn verifies_as_kdc(pac: &Pac<'_>, signature: &PacSignature<'_>, key: &Key) -> bool {
    let keys = PacKeys {
        server: key,
        kdc: key,
        rodc_identifier: signature.rodc_identifier,
    };
    if pac.verify_kdc(&keys).is_ok() {
        return true;
    }
    // type -138 takes a key of any type
    let Ok(server) = pac.signature(SignatureKind::Server) else {
        return false;
    };
    signature.checksum_type == ChecksumType::HmacMd5.number()
        && hmac_md5_checksum(key.expose(), KeyUsage::PAC_CHECKSUM, server.value).as_slice() == signature.value
}

/// Ticket and full signatures mean nothing without those of server and KDC, so all are verified together.
fn verifies_all(
    pac: &Pac<'_>,
    kind: SignatureKind,
    signature: &PacSignature<'_>,
    server: &Key,
    kdc: &Key,
    around: Option<&Around<'_>>,
) -> bool {
    let keys = PacKeys {
        server,
        kdc,
        rodc_identifier: signature.rodc_identifier,
    };
    let without_pac = around.and_then(|around| ticket_without_pac(around.octets).ok());
    let expected = match kind {
        SignatureKind::Ticket => match &without_pac {
            Some(octets) => SignatureSet {
                ticket: Some(octets),
                full: false,
            },
            None => return false,
        },
        _ => SignatureSet {
            ticket: None,
            full: true,
        },
    };
    pac.verify(&keys, &expected).is_ok()
}
