//! Making tickets: their times, their PAC, their seal.

use std::sync::Arc;
use std::time::Duration;

use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::pac::{
    AttributesInfo, ClientInfo, FileTime, GroupMembership, LogonInfo, Pac, PacBuilder, PacKeys, PacType,
    RpcString, S4uDelegationInfo, SE_GROUP_DEFAULT, SE_GROUP_RESOURCE, SidAndAttributes, SignatureSet,
    UserFlags, replace_pac,
};
use kerberos::sid::Sid;
use kerberos::wire::{
    AuthorizationData, EncKdcRepPart, EncTicketPart, EncryptedData, EncryptionKey, HostAddress, KdcOptions,
    KdcReqBody, Kvno, LastReqEntry, MethodData, PrincipalName, Realm, SupportedEnctypes, Ticket, TicketFlags,
    TransitedEncoding, UInt32,
};
use kerberos::{KerberosTime, Timestamp};

use crate::config::Armoring;
use crate::directory::{Account, AccountKind, KeySet};
use crate::preauth::bit;
use crate::refusal::Refusal;
use crate::request::Context;

/// When a ticket begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) start: KerberosTime,
    pub(crate) end: KerberosTime,
    pub(crate) renew_till: Option<KerberosTime>,
}

/// What bounds the life of a ticket.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// The longest life.
    pub(crate) age: Duration,
    /// The end of the TGT.
    pub(crate) end: KerberosTime,
    /// The last renewal; `None` when the ticket cannot be renewable.
    pub(crate) renew_till: Option<KerberosTime>,
}

impl Life {
    /// The life that a request gets within bounds (RFC 4120 section 3.1.3).
    pub(crate) fn grant(now: Timestamp, body: &KdcReqBody, bounds: Bounds) -> Result<Self, Refusal> {
        let start = now.kerberos_time();
        let most = (now + bounds.age).kerberos_time().min(bounds.end);
        // zero asks for as long as possible
        let till = if body.till == KerberosTime::UNIX_EPOCH {
            most
        } else {
            body.till
        };
        let end = till.min(most);
        if end <= start {
            return Err(Refusal::NeverValid { till: body.till });
        }
        let renew_till = bounds.renew_till.and_then(|limit| {
            Some(Self::last_renewal(body, till, most)?.map_or(limit, |time| time.min(limit)))
        });
        Ok(Self {
            start,
            end,
            renew_till: renew_till.filter(|till| *till > start),
        })
    }

    /// When the last renewal is asked for: `None` for no renewable ticket, `Some(None)` for one without a limit of the client's.
    /// A client that takes a renewable ticket only in place of a longer one expects it to end when it asked for
    /// (RENEWABLE-OK, RFC 4120 section 5.4.1).
    fn last_renewal(
        body: &KdcReqBody,
        till: KerberosTime,
        most: KerberosTime,
    ) -> Option<Option<KerberosTime>> {
        if body.kdc_options.contains(KdcOptions::RENEWABLE) {
            return Some(body.rtime.filter(|rtime| *rtime != KerberosTime::UNIX_EPOCH));
        }
        (body.kdc_options.contains(KdcOptions::RENEWABLE_OK) && till > most).then_some(Some(till))
    }
}

/// A ticket to be issued.
pub(crate) struct Grant<'a> {
    pub(crate) flags: TicketFlags,
    pub(crate) session: &'a Key,
    pub(crate) crealm: &'a Realm,
    pub(crate) cname: &'a PrincipalName,
    pub(crate) authtime: KerberosTime,
    pub(crate) life: Life,
    pub(crate) addresses: Option<&'a Vec<HostAddress>>,
    pub(crate) srealm: &'a Realm,
    pub(crate) sname: &'a PrincipalName,
    /// The realms the client came through; `None` for a client of this realm.
    pub(crate) transited: Option<&'a TransitedEncoding>,
}

impl Grant<'_> {
    fn enc_part(&self, authorization_data: Option<AuthorizationData>) -> EncTicketPart {
        EncTicketPart {
            flags: self.flags,
            key: EncryptionKey::from(self.session),
            crealm: self.crealm.clone(),
            cname: self.cname.clone(),
            transited: self.transited.cloned().unwrap_or_else(|| TransitedEncoding {
                r#type: 0,
                contents: Vec::new().into(),
            }),
            authtime: self.authtime,
            starttime: Some(self.life.start),
            endtime: self.life.end,
            renew_till: self.life.renew_till,
            caddr: self.addresses.cloned(),
            authorization_data,
        }
    }

    /// A ticket for a ticket-granting service.
    pub(crate) fn seal_tgt(
        &self,
        context: &mut Context<'_>,
        pac: PacBuilder,
        keys: &PacKeys<'_>,
        kvno: Kvno,
    ) -> Ticket {
        let pac = pac.sign(keys, &SignatureSet::TGT);
        let part = self.enc_part(Some(AuthorizationData::from_pac(pac))).encode();
        self.ticket(context, keys.server, Some(kvno), &part)
    }

    /// A ticket for any other service; without a PAC when the client wanted none.
    pub(crate) fn seal_service(
        &self,
        context: &mut Context<'_>,
        pac: Option<PacBuilder>,
        keys: &PacKeys<'_>,
        kvno: Option<Kvno>,
    ) -> Ticket {
        let part = match pac {
            None => self.enc_part(None).encode(),
            Some(pac) => {
                // the ticket signature is over the ticket with one zero octet for a PAC
                let blank = self.enc_part(Some(AuthorizationData::from_pac(vec![0]))).encode();
                let signatures = SignatureSet {
                    ticket: Some(&blank),
                    full: context.dc.full_signature(),
                };
                let pac = pac.sign(keys, &signatures);
                replace_pac(&blank, &pac).expect("the place of the PAC was made here")
            }
        };
        self.ticket(context, keys.server, kvno, &part)
    }

    fn ticket(&self, context: &mut Context<'_>, key: &Key, kvno: Option<Kvno>, part: &[u8]) -> Ticket {
        Ticket {
            tkt_vno: kerberos::wire::Pvno,
            realm: self.srealm.clone(),
            sname: self.sname.clone(),
            enc_part: EncryptedData::seal(key, KeyUsage::TICKET, kvno, part, context.rng),
        }
    }

    /// What the client is told about the ticket.
    pub(crate) fn reply_part(&self, nonce: UInt32, encrypted_pa_data: Option<MethodData>) -> EncKdcRepPart {
        EncKdcRepPart {
            key: EncryptionKey::from(self.session),
            last_req: vec![LastReqEntry {
                lr_type: 0,
                lr_value: self.life.start,
            }],
            nonce,
            key_expiration: None,
            flags: self.flags,
            authtime: self.authtime,
            // some clients fail where it is absent
            starttime: Some(self.life.start),
            endtime: self.life.end,
            renew_till: self.life.renew_till,
            srealm: self.srealm.clone(),
            sname: self.sname.clone(),
            caddr: self.addresses.cloned(),
            encrypted_pa_data,
        }
    }
}

/// Where the contents of a new PAC come from.
pub(crate) enum PacSource<'a> {
    /// The directory.
    Directory(Arc<Account>),
    /// The PAC of the TGT, which this domain signed.
    Ticket(Pac<'a>),
    /// The PAC of a TGT of another realm, with LOGON_INFO as far as it is believed.
    Trusted(Pac<'a>, Box<LogonInfo>),
    /// The directory, for a user whose name a service gave (S4U2Self).
    Impersonated(Arc<Account>),
    /// The PAC of an evidence ticket, with the way it went (S4U2Proxy).
    Evidence(Pac<'a>, Box<S4uDelegationInfo>),
}

impl PacSource<'_> {
    /// The PAC of a TGT but for its signatures. Buffers that are not known are kept.
    pub(crate) fn for_tgt(
        &self,
        context: &Context<'_>,
        authtime: KerberosTime,
        cname: &PrincipalName,
        attributes: Option<AttributesInfo>,
    ) -> PacBuilder {
        match self {
            Self::Directory(account) | Self::Impersonated(account) => {
                let builder = from_directory(
                    context,
                    account,
                    authtime,
                    cname,
                    logon_info(context, account, authtime),
                );
                let builder = match attributes {
                    Some(attributes) => builder.attributes_info(&attributes),
                    None => builder,
                };
                builder.requestor(&account.sid)
            }
            Self::Ticket(pac) | Self::Evidence(pac, _) => pac
                .buffers()
                .filter(|(kind, _)| !is_signature(*kind))
                .fold(PacBuilder::new(), |builder, (kind, octets)| {
                    builder.buffer(kind, octets)
                }),
            Self::Trusted(pac, info) => pac.buffers().filter(|(kind, _)| !is_signature(*kind)).fold(
                PacBuilder::new(),
                |builder, (kind, octets)| match kind {
                    PacType::LOGON_INFO => builder.logon_info(info),
                    kind => builder.buffer(kind, octets),
                },
            ),
        }
    }

    /// The PAC of a service ticket but for its signatures: with domain-local groups, without what is for TGTs only.
    /// Also gives how many groups were added.
    pub(crate) fn for_service(
        &self,
        context: &Context<'_>,
        authtime: KerberosTime,
        cname: &PrincipalName,
    ) -> Result<(PacBuilder, usize), Refusal> {
        match self {
            Self::Directory(account) => {
                let mut info = logon_info(context, account, authtime);
                let count = add_resource_groups(context, &mut info);
                Ok((from_directory(context, account, authtime, cname, info), count))
            }
            Self::Impersonated(account) => {
                let mut info = logon_info(context, account, authtime);
                // nobody but the service says that it is the user (MS-SFU section 3.2.5.1.2)
                info.extra_sids = vec![SidAndAttributes::new(Sid::SERVICE_ASSERTED)];
                let count = add_resource_groups(context, &mut info);
                Ok((from_directory(context, account, authtime, cname, info), count))
            }
            Self::Ticket(pac) => {
                let mut info = logon_info_of(pac)?;
                let count = add_resource_groups(context, &mut info);
                Ok((for_service(pac, &info), count))
            }
            Self::Evidence(pac, delegation) => {
                let mut info = logon_info_of(pac)?;
                let count = add_resource_groups(context, &mut info);
                Ok((for_service(pac, &info).delegation_info(delegation), count))
            }
            Self::Trusted(pac, info) => {
                let mut info = info.as_ref().clone();
                let rids = context.domain.foreign_resource_groups(info.sids());
                set_resource_groups(context, &mut info, &rids);
                Ok((for_service(pac, &info), rids.len()))
            }
        }
    }
}

fn logon_info_of(pac: &Pac<'_>) -> Result<LogonInfo, Refusal> {
    let info = pac
        .logon_info()
        .map_err(|error| Refusal::BadPac(Box::new(error)))?;
    info.ok_or(Refusal::PacIncomplete {
        missing: PacType::LOGON_INFO,
    })
}

/// A PAC with other LOGON_INFO, without what is for TGTs only and without signatures.
fn for_service(pac: &Pac<'_>, info: &LogonInfo) -> PacBuilder {
    pac.buffers()
        .fold(PacBuilder::new(), |builder, (kind, octets)| match kind {
            PacType::LOGON_INFO => builder.logon_info(info),
            PacType::ATTRIBUTES_INFO | PacType::REQUESTOR | PacType::DELEGATION_INFO => builder,
            kind if is_signature(kind) => builder,
            kind => builder.buffer(kind, octets),
        })
}

fn from_directory(
    _: &Context<'_>,
    account: &Account,
    authtime: KerberosTime,
    cname: &PrincipalName,
    info: LogonInfo,
) -> PacBuilder {
    let client = ClientInfo {
        client_id: FileTime::from(authtime.timestamp()),
        name: cname.to_string(),
    };
    PacBuilder::new()
        .logon_info(&info)
        .client_info(&client)
        .upn_dns_info(&account.upn_dns_info)
}

fn logon_info(context: &Context<'_>, account: &Account, authtime: KerberosTime) -> LogonInfo {
    LogonInfo {
        logon_time: FileTime::from(authtime.timestamp()),
        logon_server: RpcString::with_spare_nul(&context.dc.name),
        ..account.logon_info.clone()
    }
}

fn add_resource_groups(context: &Context<'_>, info: &mut LogonInfo) -> usize {
    let rids = context.domain.resource_groups(info);
    set_resource_groups(context, info, &rids);
    rids.len()
}

fn set_resource_groups(context: &Context<'_>, info: &mut LogonInfo, rids: &[u32]) {
    if !rids.is_empty() {
        info.user_flags |= UserFlags::RESOURCE_GROUPS;
        info.resource_group_domain = Some(context.domain.sid());
        let attributes = SE_GROUP_DEFAULT | SE_GROUP_RESOURCE;
        info.resource_groups = rids
            .iter()
            .map(|rid| GroupMembership {
                rid: *rid,
                attributes,
            })
            .collect();
    }
}

const fn is_signature(kind: PacType) -> bool {
    matches!(
        kind,
        PacType::SERVER_CHECKSUM | PacType::KDC_CHECKSUM | PacType::TICKET_CHECKSUM | PacType::FULL_CHECKSUM
    )
}

/// The keys of the domain's krbtgt that seal and sign a new TGT.
pub(crate) fn krbtgt_keys<'a>(context: &Context<'a>) -> Result<(PacKeys<'a>, Kvno), Refusal> {
    let (set, rodc_identifier) = context.issuer_keys();
    let server = set
        .strongest()
        .ok_or(Refusal::EtypeUnsupported { listed: Vec::new() })?;
    let keys = PacKeys {
        server,
        kdc: kdc_key(context, set).unwrap_or(server),
        rodc_identifier,
    };
    Ok((keys, context.issuer_kvno()))
}

/// The key that makes KDC signatures.
pub(crate) fn kdc_key<'a>(context: &Context<'a>, set: &'a KeySet) -> Option<&'a Key> {
    set.key(context.dc.kdc_signature).or_else(|| set.strongest())
}

/// The version of an ordinary key on the wire.
pub(crate) fn kvno_of(set: &KeySet) -> Kvno {
    Kvno(set.version & 0xFFFF)
}

/// What an account's encryption types are, where nothing is set: krbtgt has them all.
pub(crate) fn supported_enctypes(context: &Context<'_>, account: &Account) -> SupportedEnctypes {
    let krbtgt = account.kind == AccountKind::Krbtgt;
    let default = if krbtgt {
        SupportedEnctypes::from_bits_retain(0x1F)
    } else {
        context.dc.default_supported_enctypes
    };
    let mut supported = account.supported_enctypes.unwrap_or(default);
    if krbtgt && context.dc.armoring != Armoring::Off {
        supported |= SupportedEnctypes::FAST_SUPPORTED;
    }
    supported
}

/// The first encryption type of the client's list that policy allows and the service understands.
pub(crate) fn session_etype(
    context: &Context<'_>,
    listed: &[i32],
    service: SupportedEnctypes,
) -> Result<Etype, Refusal> {
    let aes_sk = service.contains(SupportedEnctypes::AES256_SK);
    let usable = |etype: &Etype| {
        let understood = service.contains(bit(*etype)) || (aes_sk && *etype != Etype::Rc4Hmac);
        understood && context.dc.supported_enctypes.contains(bit(*etype))
    };
    let found = listed
        .iter()
        .filter_map(|number| Etype::from_number(*number))
        .find(usable);
    found.ok_or_else(|| Refusal::EtypeUnsupported {
        listed: listed.to_vec(),
    })
}
