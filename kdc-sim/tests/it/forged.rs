//! TGTs as Entra issues them, and as somebody would who gets one thing wrong.

use std::time::Duration;

use kdc_sim::directory::rid;
use kerberos::Timestamp;
use kerberos::crypto::{Key, KeyUsage};
use kerberos::pac::{
    AttributesFlags, AttributesInfo, ClientInfo, FileTime, GroupMembership, LogonInfo, Pac, PacBuilder,
    PacKeys, RpcString, SignatureSet,
};
use kerberos::sid::Sid;
use kerberos::wire::{
    AuthorizationData, EncTicketPart, EncryptedData, EncryptionKey, Kvno, PrincipalName, Pvno, Ticket,
    TicketFlags, TransitedEncoding,
};

use crate::lab::{AES256, Held, Lab, REALM, RODC, VERSION, domain_sid, rng};

/// A partial TGT to be forged, as the holder of the key can.
#[derive(Clone)]
pub(crate) struct Partial {
    pub(crate) user: String,
    pub(crate) requestor: Option<Sid>,
    pub(crate) logon_rid: u32,
    pub(crate) groups: Vec<u32>,
    pub(crate) attributes: bool,
    pub(crate) kvno: Option<Kvno>,
    /// The key of the ticket and of the server signature.
    pub(crate) key: Key,
    /// The key of the KDC signature.
    pub(crate) kdc_key: Key,
    pub(crate) rodc_identifier: Option<u16>,
    pub(crate) flags: TicketFlags,
    pub(crate) authtime: Timestamp,
    pub(crate) starttime: Timestamp,
    pub(crate) endtime: Timestamp,
    pub(crate) renew_till: Option<Timestamp>,
    pub(crate) pac: PacKind,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum PacKind {
    Full,
    None,
    Without(kerberos::pac::PacType),
    Corrupt(kerberos::pac::SignatureKind),
    Extra,
}

impl Partial {
    pub(crate) fn new(lab: &Lab, user: &str) -> Self {
        let account = lab.domain.account(user);
        Self {
            user: user.to_owned(),
            requestor: account.map(|account| account.sid),
            logon_rid: account.map_or(9999, |account| account.rid),
            groups: vec![rid::DOMAIN_USERS],
            attributes: true,
            kvno: Some(Kvno::new(RODC, VERSION as u16)),
            key: lab.rodc_key(),
            kdc_key: lab.rodc_key(),
            rodc_identifier: Some(RODC),
            flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::ENC_PA_REP,
            authtime: lab.now,
            starttime: lab.now,
            endtime: lab.now + Duration::from_secs(10 * 3600),
            renew_till: Some(lab.now + Duration::from_secs(7 * 24 * 3600)),
            pac: PacKind::Full,
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn held(&self) -> Held {
        let mut rng = rng(99);
        let session = Key::generate(AES256, &mut rng);
        let cname = PrincipalName::principal(self.user.as_str());
        let part = EncTicketPart {
            flags: self.flags,
            key: EncryptionKey::from(&session),
            crealm: REALM.into(),
            cname: cname.clone(),
            transited: TransitedEncoding {
                r#type: 0,
                contents: Vec::new().into(),
            },
            authtime: self.authtime.kerberos_time(),
            starttime: Some(self.starttime.kerberos_time()),
            endtime: self.endtime.kerberos_time(),
            renew_till: self.renew_till.map(Timestamp::kerberos_time),
            caddr: None,
            authorization_data: self.pac_octets().map(AuthorizationData::from_pac),
        };
        let ticket = Ticket {
            tkt_vno: Pvno,
            realm: REALM.into(),
            sname: PrincipalName::krbtgt(REALM),
            enc_part: EncryptedData::seal(&self.key, KeyUsage::TICKET, self.kvno, &part.encode(), &mut rng),
        };
        Held {
            ticket,
            session,
            cname,
            part: None,
        }
    }

    fn pac_octets(&self) -> Option<Vec<u8>> {
        if self.pac == PacKind::None {
            return None;
        }
        let info = LogonInfo {
            effective_name: RpcString::from(self.user.as_str()),
            user_id: self.logon_rid,
            primary_group_id: rid::DOMAIN_USERS,
            groups: self.groups.iter().copied().map(GroupMembership::new).collect(),
            logon_domain_id: Some(domain_sid()),
            ..LogonInfo::default()
        };
        let client = ClientInfo {
            client_id: FileTime::from(self.authtime),
            name: self.user.clone(),
        };
        let mut builder = PacBuilder::new().logon_info(&info).client_info(&client);
        if self.attributes {
            builder = builder.attributes_info(&AttributesInfo::new(AttributesFlags::PAC_WAS_REQUESTED));
        }
        if let Some(sid) = &self.requestor {
            builder = builder.requestor(sid);
        }
        if self.pac == PacKind::Extra {
            builder = builder.buffer(kerberos::pac::PacType(99), b"what is this");
        }
        let keys = PacKeys {
            server: &self.key,
            kdc: &self.kdc_key,
            rodc_identifier: self.rodc_identifier,
        };
        let pac = builder.sign(&keys, &SignatureSet::TGT);
        Some(match &self.pac {
            PacKind::Without(kind) => without(&pac, *kind),
            PacKind::Corrupt(kind) => corrupt(pac, *kind),
            _ => pac,
        })
    }
}

/// The same PAC without one buffer; where that is no signature the others do not verify, which is checked later.
pub(crate) fn without(pac: &[u8], kind: kerberos::pac::PacType) -> Vec<u8> {
    let buffers = Pac::parse(pac).unwrap();
    let rest = buffers.buffers().filter(|(other, _)| *other != kind);
    rest.fold(PacBuilder::new(), |builder, (kind, octets)| {
        builder.buffer(kind, octets)
    })
    .unsigned()
}

fn corrupt(mut pac: Vec<u8>, kind: kerberos::pac::SignatureKind) -> Vec<u8> {
    let value = Pac::parse(&pac).unwrap().signature(kind).unwrap().value.to_vec();
    let at = pac
        .windows(value.len())
        .position(|window| window == value)
        .unwrap();
    pac[at] ^= 1;
    pac
}
