//! A small domain, a clock, and a client that asks. A test shows only its difference from what is normal.

use std::cell::Cell;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use kdc_sim::directory::{
    AccountSpec, Group, GroupScope, KeyRing, KeySet, RodcSpec, Secret, UserAccountControl, rid,
};
use kdc_sim::{
    DcConfig, Detail, DomainBuilder, DomainSnapshot, Handled, KdcState, Profile, Transport, handle,
};
use kerberos::codes::{ErrorCode, PaDataType};
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::sid::Sid;
use kerberos::wire::{
    ApOptions, ApReq, AsRep, Authenticator, AuthorizationData, Checksum, EncKdcRepPart, EncTicketPart,
    EncryptedData, EncryptionKey, HostAddress, KdcOptions, KdcReq, KdcReqBody, KdcReqKind, KrbError,
    MethodData, Microseconds, PaEncTsEnc, PrincipalName, Pvno, TgsRep, Ticket, UInt32,
};
use kerberos::{KerberosTime, Timestamp};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

pub(crate) use crate::forged::{PacKind, Partial, without};

pub(crate) const REALM: &str = "AD.FERNHILL.EXAMPLE";
pub(crate) const RODC: u16 = 21463;
pub(crate) const VERSION: u32 = 1203;
pub(crate) const AES256: Etype = Etype::Aes256CtsHmacSha196;
pub(crate) const ADA: u32 = 1104;
pub(crate) const AKS: u32 = 1601;

/// Monday, 2026-11-23 08:00:00 UTC.
pub(crate) const MONDAY: Timestamp = Timestamp::from_unix_seconds(1_795_420_800);

pub(crate) fn rng(seed: u64) -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(seed)
}

pub(crate) fn domain_sid() -> Sid {
    Sid::of_domain([1_004_336_348, 1_177_238_915, 682_003_330])
}

static BUILDER: LazyLock<DomainBuilder> = LazyLock::new(|| {
    let mut rng = rng(7);
    let krbtgt = KeyRing::new(KeySet::generate(1, &mut rng)).rotated(KeySet::generate(2, &mut rng), 2);
    let mut domain = DomainBuilder::new("ad.fernhill.example", "FERNHILL", domain_sid(), krbtgt).unwrap();
    domain.group("Projects-Write", 1201, GroupScope::Global).unwrap();
    domain.group("Projects", 1202, GroupScope::DomainLocal).unwrap();
    domain.group("Contractors", 1203, GroupScope::Global).unwrap();
    domain.member("Projects", "Projects-Write");
    let users = [("ada", ADA), ("dom", 1105), ("eve", 1106), ("gus", 1107)];
    for (name, rid) in users {
        let spec = AccountSpec::user(name, rid).with_upn(&format!("{name}@fernhill.example"));
        domain.account(spec, Secret::Password(format!("{name}'s pass")));
    }
    domain
        .member("Projects-Write", "ada")
        .member("Domain Admins", "dom");
    domain.account_mut("eve").unwrap().state.must_change_password = true;
    domain.account_mut("gus").unwrap().primary_group = rid::DOMAIN_GUESTS;
    let fs01 = AccountSpec::computer("FS01", 1301, "fs01.ad.fernhill.example");
    domain.account(fs01, Secret::Keys(KeyRing::new(KeySet::generate(5, &mut rng))));
    let keys =
        KeyRing::new(KeySet::generate(VERSION - 1, &mut rng)).rotated(KeySet::generate(VERSION, &mut rng), 1);
    domain.rodc(RodcSpec::azure_ad_kerberos(RODC, AKS, 1602, keys));
    domain
});

/// The domain and one domain controller.
pub(crate) struct Lab {
    pub(crate) domain: DomainSnapshot,
    pub(crate) dc: DcConfig,
    pub(crate) state: KdcState,
    pub(crate) now: Timestamp,
    pub(crate) rng: ChaCha12Rng,
}

/// A ticket with its session key, as a client holds it.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) ticket: Ticket,
    pub(crate) session: Key,
    pub(crate) cname: PrincipalName,
    pub(crate) part: Option<EncKdcRepPart>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::changed(|_| ())
    }

    /// The lab after an administrator changed the directory.
    pub(crate) fn changed(change: impl FnOnce(&mut DomainBuilder)) -> Self {
        let mut builder = BUILDER.clone();
        change(&mut builder);
        Self {
            domain: builder.build().unwrap(),
            dc: DcConfig::new("DC01"),
            state: KdcState::default(),
            now: MONDAY,
            rng: rng(1),
        }
    }

    pub(crate) fn samba() -> Self {
        Self {
            dc: DcConfig::samba("DC01"),
            ..Self::new()
        }
    }

    pub(crate) fn later(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self
    }

    pub(crate) fn send(&mut self, octets: &[u8]) -> Handled {
        self.send_over(Transport::Tcp, octets)
    }

    pub(crate) fn send_over(&mut self, transport: Transport, octets: &[u8]) -> Handled {
        let dc = match PROFILE.get() {
            Some(profile) => under(&self.dc, profile),
            None => self.dc.clone(),
        };
        handle(
            &self.domain,
            &dc,
            &mut self.state,
            self.now,
            &mut self.rng,
            transport,
            octets,
        )
    }

    pub(crate) fn keys(&self, account: &str) -> KeySet {
        self.domain.account(account).unwrap().keys.current().clone()
    }

    pub(crate) fn rodc_key(&self) -> Key {
        self.rodc_key_of(RODC)
    }

    pub(crate) fn rodc_key_of(&self, number: u16) -> Key {
        self.domain
            .rodc(number)
            .unwrap()
            .krbtgt
            .keys
            .current()
            .key(AES256)
            .unwrap()
            .clone()
    }

    pub(crate) fn krbtgt_key(&self) -> Key {
        self.domain.krbtgt().keys.current().key(AES256).unwrap().clone()
    }

    /// Signs in with a password and gives the TGT.
    pub(crate) fn sign_in(&mut self, user: &str) -> Held {
        let request = AsAsk::new(self, user).request(self);
        let handled = self.send(&request);
        self.read_as(&handled, user)
    }

    /// Opens the reply to a sign-in.
    pub(crate) fn read_as(&self, handled: &Handled, user: &str) -> Held {
        let key = self.keys(user).key(AES256).unwrap().clone();
        let reply = AsRep::decode(&handled.reply).unwrap_or_else(|_| panic!("{}", code(handled)));
        let part = EncKdcRepPart::decode(&reply.enc_part.open(&key, KeyUsage::AS_REP).unwrap()).unwrap();
        Held {
            ticket: reply.ticket,
            session: part.key.to_key().unwrap(),
            cname: reply.cname,
            part: Some(part),
        }
    }

    /// Exchanges, renews or uses a TGT: the reply, or the error.
    pub(crate) fn ask(&mut self, ask: &Ask<'_>) -> Result<Held, ErrorCode> {
        let request = ask.request(self);
        let handled = self.send(&request);
        ask.read(&handled)
    }

    /// Opens a ticket with a key, and its PAC.
    pub(crate) fn open(&self, ticket: &Ticket, key: &Key) -> EncTicketPart {
        EncTicketPart::decode(&ticket.enc_part.open(key, KeyUsage::TICKET).unwrap()).unwrap()
    }
}

thread_local! {
    /// The profile that every domain controller of the thread's tests follows, whatever its own.
    pub(crate) static PROFILE: Cell<Option<Profile>> = const { Cell::new(None) };
}

/// A domain controller's settings under a profile: what differs from its own profile's defaults stays.
fn under(dc: &DcConfig, profile: Profile) -> DcConfig {
    let defaults = |profile| match profile {
        Profile::Windows => DcConfig::new(&dc.name),
        Profile::Samba => DcConfig::samba(&dc.name),
    };
    let (own, other) = (defaults(dc.profile), defaults(profile));
    let mut dc = dc.clone();
    macro_rules! follow {
        ($($setting:ident),+) => {
            $(if dc.$setting == own.$setting {
                dc.$setting = other.$setting;
            })+
        };
    }
    follow!(
        key_list,
        client_addresses,
        old_keys,
        check_transited,
        rodc_minimum_left,
        udp_reply_limit
    );
    dc.profile = profile;
    dc
}

/// The error code of an answer, or that it is none.
pub(crate) fn code(handled: &Handled) -> ErrorCode {
    KrbError::decode(&handled.reply).map_or(ErrorCode::NONE, |error| error.error_code)
}

/// The rule that refused, and its reason.
pub(crate) fn refusal(handled: &Handled) -> (&'static str, String) {
    let last = handled.decisions.last().unwrap();
    assert!(matches!(last.detail, Detail::Refused(_)), "{last}");
    (last.rule.id, last.detail.to_string())
}

/// An AS-REQ to be sent.
pub(crate) struct AsAsk {
    pub(crate) cname: PrincipalName,
    pub(crate) realm: String,
    pub(crate) sname: PrincipalName,
    pub(crate) options: KdcOptions,
    pub(crate) etypes: Vec<i32>,
    pub(crate) till: KerberosTime,
    pub(crate) key: Option<Key>,
    pub(crate) clock: Timestamp,
    pub(crate) padata: MethodData,
    pub(crate) addresses: Option<Vec<HostAddress>>,
}

impl AsAsk {
    /// With the right password, for a TGT.
    pub(crate) fn new(lab: &Lab, user: &str) -> Self {
        Self {
            cname: PrincipalName::principal(user),
            realm: REALM.to_owned(),
            sname: PrincipalName::krbtgt(REALM),
            options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
            etypes: vec![18, 17, 23],
            till: KerberosTime::WINDOWS_FOREVER,
            key: lab
                .domain
                .account(user)
                .and_then(|account| account.keys.current().key(AES256).cloned()),
            clock: lab.now,
            padata: MethodData::default().with(PaDataType::REQ_ENC_PA_REP, Vec::new()),
            addresses: None,
        }
    }

    pub(crate) fn request(&self, lab: &mut Lab) -> Vec<u8> {
        let mut padata = self.padata.clone();
        if let Some(key) = &self.key {
            let timestamp = PaEncTsEnc::from(self.clock).encode();
            let sealed = EncryptedData::seal(key, KeyUsage::PA_ENC_TIMESTAMP, None, &timestamp, &mut lab.rng);
            padata.push(PaDataType::ENC_TIMESTAMP, sealed.encode());
        }
        let mut body = body(&self.realm, self.sname.clone(), self.options, &self.etypes);
        body.cname = Some(self.cname.clone());
        body.till = self.till;
        body.addresses = self.addresses.clone();
        KdcReq::new(KdcReqKind::As, padata, body).encode()
    }
}

fn body(realm: &str, sname: PrincipalName, kdc_options: KdcOptions, etypes: &[i32]) -> KdcReqBody {
    KdcReqBody {
        kdc_options,
        cname: None,
        realm: realm.into(),
        sname: Some(sname),
        from: None,
        till: KerberosTime::WINDOWS_FOREVER,
        rtime: None,
        nonce: UInt32(0x1234_5678),
        etype: etypes.to_vec(),
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    }
}

/// A TGS-REQ to be sent.
#[derive(Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) tgt: &'a Held,
    pub(crate) sname: PrincipalName,
    pub(crate) options: KdcOptions,
    pub(crate) etypes: Vec<i32>,
    pub(crate) till: KerberosTime,
    pub(crate) padata: MethodData,
    pub(crate) checksum: BodyChecksum,
    pub(crate) subkey: Option<Key>,
    /// How far the client's clock is ahead, in microseconds.
    pub(crate) ahead_micros: i64,
    pub(crate) cname: PrincipalName,
    /// The client's realm, for the authenticator.
    pub(crate) crealm: String,
    /// The ticket besides the TGT.
    pub(crate) further: Option<Ticket>,
    pub(crate) addresses: Option<Vec<HostAddress>>,
    /// Authorization data of the authenticator.
    pub(crate) restrictions: Option<AuthorizationData>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyChecksum {
    Right,
    None,
    Wrong,
    Type(i32),
}

impl<'a> Ask<'a> {
    /// For a service.
    pub(crate) fn service(tgt: &'a Held, spn: &str) -> Self {
        Self {
            sname: PrincipalName::parse(spn),
            options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE,
            ..Self::tgt(tgt)
        }
    }

    /// For a TGT: with a partial one, the exchange.
    pub(crate) fn tgt(tgt: &'a Held) -> Self {
        Self {
            tgt,
            sname: PrincipalName::krbtgt(REALM),
            options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
            etypes: vec![18, 23],
            till: KerberosTime::WINDOWS_FOREVER,
            padata: MethodData::default(),
            checksum: BodyChecksum::Right,
            subkey: None,
            ahead_micros: 0,
            cname: tgt.cname.clone(),
            crealm: REALM.to_owned(),
            further: None,
            addresses: None,
            restrictions: None,
        }
    }

    pub(crate) fn renewal(tgt: &'a Held) -> Self {
        Self {
            options: KdcOptions::RENEW,
            ..Self::tgt(tgt)
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn request(&self, lab: &mut Lab) -> Vec<u8> {
        let mut body = body(REALM, self.sname.clone(), self.options, &self.etypes);
        body.till = self.till;
        body.additional_tickets = self.further.clone().map(|ticket| vec![ticket]);
        body.addresses = self.addresses.clone();
        let body_octets = body.encode();
        let checksum = |data: &[u8], kind| Checksum {
            r#type: kind,
            checksum: self
                .tgt
                .session
                .checksum(KeyUsage::TGS_REQ_CHECKSUM, data)
                .as_slice()
                .to_vec()
                .into(),
        };
        let own = self.tgt.session.checksum_type().number();
        let clock = Timestamp(lab.now.0 + self.ahead_micros);
        let authenticator = Authenticator {
            authenticator_vno: Pvno,
            crealm: self.crealm.as_str().into(),
            cname: self.cname.clone(),
            cksum: match self.checksum {
                BodyChecksum::Right => Some(checksum(&body_octets, own)),
                BodyChecksum::Wrong => Some(checksum(b"another body", own)),
                BodyChecksum::Type(kind) => Some(checksum(&body_octets, kind)),
                BodyChecksum::None => None,
            },
            cusec: Microseconds::from(clock),
            ctime: clock.kerberos_time(),
            subkey: self.subkey.as_ref().map(EncryptionKey::from),
            seq_number: None,
            authorization_data: self.restrictions.clone(),
        };
        let usage = KeyUsage::TGS_REQ_AUTHENTICATOR;
        let sealed = EncryptedData::seal(
            &self.tgt.session,
            usage,
            None,
            &authenticator.encode(),
            &mut lab.rng,
        );
        let ap_req = ApReq::new(ApOptions::empty(), self.tgt.ticket.clone(), sealed);
        let mut padata = MethodData::default().with(PaDataType::TGS_REQ, ap_req.encode());
        padata.0.extend(self.padata.0.clone());
        KdcReq::new(KdcReqKind::Tgs, padata, body).encode()
    }

    pub(crate) fn read(&self, handled: &Handled) -> Result<Held, ErrorCode> {
        let Ok(reply) = TgsRep::decode(&handled.reply) else {
            return Err(code(handled));
        };
        let (key, usage) = match &self.subkey {
            Some(subkey) => (subkey, KeyUsage::TGS_REP_SUBKEY),
            None => (&self.tgt.session, KeyUsage::TGS_REP_SESSION_KEY),
        };
        let part = EncKdcRepPart::decode(&reply.enc_part.open(key, usage).unwrap()).unwrap();
        assert_eq!(part.nonce, UInt32(0x1234_5678));
        Ok(Held {
            ticket: reply.ticket,
            session: part.key.to_key().unwrap(),
            cname: reply.cname,
            part: Some(part),
        })
    }
}
/// Names of the groups of an account.
pub(crate) fn groups(lab: &Lab, user: &str) -> Vec<String> {
    let name = |group: &Arc<Group>| group.name.to_string();
    lab.domain
        .account(user)
        .unwrap()
        .token
        .groups
        .iter()
        .map(|entry| name(&entry.group))
        .collect()
}

/// One more bit of userAccountControl.
pub(crate) fn set_control(domain: &mut DomainBuilder, name: &str, control: UserAccountControl) {
    domain.account_mut(name).unwrap().control |= control;
}

/// The domain in which the read-only domain controller may speak for computers, too.
pub(crate) fn allowing_computers() -> DomainSnapshot {
    Lab::changed(|domain| {
        domain
            .rodc_mut(RODC)
            .unwrap()
            .reveal
            .push("Domain Computers".into())
    })
    .domain
}
