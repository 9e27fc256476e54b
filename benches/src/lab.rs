//! A domain with fixed keys and a partial TGT, and requests of a client made part by part.

use std::time::Duration;

use kdc_sim::directory::{AccountSpec, GroupScope, KeyRing, KeySet, RodcSpec, Secret};
use kdc_sim::{DcConfig, DomainBuilder, DomainSnapshot, KdcState, Transport, handle};
use kerberos::codes::PaDataType;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::pac::{
    AttributesFlags, AttributesInfo, ClientInfo, FileTime, GroupMembership, LogonInfo, PacBuilder, PacKeys,
    RpcString, SignatureSet,
};
use kerberos::sid::Sid;
use kerberos::wire::{
    ApOptions, ApReq, Authenticator, AuthorizationData, Checksum, DecodeError, EncTicketPart, EncryptedData,
    EncryptionKey, KdcOptions, KdcReq, KdcReqBody, KdcReqKind, KeyListReq, Kvno, MethodData, Microseconds,
    PrincipalName, Pvno, Ticket, TicketFlags, TransitedEncoding, UInt32,
};
use kerberos::{KerberosTime, Timestamp};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::floor::TicketKeys;

/// The realm.
pub const REALM: &str = "AD.FERNHILL.EXAMPLE";
/// The time of every message: 2026-11-23 08:00:00 UTC.
pub const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_420_800);
/// The key number of the AzureADKerberos object.
pub const RODC: u16 = 21463;
/// The version of its key.
pub const RODC_VERSION: u16 = 1203;
/// The user's name.
pub const USER: &str = "ada";
/// The file server's service principal name.
pub const SERVICE: &str = "cifs/fs01.ad.fernhill.example";

const USER_RID: u32 = 1104;
const DOMAIN_USERS: u32 = 513;

/// The domain, and the keys that open what is in it.
pub struct Lab {
    /// The directory.
    pub domain: DomainSnapshot,
    /// The domain controller.
    pub dc: DcConfig,
    /// The key that seals partial TGTs.
    pub rodc: Key,
    /// The key that seals full TGTs.
    pub krbtgt: Key,
    /// The file server's key.
    pub server: Key,
}

/// A ticket and its session key.
#[derive(Clone)]
pub struct Held {
    /// The ticket.
    pub ticket: Ticket,
    /// Its session key.
    pub session: Key,
}

impl Default for Lab {
    fn default() -> Self {
        Self::new()
    }
}

impl Lab {
    /// The lab; the same at every call.
    ///
    /// # Panics
    /// Never: what is in it fits together.
    pub fn new() -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(7);
        let mut keys = |version| KeyRing::new(KeySet::generate(version, &mut rng));
        let (krbtgt, rodc, server) = (keys(2), keys(RODC_VERSION.into()), keys(1));
        let strongest = |ring: &KeyRing| ring.current().strongest().expect("generated").clone();
        let (krbtgt_key, rodc_key, server_key) = (strongest(&krbtgt), strongest(&rodc), strongest(&server));
        let mut domain =
            DomainBuilder::new("ad.fernhill.example", "FERNHILL", domain_sid(), krbtgt).expect("names");
        domain
            .group("Projects-Write", 1201, GroupScope::Global)
            .expect("a RID fits");
        domain
            .group("Projects", 1202, GroupScope::DomainLocal)
            .expect("a RID fits");
        domain.account(
            AccountSpec::user(USER, USER_RID).with_upn("ada@fernhill.example"),
            Secret::Password("pass".into()),
        );
        domain.account(
            AccountSpec::computer("FS01", 1301, "fs01.ad.fernhill.example"),
            Secret::Keys(server),
        );
        domain
            .member("Projects-Write", USER)
            .member("Projects", "Projects-Write");
        domain.rodc(RodcSpec::azure_ad_kerberos(RODC, 1601, 1602, rodc));
        Self {
            domain: domain.build().expect("it fits together"),
            dc: DcConfig::new("DC01"),
            rodc: rodc_key,
            krbtgt: krbtgt_key,
            server: server_key,
        }
    }

    /// The reply to a request that is the first of its kind.
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let mut state = KdcState::default();
        let domain = &self.domain;
        handle(
            domain,
            &self.dc,
            &mut state,
            NOW,
            &mut rng,
            Transport::Tcp,
            request,
        )
        .reply
    }

    /// A partial TGT as Entra issues it.
    pub fn partial(&self) -> Held {
        let session = Key::generate(Etype::Aes256CtsHmacSha196, &mut ChaCha12Rng::seed_from_u64(3));
        let pac = self.sign(partial_pac());
        Held {
            ticket: self.seal_partial(&ticket_part(&session, pac)),
            session,
        }
    }

    /// The request that exchanges a new partial TGT for a full one, key list and all, and the keys it is answered with.
    pub fn exchange(&self) -> (Vec<u8>, TicketKeys) {
        let partial = self.partial();
        let key_list =
            MethodData::default().with(PaDataType::KERB_KEY_LIST_REQ, KeyListReq(vec![23]).encode());
        let request = good_tgs_req(&partial, PrincipalName::krbtgt(REALM), key_list);
        let keys = TicketKeys {
            tgt: self.rodc.clone(),
            ticket: self.krbtgt.clone(),
            kdc: self.krbtgt.clone(),
            session: partial.session,
        };
        (request, keys)
    }

    /// Seals the part of a partial TGT, whatever is in it.
    pub fn seal_partial(&self, part: &[u8]) -> Ticket {
        let kvno = Some(Kvno::new(RODC, RODC_VERSION));
        Ticket {
            tkt_vno: Pvno,
            realm: REALM.into(),
            sname: PrincipalName::krbtgt(REALM),
            enc_part: seal(&self.rodc, KeyUsage::TICKET, kvno, part),
        }
    }

    /// Signs the PAC of a partial TGT, whatever is in it.
    pub fn sign(&self, pac: PacBuilder) -> Vec<u8> {
        pac.sign(&PacKeys::of_tgt(&self.rodc, Some(RODC)), &SignatureSet::TGT)
    }
}

fn domain_sid() -> Sid {
    Sid::of_domain([1_004_336_348, 1_177_238_915, 682_003_330])
}

/// The PAC of a partial TGT but for its signatures.
///
/// # Panics
/// Never: the domain's SID has room for a RID.
pub fn partial_pac() -> PacBuilder {
    let info = LogonInfo {
        effective_name: RpcString::from(USER),
        user_id: USER_RID,
        primary_group_id: DOMAIN_USERS,
        groups: vec![GroupMembership::new(DOMAIN_USERS)],
        logon_domain_id: Some(domain_sid()),
        ..LogonInfo::default()
    };
    let client = ClientInfo {
        client_id: FileTime::from(NOW),
        name: USER.into(),
    };
    PacBuilder::new()
        .logon_info(&info)
        .client_info(&client)
        .attributes_info(&AttributesInfo::new(AttributesFlags::PAC_WAS_REQUESTED))
        .requestor(&domain_sid().with_rid(USER_RID).expect("a RID fits"))
}

/// The part of a TGT that is sealed, with this PAC.
pub fn ticket_part(session: &Key, pac: Vec<u8>) -> Vec<u8> {
    EncTicketPart {
        flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::ENC_PA_REP,
        key: EncryptionKey::from(session),
        crealm: REALM.into(),
        cname: PrincipalName::principal(USER),
        transited: TransitedEncoding {
            r#type: 0,
            contents: Vec::new().into(),
        },
        authtime: NOW.kerberos_time(),
        starttime: Some(NOW.kerberos_time()),
        endtime: (NOW + Duration::from_secs(36_000)).kerberos_time(),
        renew_till: Some((NOW + Duration::from_secs(604_800)).kerberos_time()),
        caddr: None,
        authorization_data: Some(AuthorizationData::from_pac(pac)),
    }
    .encode()
}

/// The body of a request for a ticket to `sname`.
pub fn body(sname: PrincipalName) -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
        cname: None,
        realm: REALM.into(),
        sname: Some(sname),
        from: None,
        till: KerberosTime::WINDOWS_FOREVER,
        rtime: None,
        nonce: UInt32(1),
        etype: vec![18, 17, 23],
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    }
}

/// The authenticator of a TGS-REQ with this body.
pub fn authenticator(session: &Key, body: &[u8]) -> Vec<u8> {
    Authenticator {
        authenticator_vno: Pvno,
        crealm: REALM.into(),
        cname: PrincipalName::principal(USER),
        cksum: Some(Checksum {
            r#type: session.checksum_type().number(),
            checksum: session.checksum(KeyUsage::TGS_REQ_CHECKSUM, body).to_vec().into(),
        }),
        cusec: Microseconds::from(NOW),
        ctime: NOW.kerberos_time(),
        subkey: None,
        seq_number: None,
        authorization_data: None,
    }
    .encode()
}

/// A TGS-REQ of these parts.
///
/// # Errors
/// The body is none.
pub fn tgs_req(
    held: &Held,
    authenticator: &[u8],
    body: Vec<u8>,
    more: MethodData,
) -> Result<Vec<u8>, DecodeError> {
    let sealed = seal(
        &held.session,
        KeyUsage::TGS_REQ_AUTHENTICATOR,
        None,
        authenticator,
    );
    let ap_req = ApReq::new(ApOptions::empty(), held.ticket.clone(), sealed);
    let mut padata = MethodData::default().with(PaDataType::TGS_REQ, ap_req.encode());
    padata.0.extend(more.0);
    Ok(KdcReq::with_body_octets(KdcReqKind::Tgs, padata, body)?.encode())
}

/// A TGS-REQ that a domain controller grants.
///
/// # Panics
/// Never: the body is one.
pub fn good_tgs_req(held: &Held, sname: PrincipalName, more: MethodData) -> Vec<u8> {
    let body = body(sname).encode();
    let authenticator = authenticator(&held.session, &body);
    tgs_req(held, &authenticator, body, more).expect("the body was made here")
}

/// Encrypts with the same confounder at every call.
pub fn seal(key: &Key, usage: KeyUsage, kvno: Option<Kvno>, plaintext: &[u8]) -> EncryptedData {
    EncryptedData::seal(key, usage, kvno, plaintext, &mut ChaCha12Rng::seed_from_u64(2))
}
