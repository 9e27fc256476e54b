//! TGS-REQ and AS-REQ as Windows writes them, and their replies: octets in, tickets out.

use std::sync::Arc;

use kerberos::codes::PaDataType;
use kerberos::crypto::{DEFAULT_ITERATIONS, Etype, Key, KeyUsage, hmac_md5_checksum, nt_hash, string_to_key};
use kerberos::wire::{
    ApOptions, ApReq, AsRep, Authenticator, Checksum, EncKdcRepPart, EncryptedData, EncryptionKey,
    EtypeInfo2, EtypeInfo2Entry, HostAddress, KdcOptions, KdcReq, KdcReqBody, KdcReqKind, KerberosText,
    KeyListRep, KeyListReq, MethodData, PaEncTsEnc, PaForUser, PaPacOptions, PaPacRequest, PacOptions,
    PrincipalName, Pvno, Realm, TgsRep, Ticket, UInt32,
};
use kerberos::{KerberosTime, Timestamp};
use rand::CryptoRng;

use crate::config::KerberosSettings;
use crate::error::AnswerFault;
use crate::state::Password;
use crate::tickets::{KdcCalled, TicketRecord};

/// Options of an ordinary request (0x40810000).
pub const ORDINARY: KdcOptions = KdcOptions::FORWARDABLE
    .union(KdcOptions::RENEWABLE)
    .union(KdcOptions::CANONICALIZE);

/// A request for a ticket with a TGT.
pub(crate) struct TgsRequest<'a> {
    pub(crate) tgt: &'a TicketRecord,
    /// The realm whose KDC is asked.
    pub(crate) realm: Realm,
    pub(crate) server: &'a PrincipalName,
    pub(crate) options: KdcOptions,
    /// Ask for the client's long-term keys of these encryption types.
    pub(crate) key_list: Option<&'a [i32]>,
    /// Ask in a user's name.
    pub(crate) delegation: Option<Delegation<'a>>,
}

/// In whose name a service asks (MS-SFU).
#[derive(Clone, Copy)]
pub(crate) enum Delegation<'a> {
    /// S4U2Self: a user by name.
    ToSelf(&'a PrincipalName, &'a Realm),
    /// S4U2Proxy: the user of a ticket to the service itself.
    ToOther(&'a Ticket),
}

impl Delegation<'_> {
    fn evidence(self) -> Option<Vec<Ticket>> {
        match self {
            Self::ToSelf(..) => None,
            Self::ToOther(ticket) => Some(vec![ticket.clone()]),
        }
    }

    /// PA-FOR-USER, which S4U2Self needs.
    fn for_user(self, key: &Key) -> Option<Vec<u8>> {
        const HMAC_MD5: i32 = -138;
        let Self::ToSelf(user, realm) = self else {
            return None;
        };
        let package = KerberosText::from("Kerberos");
        let input = PaForUser::checksum_input(user, realm, &package);
        let checksum = hmac_md5_checksum(key.expose(), KeyUsage::PA_FOR_USER, &input);
        let for_user = PaForUser {
            user_name: user.clone(),
            user_realm: realm.clone(),
            cksum: Checksum {
                r#type: HMAC_MD5,
                checksum: checksum.to_vec().into(),
            },
            auth_package: package,
        };
        Some(for_user.encode())
    }
}

/// What the reply to a request must fit.
pub(crate) struct Pending {
    client: Option<(Realm, PrincipalName)>,
    nonce: UInt32,
    key: Key,
    usage: KeyUsage,
}

impl TgsRequest<'_> {
    /// The octets of the request.
    pub(crate) fn encode(
        &self,
        settings: &KerberosSettings,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Vec<u8>, Pending) {
        let nonce = nonce(rng);
        let body = KdcReqBody {
            kdc_options: self.options,
            cname: None,
            realm: self.realm.clone(),
            sname: Some(self.server.clone()),
            from: None,
            till: KerberosTime::WINDOWS_FOREVER,
            rtime: None,
            nonce,
            etype: settings.etypes.clone(),
            addresses: None,
            enc_authorization_data: None,
            additional_tickets: self.delegation.and_then(Delegation::evidence),
        };
        let mut request = KdcReq::new(KdcReqKind::Tgs, MethodData::default(), body);
        let session_key = &self.tgt.session_key;
        let subkey = settings.subkey.then(|| Key::generate(session_key.etype(), rng));
        let checksum = session_key.checksum(KeyUsage::TGS_REQ_CHECKSUM, request.body_octets());
        let authenticator = Authenticator {
            authenticator_vno: Pvno,
            crealm: self.tgt.client_realm.clone(),
            cname: self.tgt.client.clone(),
            cksum: Some(Checksum {
                r#type: session_key.checksum_type().number(),
                checksum: checksum.as_slice().to_vec().into(),
            }),
            cusec: now.into(),
            ctime: now.kerberos_time(),
            subkey: subkey.as_ref().map(EncryptionKey::from),
            seq_number: Some(UInt32(rng.next_u32() >> 1)),
            authorization_data: None,
        };
        let sealed = EncryptedData::seal(
            session_key,
            KeyUsage::TGS_REQ_AUTHENTICATOR,
            None,
            &authenticator.encode(),
            rng,
        );
        let ap_req = ApReq::new(ApOptions::empty(), self.tgt.ticket.clone(), sealed);
        request.padata.push(PaDataType::TGS_REQ, ap_req.encode());
        if let Some(etypes) = self.key_list {
            request.padata.push(
                PaDataType::KERB_KEY_LIST_REQ,
                KeyListReq(etypes.to_vec()).encode(),
            );
        }
        if let Some(value) = self.delegation.and_then(|asked| asked.for_user(session_key)) {
            request.padata.push(PaDataType::FOR_USER, value);
        }
        let options = PaPacOptions {
            options: match self.delegation {
                None => PacOptions::BRANCH_AWARE,
                Some(_) => PacOptions::BRANCH_AWARE | PacOptions::RESOURCE_BASED_CONSTRAINED_DELEGATION,
            },
        };
        request.padata.push(PaDataType::PAC_OPTIONS, options.encode());
        let (key, usage) = match subkey {
            Some(key) => (key, KeyUsage::TGS_REP_SUBKEY),
            None => (session_key.clone(), KeyUsage::TGS_REP_SESSION_KEY),
        };
        // in a user's name: the KDC says by which
        let own = || (self.tgt.client_realm.clone(), self.tgt.client.clone());
        let client = self.delegation.is_none().then(own);
        let pending = Pending {
            client,
            nonce,
            key,
            usage,
        };
        (request.encode(), pending)
    }
}

/// A ticket, and the long-term key that came with it.
pub(crate) struct Received {
    pub(crate) ticket: TicketRecord,
    /// The first key of a key list that NTLM can use.
    pub(crate) ntlm_key: Option<Key>,
}

impl Pending {
    /// Reads the reply to a TGS-REQ.
    pub(crate) fn read_tgs_reply(&self, octets: &[u8], host: &Arc<str>) -> Result<Received, AnswerFault> {
        let reply = TgsRep::decode(octets)?;
        let part = self.open(&reply.enc_part)?;
        let ntlm_key = match key_list(&part) {
            Some(octets) => ntlm_key(&KeyListRep::decode(octets)?),
            None => None,
        };
        self.expect_client(&reply.crealm, &reply.cname)?;
        let ticket = record(reply.crealm, reply.cname, reply.ticket, part, host)?;
        Ok(Received { ticket, ntlm_key })
    }

    /// The client's name stands in clear in a reply: it must be the one that asked (RFC 4120 section 3.3.4).
    fn expect_client(&self, realm: &Realm, name: &PrincipalName) -> Result<(), AnswerFault> {
        match &self.client {
            Some((own_realm, own)) if own_realm != realm || !own.same_name(name) => Err(AnswerFault::Name {
                expected: format!("{own}@{own_realm}").into(),
                found: format!("{name}@{realm}").into(),
            }),
            _ => Ok(()),
        }
    }

    fn open(&self, sealed: &EncryptedData) -> Result<EncKdcRepPart, AnswerFault> {
        let part = EncKdcRepPart::decode(&sealed.open(&self.key, self.usage)?)?;
        if part.nonce != self.nonce {
            return Err(AnswerFault::Nonce);
        }
        Ok(part)
    }
}

fn key_list(part: &EncKdcRepPart) -> Option<&[u8]> {
    let list = part
        .encrypted_pa_data
        .as_ref()?
        .find(PaDataType::KERB_KEY_LIST_REP)?;
    Some(list)
}

fn ntlm_key(list: &KeyListRep) -> Option<Key> {
    list.0
        .iter()
        .filter_map(|key| key.to_key().ok())
        .find(|key| key.etype() == Etype::Rc4Hmac)
}

fn record(
    client_realm: Realm,
    client: PrincipalName,
    ticket: Ticket,
    part: EncKdcRepPart,
    host: &Arc<str>,
) -> Result<TicketRecord, AnswerFault> {
    Ok(TicketRecord {
        client,
        client_realm,
        server: part.sname,
        server_realm: part.srealm,
        ticket,
        session_key: part.key.to_key()?,
        flags: part.flags,
        authtime: part.authtime,
        start: part.starttime.unwrap_or(part.authtime),
        end: part.endtime,
        renew_till: part.renew_till,
        cache_flags: 0,
        kdc: KdcCalled::Host(Arc::clone(host)),
    })
}

/// A machine as a host address (RFC 4120 section 7.5.3): its NetBIOS name, filled up with spaces to 16 octets.
fn netbios_address(name: &str) -> HostAddress {
    const NETBIOS: i32 = 20;
    let padded = format!("{:<16}", name.to_uppercase());
    HostAddress {
        addr_type: NETBIOS,
        address: padded.into_bytes().into(),
    }
}

/// A request for a TGT with a password.
pub(crate) struct AsRequest<'a> {
    /// The user, as typed.
    pub(crate) upn: &'a str,
    pub(crate) realm: Realm,
    pub(crate) password: &'a Password,
    /// The NetBIOS name of the device, which an account may be kept to.
    pub(crate) workstation: &'a str,
}

impl AsRequest<'_> {
    /// The octets of the request; with a time stamp under the user's key once the KDC said how to make that key.
    pub(crate) fn encode(
        &self,
        settings: &KerberosSettings,
        key: Option<&Key>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Vec<u8>, UInt32) {
        encode_as_request((self.upn, self.workstation), &self.realm, settings, key, now, rng)
    }

    /// The user's key, as the error data of PREAUTH_REQUIRED say how to make it.
    pub(crate) fn key(&self, settings: &KerberosSettings, method_data: &[u8]) -> Result<Key, AnswerFault> {
        let methods = MethodData::decode(method_data)?;
        let info = match methods.find(PaDataType::ETYPE_INFO2) {
            Some(octets) => EtypeInfo2::decode(octets)?,
            None => EtypeInfo2::default(),
        };
        let entry = settings
            .etypes
            .iter()
            .find_map(|etype| info.0.iter().find(|entry| entry.etype == *etype));
        entry
            .and_then(|entry| self.key_from(entry))
            .ok_or(AnswerFault::NoCommonEtype)
    }

    fn key_from(&self, entry: &EtypeInfo2Entry) -> Option<Key> {
        let etype = Etype::from_number(entry.etype)?;
        if etype == Etype::Rc4Hmac {
            return Some(nt_hash(self.password.expose()));
        }
        let iterations = match entry.s2kparams.as_deref() {
            None => DEFAULT_ITERATIONS,
            Some(octets) => u32::from_be_bytes(octets.try_into().ok()?),
        };
        // a KDC must not be able to keep the device busy for minutes
        const ITERATIONS_MAX: u32 = 1 << 20;
        if iterations == 0 || iterations > ITERATIONS_MAX {
            return None;
        }
        let salt = entry.salt.as_ref().map(|salt| salt.to_text()).unwrap_or_default();
        Some(string_to_key(etype, self.password.expose(), &salt, iterations))
    }
}

/// A request for a TGT by an enterprise name, from a machine; with a time stamp under `key`.
pub(crate) fn encode_as_request(
    (name, workstation): (&str, &str),
    realm: &Realm,
    settings: &KerberosSettings,
    key: Option<&Key>,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
) -> (Vec<u8>, UInt32) {
    let nonce = nonce(rng);
    let body = KdcReqBody {
        kdc_options: ORDINARY | KdcOptions::RENEWABLE_OK,
        cname: Some(PrincipalName::enterprise(name)),
        realm: realm.clone(),
        sname: Some(PrincipalName::krbtgt(realm.clone())),
        from: None,
        till: KerberosTime::WINDOWS_FOREVER,
        rtime: Some(KerberosTime::WINDOWS_FOREVER),
        nonce,
        etype: settings.etypes.clone(),
        addresses: Some(vec![netbios_address(workstation)]),
        enc_authorization_data: None,
        additional_tickets: None,
    };
    let mut padata = MethodData::default();
    if let Some(key) = key {
        let stamp = PaEncTsEnc::from(now).encode();
        let sealed = EncryptedData::seal(key, KeyUsage::PA_ENC_TIMESTAMP, None, &stamp, rng);
        padata.push(PaDataType::ENC_TIMESTAMP, sealed.encode());
    }
    padata.push(
        PaDataType::PAC_REQUEST,
        PaPacRequest { include_pac: true }.encode(),
    );
    (KdcReq::new(KdcReqKind::As, padata, body).encode(), nonce)
}

/// Reads the reply to an AS-REQ.
pub(crate) fn read_as_reply(
    octets: &[u8],
    key: &Key,
    nonce: UInt32,
    host: &Arc<str>,
) -> Result<TicketRecord, AnswerFault> {
    let reply = AsRep::decode(octets)?;
    let pending = Pending {
        // the KDC may tell the account's own name for the one that was typed
        client: None,
        nonce,
        key: key.clone(),
        usage: KeyUsage::AS_REP,
    };
    let part = pending.open(&reply.enc_part)?;
    record(reply.crealm, reply.cname, reply.ticket, part, host)
}

/// A nonce of 31 bits: not every KDC reads the 32nd.
fn nonce(rng: &mut dyn CryptoRng) -> UInt32 {
    UInt32(rng.next_u32() >> 1)
}
