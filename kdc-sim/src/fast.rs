//! FAST: requests and replies within armor (RFC 6113 section 5.4, MS-KILE section 3.3.5.1). What a domain controller
//! makes of it is [`Armoring`]; where it is off, PA-FX-FAST is passed over as any data that nobody knows.

use std::sync::Arc;

use kerberos::codes::{AdType, PaDataType};
use kerberos::crypto::{Key, KeyUsage, prf};
use kerberos::wire::{
    ApReq, AuthorizationData, Checksum, EncryptedData, EncryptionKey, FastArmor, FastArmoredRep,
    FastArmoredReq, FastFinished, FastOptions, FastReq, FastResponse, KdcReq, KdcReqKind, KrbError,
    MethodData, NameType, OctetString, PaEncTsEnc, PaFxFastReply, PaFxFastRequest, PrincipalName, Realm,
    Ticket, UInt32,
};

use crate::config::{Armoring, Profile};
use crate::decision::Detail;
use crate::directory::{Account, KeySet};
use crate::identity::identify;
use crate::refusal::{ArmorRefusal, ErrorData, Exchange, Refusal};
use crate::request::Context;
use crate::rules;
use crate::tgt::{self, Tgt};

/// The armor of the request that is served: what its reply, or its error, goes into.
pub(crate) struct Armor {
    key: Key,
    /// The nonce of the request within.
    nonce: UInt32,
    hide_client: bool,
    /// PA-PAC-OPTIONS of a TGS-REQ, which an error repeats.
    pac_options: Option<OctetString>,
    /// Whose TGT an AS-REQ is armored with.
    device: Option<Arc<Account>>,
}

/// The request within the armor of an AS-REQ, if there is one.
pub(crate) fn open_as(context: &mut Context<'_>, outer: &KdcReq) -> Result<Option<KdcReq>, Refusal> {
    let Some(armored) = armored_request(context, outer)? else {
        return Ok(None);
    };
    let armor = armored.armor.as_ref().ok_or(ArmorRefusal::Missing)?;
    let (key, device) = explicit_key(context, armor)?;
    let request = open_request(context, outer.kind, key, &armored, outer.body_octets())?;
    if let Some(armor) = &mut context.armor {
        armor.device = Some(device);
    }
    Ok(Some(request))
}

/// The request within the armor of a TGS-REQ, if there is one. The TGT of the request is its armor; an armor of its own
/// goes into the key as well. A compound identity, which is what that is for, is not made.
pub(crate) fn open_tgs(
    context: &mut Context<'_>,
    outer: &KdcReq,
    tgt: &Tgt<'_>,
) -> Result<Option<KdcReq>, Refusal> {
    if context.dc.armoring == Armoring::Off {
        return Ok(None);
    }
    let says = |data: &Option<AuthorizationData>, kind: AdType| {
        let listed = |data: &AuthorizationData| data.0.iter().any(|element| element.r#type == kind.number());
        data.as_ref().is_some_and(listed)
    };
    if says(&tgt.restrictions, AdType::FX_ARMOR) || says(&tgt.part.authorization_data, AdType::FX_ARMOR) {
        return Err(ArmorRefusal::ForArmorOnly.into());
    }
    let Some(armored) = armored_request(context, outer)? else {
        let used = says(&tgt.restrictions, AdType::FX_FAST_USED);
        return if used {
            Err(ArmorRefusal::NotUsed.into())
        } else {
            Ok(None)
        };
    };
    let implicit = armor_key(tgt)?;
    let key = match (&armored.armor, &tgt.subkey) {
        (Some(armor), Some(subkey)) => {
            let (explicit, _) = explicit_key(context, armor)?;
            prf::cf2(&explicit, subkey, b"explicitarmor", b"tgsarmor")
        }
        _ => implicit,
    };
    let signed = outer
        .padata
        .find(PaDataType::TGS_REQ)
        .ok_or(Refusal::TgtMissing)?;
    open_request(context, outer.kind, key, &armored, signed).map(Some)
}

fn armored_request(context: &Context<'_>, outer: &KdcReq) -> Result<Option<FastArmoredReq>, Refusal> {
    if context.dc.armoring == Armoring::Off {
        return Ok(None);
    }
    let value = outer.padata.find(PaDataType::FX_FAST);
    let request = value.map(|value| PaFxFastRequest::decode(value)).transpose();
    let request = request.map_err(|error| Refusal::Malformed(Box::new(error)))?;
    Ok(request.map(|PaFxFastRequest::Armored(armored)| armored))
}

/// The key of an armor of its own, and whose it is: an AP-REQ with a TGT that has to pass every check of a TGT.
fn explicit_key(context: &mut Context<'_>, armor: &FastArmor) -> Result<(Key, Arc<Account>), Refusal> {
    const AP_REQUEST: i32 = 1;
    if armor.armor_type != AP_REQUEST {
        let came = armor.armor_type;
        return Err(ArmorRefusal::Kind { came }.into());
    }
    let ap_req = ApReq::decode(&armor.armor_value).map_err(|error| Refusal::Malformed(Box::new(error)))?;
    let tgt = tgt::open_armor(context, &ap_req)?;
    let pac = tgt.part.pac();
    let pac = pac
        .as_ref()
        .map(|octets| tgt::verify_pac(context, &tgt, octets))
        .transpose()?;
    let identity = identify(context, &tgt, pac)?;
    Ok((armor_key(&tgt)?, identity.account))
}

fn armor_key(tgt: &Tgt<'_>) -> Result<Key, Refusal> {
    let subkey = tgt.subkey.as_ref().ok_or(ArmorRefusal::SubkeyMissing)?;
    Ok(prf::cf2(subkey, &tgt.session, b"subkeyarmor", b"ticketarmor"))
}

/// Opens the armored request. From here on everything that is answered goes within the armor.
fn open_request(
    context: &mut Context<'_>,
    kind: KdcReqKind,
    key: Key,
    armored: &FastArmoredReq,
    signed: &[u8],
) -> Result<KdcReq, Refusal> {
    let plaintext = armored
        .enc_fast_req
        .open(&key, KeyUsage::FAST_ENC)
        .map_err(ArmorRefusal::RequestKey)?;
    let request = FastReq::decode(&plaintext).map_err(|error| Refusal::Malformed(Box::new(error)))?;
    let checksum = &armored.req_checksum;
    if checksum.r#type != key.checksum_type().number() {
        let came = checksum.r#type;
        return Err(ArmorRefusal::ChecksumType { came }.into());
    }
    key.verify_checksum(KeyUsage::FAST_REQ_CHECKSUM, signed, &checksum.checksum)
        .map_err(ArmorRefusal::Checksum)?;
    let unknown = request.fast_options & CRITICAL;
    if !unknown.is_empty() && context.dc.profile == Profile::Samba {
        return Err(ArmorRefusal::Options { options: unknown }.into());
    }
    context
        .trail
        .noted(&rules::FAST, Detail::Armored { etype: key.etype() });
    let pac_options = request.padata.find(PaDataType::PAC_OPTIONS).cloned();
    context.armor = Some(Armor {
        key,
        nonce: request.req_body.nonce,
        hide_client: request.fast_options.contains(FastOptions::HIDE_CLIENT_NAMES),
        pac_options: pac_options.filter(|_| kind == KdcReqKind::Tgs),
        device: None,
    });
    Ok(KdcReq::new(kind, request.padata, request.req_body))
}

/// Options that have to be understood, less the one that is.
const CRITICAL: FastOptions =
    FastOptions::from_bits_retain(0xFFFF_0000 & !FastOptions::HIDE_CLIENT_NAMES.bits());

impl Armor {
    /// Whose TGT an AS-REQ is armored with.
    pub(crate) const fn device(&self) -> Option<&Arc<Account>> {
        self.device.as_ref()
    }

    /// Opens an encrypted challenge of the client with the keys of its account, strongest first: the time in it, and the
    /// key that it proves (RFC 6113 section 5.4.6).
    pub(crate) fn open_challenge<'k>(
        &self,
        sealed: &EncryptedData,
        keys: &'k KeySet,
    ) -> Option<(&'k Key, Vec<u8>)> {
        let open = |key: &'k Key| {
            let challenge = prf::cf2(&self.key, key, b"clientchallengearmor", b"challengelongterm");
            let plaintext = sealed.open(&challenge, KeyUsage::ENC_CHALLENGE_CLIENT).ok()?;
            Some((key, plaintext))
        };
        keys.iter().find_map(open)
    }
}

/// The KDC's answer to a challenge: that it has the key as well.
pub(crate) fn answer_challenge(context: &mut Context<'_>, key: &Key, methods: &mut MethodData) {
    let Some(armor) = &context.armor else { return };
    let challenge = prf::cf2(&armor.key, key, b"kdcchallengearmor", b"challengelongterm");
    let now = PaEncTsEnc::from(context.now).encode();
    let sealed = EncryptedData::seal(&challenge, KeyUsage::ENC_CHALLENGE_KDC, None, &now, context.rng);
    methods.push(PaDataType::ENCRYPTED_CHALLENGE, sealed.encode());
}

/// The end of an armored exchange: what the reply looks like from outside, and the key that seals it.
pub(crate) struct Finished {
    pub(crate) methods: MethodData,
    pub(crate) key: Key,
    pub(crate) crealm: Realm,
    pub(crate) cname: PrincipalName,
}

/// Ends an armored exchange: the pre-authentication data of the reply go within the armor, with a key that strengthens
/// that of the reply and a checksum over the ticket. Nothing where there is no armor.
pub(crate) fn finish(
    context: &mut Context<'_>,
    methods: Option<&MethodData>,
    reply_key: &Key,
    crealm: &Realm,
    cname: &PrincipalName,
    ticket: &Ticket,
) -> Option<Finished> {
    let armor = context.armor.take()?;
    let strengthen = Key::generate(reply_key.etype(), context.rng);
    let checksum = armor.key.checksum(KeyUsage::FAST_FINISHED, &ticket.encode());
    let response = FastResponse {
        padata: methods.cloned().unwrap_or_default(),
        strengthen_key: Some(EncryptionKey::from(&strengthen)),
        finished: Some(FastFinished {
            timestamp: context.now.kerberos_time(),
            usec: context.now.into(),
            crealm: crealm.clone(),
            cname: cname.clone(),
            ticket_checksum: Checksum {
                r#type: armor.key.checksum_type().number(),
                checksum: checksum.as_slice().to_vec().into(),
            },
        }),
        nonce: armor.nonce,
    };
    let (crealm, cname) = if armor.hide_client {
        (Realm::from("WELLKNOWN:ANONYMOUS"), anonymous())
    } else {
        (crealm.clone(), cname.clone())
    };
    Some(Finished {
        methods: armor.seal(context, &response),
        key: prf::cf2(&strengthen, reply_key, b"strengthenkey", b"replykey"),
        crealm,
        cname,
    })
}

fn anonymous() -> PrincipalName {
    PrincipalName::new(NameType::WELLKNOWN, ["WELLKNOWN", "ANONYMOUS"])
}

impl Armor {
    /// The error data of an error within the armor: the error itself, a cookie, and what else the client is told.
    pub(crate) fn error_data(
        &self,
        context: &mut Context<'_>,
        error: &KrbError,
        data: Option<&ErrorData>,
        exchange: Exchange,
    ) -> Vec<u8> {
        let mut inner = error.clone();
        inner.e_data = match data {
            Some(status @ ErrorData::Status(_)) => Some(status.encode(exchange).into()),
            Some(ErrorData::Methods(_)) | None => None,
        };
        let mut padata = MethodData::default()
            .with(PaDataType::FX_ERROR, inner.encode())
            .with(PaDataType::FX_COOKIE, COOKIE);
        if let Some(ErrorData::Methods(methods)) = data {
            padata.0.extend(methods.iter().cloned());
        }
        if let Some(options) = &self.pac_options {
            padata.push(PaDataType::PAC_OPTIONS, options.clone());
        }
        let response = FastResponse {
            padata,
            strengthen_key: None,
            finished: None,
            nonce: self.nonce,
        };
        self.seal(context, &response).encode()
    }

    fn seal(&self, context: &mut Context<'_>, response: &FastResponse) -> MethodData {
        let octets = response.encode();
        let enc_fast_rep = EncryptedData::seal(&self.key, KeyUsage::FAST_REP, None, &octets, context.rng);
        let reply = PaFxFastReply::Armored(FastArmoredRep { enc_fast_rep });
        MethodData::default().with(PaDataType::FX_FAST, reply.encode())
    }
}

/// The cookie that a client sends back. This KDC keeps nothing between requests, so it does not look at it.
pub(crate) const COOKIE: &[u8] = b"Microsoft";
