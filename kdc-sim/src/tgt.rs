//! Opening what comes with a TGS-REQ: the TGT, its authenticator, and its PAC.

use std::sync::Arc;
use std::time::Duration;

use kerberos::codes::PaDataType;
use kerberos::crypto::{ChecksumType, Etype, Key, KeyUsage, hmac_md5_checksum};
use kerberos::pac::{Pac, PacKeys, PacType, SignatureKind, SignatureSet};
use kerberos::wire::{
    ApReq, Authenticator, AuthorizationData, EncTicketPart, EncryptedData, KdcOptions, KdcReq, Kvno,
    OpenError, SessionKeyError, Ticket, TicketFlags,
};

use crate::config::Profile;
use crate::decision::Detail;
use crate::directory::{KeyRing, KeySet, Rodc, Trust};
use crate::refusal::{Exchange, Refusal, Skew};
use crate::request::Context;
use crate::rules;

/// A TGT that opened, and the proof that its owner sent it.
pub(crate) struct Tgt<'a> {
    pub(crate) part: EncTicketPart,
    /// Who issued it.
    pub(crate) issuer: Issuer,
    /// The key that opened it.
    pub(crate) key: &'a Key,
    /// The keys of the same version.
    pub(crate) set: &'a KeySet,
    pub(crate) session: Key,
    /// The subkey of the authenticator.
    pub(crate) subkey: Option<Key>,
    /// Authorization data of the authenticator.
    pub(crate) restrictions: Option<AuthorizationData>,
}

/// Whose krbtgt key a TGT is sealed with.
#[derive(Clone)]
pub(crate) enum Issuer {
    /// A writable domain controller of this domain: a full TGT.
    Domain,
    /// A read-only one: a partial TGT.
    Rodc(Arc<Rodc>),
    /// Another realm: a referral TGT.
    Trust(Arc<Trust>),
}

impl Tgt<'_> {
    /// The key for the reply and its purpose: the subkey if there is one.
    pub(crate) fn reply_key(&self) -> (&Key, KeyUsage) {
        match &self.subkey {
            Some(subkey) => (subkey, KeyUsage::TGS_REP_SUBKEY),
            None => (&self.session, KeyUsage::TGS_REP_SESSION_KEY),
        }
    }

    pub(crate) fn rodc(&self) -> Option<&Arc<Rodc>> {
        match &self.issuer {
            Issuer::Domain | Issuer::Trust(_) => None,
            Issuer::Rodc(rodc) => Some(rodc),
        }
    }

    /// Takes over what an authenticator brings.
    fn prove(&mut self, authenticator: Authenticator) -> Result<(), Refusal> {
        let subkey = authenticator.subkey.as_ref().map(|key| key.to_key());
        self.subkey = subkey.transpose().map_err(Refusal::BadSessionKey)?;
        self.restrictions = authenticator.authorization_data;
        Ok(())
    }

    /// The keys of whoever issued it: present ones first, then kept earlier ones.
    pub(crate) fn issuer_keys<'s>(&'s self, context: &'s Context<'_>) -> impl Iterator<Item = &'s KeySet> {
        let ring = match &self.issuer {
            Issuer::Rodc(rodc) => &rodc.krbtgt.keys,
            Issuer::Domain | Issuer::Trust(_) => match context.own_rodc() {
                Some(rodc) => &rodc.krbtgt.keys,
                None => &context.domain.krbtgt().keys,
            },
        };
        ring.sets().take(1 + context.dc.old_keys)
    }

    /// The trust over which the client came.
    pub(crate) fn trust(&self) -> Option<&Arc<Trust>> {
        match &self.issuer {
            Issuer::Trust(trust) => Some(trust),
            Issuer::Domain | Issuer::Rodc(_) => None,
        }
    }
}

/// Opens the TGT of a request and checks that its owner sent the request, now, for the first time.
pub(crate) fn open<'a>(context: &mut Context<'a>, request: &KdcReq) -> Result<Tgt<'a>, Refusal> {
    let value = request
        .padata
        .find(PaDataType::TGS_REQ)
        .ok_or(Refusal::TgtMissing)?;
    let ap_req = ApReq::decode(value).map_err(|error| Refusal::Malformed(Box::new(error)))?;
    let mut tgt = open_unproved(context, &ap_req.ticket, request.body().kdc_options)?;
    let usage = KeyUsage::TGS_REQ_AUTHENTICATOR;
    let authenticator = open_authenticator(context, &ap_req.authenticator, &tgt, usage)?;
    let sealed = &ap_req.authenticator;
    if !context.state.replay.is_new(tgt.session.etype(), &sealed.cipher) {
        return Err(Refusal::AuthenticatorRepeated);
    }
    check_body(context, &authenticator, &tgt.session, request)?;
    tgt.prove(authenticator)?;
    context.accepted = Some(ap_req.authenticator);
    Ok(tgt)
}

/// Opens the TGT that armors a request. A client may use the same authenticator for all requests of one exchange.
pub(crate) fn open_armor<'a>(context: &mut Context<'a>, ap_req: &ApReq) -> Result<Tgt<'a>, Refusal> {
    let mut tgt = open_unproved(context, &ap_req.ticket, KdcOptions::empty())?;
    let usage = KeyUsage::AP_REQ_AUTHENTICATOR;
    let authenticator = open_authenticator(context, &ap_req.authenticator, &tgt, usage)?;
    tgt.prove(authenticator)?;
    Ok(tgt)
}

/// Opens a TGT that comes without a proof, as the further ticket of a user-to-user request does.
pub(crate) fn open_unproved<'a>(
    context: &mut Context<'a>,
    ticket: &Ticket,
    options: KdcOptions,
) -> Result<Tgt<'a>, Refusal> {
    let opened = open_ticket(context, ticket)?;
    let part =
        EncTicketPart::decode(&opened.plaintext).map_err(|error| Refusal::Malformed(Box::new(error)))?;
    check_times(context, &part, options)?;
    let session = part.key.to_key().map_err(Refusal::BadSessionKey)?;
    Ok(Tgt {
        part,
        issuer: opened.issuer,
        key: opened.key,
        set: opened.set,
        session,
        subkey: None,
        restrictions: None,
    })
}

struct Opened<'a> {
    issuer: Issuer,
    set: &'a KeySet,
    key: &'a Key,
    plaintext: Vec<u8>,
}

/// Picks the key by the upper half of kvno, then by its lower half (MS-KILE section 3.1.5.8).
fn open_ticket<'a>(context: &mut Context<'a>, ticket: &Ticket) -> Result<Opened<'a>, Refusal> {
    let domain = context.domain;
    let others = || Refusal::TicketForOthers {
        sname: Box::new(ticket.sname.clone()),
        realm: ticket.realm.clone(),
    };
    let target = ticket.sname.krbtgt_realm().ok_or_else(others)?;
    if !domain.is_own_realm(target) {
        return Err(others());
    }
    let kvno = ticket.enc_part.kvno;
    let etype = ticket
        .enc_part
        .known_etype()
        .ok_or(Refusal::BadSessionKey(SessionKeyError::Etype(
            ticket.enc_part.etype,
        )))?;
    let numbered = kvno.filter(|kvno| kvno.rodc_number() != 0);
    if let Some(rodc) = context.own_rodc() {
        if numbered.map(Kvno::rodc_number) == Some(rodc.number) && domain.is_own_realm(&ticket.realm) {
            return open_own(context, &rodc.krbtgt.keys, kvno, etype, &ticket.enc_part);
        }
        if numbered.is_none() {
            // sealed with keys that only writable domain controllers hold
            return Err(Refusal::SecretsElsewhere {
                account: None,
                exchange: Exchange::Tgs,
            });
        }
    }
    if !domain.is_own_realm(&ticket.realm) {
        let trust = domain.trust(&ticket.realm).ok_or_else(others)?;
        let ring = trust.spec.outgoing.as_ref().ok_or_else(others)?;
        return open_referral(context, trust, ring, etype, &ticket.enc_part);
    }
    let Some(numbered) = numbered else {
        return open_own(context, &domain.krbtgt().keys, kvno, etype, &ticket.enc_part);
    };
    if !context.dc.writable {
        return Err(Refusal::RodcNotWritable);
    }
    let rodc = domain
        .rodc(numbered.rodc_number())
        .ok_or(Refusal::RodcUnknown { kvno: numbered })?;
    context.passed(
        &rules::TGS_RODC_KNOWN,
        Detail::Rodc {
            rodc: rodc.clone(),
            kvno: numbered,
        },
    );
    let (set, key, plaintext) = try_keys(context, &rodc.krbtgt.keys, kvno, etype, &ticket.enc_part)?
        .map_err(|error| Refusal::RodcKey {
            rodc: rodc.clone(),
            kvno: numbered,
            error,
        })?;
    context.passed(
        &rules::TGS_RODC_KEY,
        Detail::RodcKey {
            rodc: rodc.clone(),
            version: set.version,
            kvno: numbered,
        },
    );
    Ok(Opened {
        issuer: Issuer::Rodc(rodc.clone()),
        set,
        key,
        plaintext,
    })
}

/// Opens a TGT that this domain controller could have issued itself.
fn open_own<'a>(
    context: &mut Context<'a>,
    ring: &'a KeyRing,
    kvno: Option<Kvno>,
    etype: Etype,
    sealed: &EncryptedData,
) -> Result<Opened<'a>, Refusal> {
    let (set, key, plaintext) =
        try_keys(context, ring, kvno, etype, sealed)?.map_err(|error| Refusal::TicketKey { kvno, error })?;
    context.passed(
        &rules::TGS_TICKET_KEY,
        Detail::TicketKey {
            version: set.version,
            etype,
        },
    );
    Ok(Opened {
        issuer: Issuer::Domain,
        set,
        key,
        plaintext,
    })
}

/// Opens a TGT of another realm with the keys of the trust.
fn open_referral<'a>(
    context: &mut Context<'a>,
    trust: &'a Arc<Trust>,
    ring: &'a KeyRing,
    etype: Etype,
    sealed: &EncryptedData,
) -> Result<Opened<'a>, Refusal> {
    let refused = |error| Refusal::TrustKey {
        trust: trust.clone(),
        error,
    };
    let (set, key, plaintext) = try_keys(context, ring, sealed.kvno, etype, sealed)?.map_err(refused)?;
    context.passed(
        &rules::TGS_TRUST_KEY,
        Detail::TrustKey {
            trust: trust.clone(),
            version: set.version,
        },
    );
    Ok(Opened {
        issuer: Issuer::Trust(trust.clone()),
        set,
        key,
        plaintext,
    })
}

type Attempt<'a> = Result<(&'a KeySet, &'a Key, Vec<u8>), OpenError>;

/// Tries the key of the version first that is asked for, then the present one, then earlier ones. The Samba profile
/// takes no other version than that asked for. A version of 0 asks for any.
fn try_keys<'a>(
    context: &Context<'_>,
    ring: &'a KeyRing,
    kvno: Option<Kvno>,
    etype: Etype,
    sealed: &EncryptedData,
) -> Result<Attempt<'a>, Refusal> {
    let version = kvno.map_or(0, Kvno::version);
    let matches = |set: &&KeySet| version == 0 || set.version & 0xFFFF == u32::from(version);
    let kept = || ring.sets().take(1 + context.dc.old_keys);
    let others = kept().filter(|set| !matches(set) && context.dc.profile == Profile::Windows);
    let candidates = kept()
        .filter(matches)
        .chain(others)
        .filter_map(|set| Some((set, set.key(etype)?)));
    let mut last = None;
    for (set, key) in candidates {
        match sealed.open(key, KeyUsage::TICKET) {
            Ok(plaintext) => return Ok(Ok((set, key, plaintext))),
            Err(error) => last = Some(error),
        }
    }
    match (last, kvno) {
        (Some(error), _) => Ok(Err(error)),
        (None, Some(kvno)) => Err(Refusal::TicketKeyVersion { kvno }),
        (None, None) => Err(Refusal::BadSessionKey(SessionKeyError::Etype(sealed.etype))),
    }
}

/// The start is taken within the skew (RFC 4120 section 3.2.3). The end is not: no ticket could be issued that ends later.
pub(crate) fn check_times(
    context: &Context<'_>,
    part: &EncTicketPart,
    options: KdcOptions,
) -> Result<(), Refusal> {
    let (now, skew) = (context.now, context.dc.max_skew);
    let starttime = part.valid_from();
    let invalid = part.flags.contains(TicketFlags::INVALID) && !options.contains(KdcOptions::VALIDATE);
    if invalid || starttime.timestamp() > now + skew {
        return Err(Refusal::TicketNotYetValid { starttime, now });
    }
    if part.endtime.timestamp() <= now {
        return Err(Refusal::TicketEnded {
            endtime: part.endtime,
            now,
        });
    }
    Ok(())
}

fn open_authenticator(
    context: &Context<'_>,
    sealed: &EncryptedData,
    tgt: &Tgt<'_>,
    usage: KeyUsage,
) -> Result<Authenticator, Refusal> {
    let part = &tgt.part;
    let plaintext = sealed
        .open(&tgt.session, usage)
        .map_err(Refusal::AuthenticatorKey)?;
    let authenticator =
        Authenticator::decode(&plaintext).map_err(|error| Refusal::Malformed(Box::new(error)))?;
    if !authenticator.cname.same_name(&part.cname) || authenticator.crealm != part.crealm {
        return Err(Refusal::AuthenticatorClient {
            ticket: Box::new(part.cname.clone()),
            authenticator: Box::new(authenticator.cname),
        });
    }
    let client = authenticator.ctime.timestamp() + Duration::from_micros(authenticator.cusec.get().into());
    Skew::check(client, context.now, context.dc.max_skew).map_err(Refusal::AuthenticatorSkew)?;
    Ok(authenticator)
}

/// The checksum over the body of the request: Windows does without, but not with a wrong one.
fn check_body(
    context: &Context<'_>,
    authenticator: &Authenticator,
    session: &Key,
    request: &KdcReq,
) -> Result<(), Refusal> {
    let Some(checksum) = &authenticator.cksum else {
        return if context.dc.profile == Profile::Samba {
            Err(Refusal::BodyChecksumMissing)
        } else {
            Ok(())
        };
    };
    let body = request.body_octets();
    if checksum.r#type == session.checksum_type().number() {
        session
            .verify_checksum(KeyUsage::TGS_REQ_CHECKSUM, body, &checksum.checksum)
            .map_err(Refusal::BodyChecksumWrong)
    } else if checksum.r#type == ChecksumType::HmacMd5.number() {
        // keyed as well, and what some clients use with a key of any type
        let expected = hmac_md5_checksum(session.expose(), KeyUsage::TGS_REQ_CHECKSUM, body);
        if same_octets(&expected, &checksum.checksum) {
            Ok(())
        } else {
            let (checksum_type, usage) = (ChecksumType::HmacMd5, KeyUsage::TGS_REQ_CHECKSUM);
            Err(Refusal::BodyChecksumWrong(
                kerberos::crypto::CryptoError::ChecksumMismatch { checksum_type, usage },
            ))
        }
    } else {
        Err(Refusal::BodyChecksumType {
            came: checksum.r#type,
        })
    }
}

/// Compares in a time that does not tell where the first difference is.
pub(crate) fn same_octets(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// Verifies the PAC of a TGT: complete, and signed by who issued the TGT.
pub(crate) fn verify_pac<'p>(
    context: &mut Context<'_>,
    tgt: &Tgt<'_>,
    octets: &'p [u8],
) -> Result<Pac<'p>, Refusal> {
    let pac = Pac::parse(octets).map_err(|error| Refusal::BadPac(Box::new(error.into())))?;
    let needed = [
        PacType::LOGON_INFO,
        PacType::CLIENT_INFO,
        PacType::SERVER_CHECKSUM,
        PacType::KDC_CHECKSUM,
    ];
    if let Some(missing) = needed.into_iter().find(|kind| pac.buffer(*kind).is_none()) {
        return Err(Refusal::PacIncomplete { missing });
    }
    let bad = |error| Refusal::BadPacSignature(Box::new(error));
    // nobody here knows the key that made the KDC signature of another realm
    if tgt.trust().is_some() || (tgt.rodc().is_some() && context.dc.profile == Profile::Samba) {
        pac.verify_server(tgt.key).map_err(bad)?;
        return Ok(pac);
    }
    // the KDC signature may be of another type than the ticket: its own type says which key of the same version made it
    let signature = pac.signature(SignatureKind::Kdc).map_err(bad)?;
    let keys = PacKeys {
        server: tgt.key,
        kdc: signing_key(tgt.set, signature.checksum_type).unwrap_or(tgt.key),
        rodc_identifier: tgt.rodc().map(|rodc| rodc.number).or(context.dc.rodc),
    };
    pac.verify(&keys, &SignatureSet::TGT).map_err(bad)?;
    Ok(pac)
}

/// The key that makes checksums of a type.
pub(crate) fn signing_key(set: &KeySet, checksum_type: i32) -> Option<&Key> {
    let etype = match ChecksumType::from_number(checksum_type)? {
        ChecksumType::HmacSha196Aes256 => Etype::Aes256CtsHmacSha196,
        ChecksumType::HmacSha196Aes128 => Etype::Aes128CtsHmacSha196,
        ChecksumType::HmacMd5 => Etype::Rc4Hmac,
    };
    set.key(etype)
}
