//! The AS exchange: a first ticket for a long-term key (RFC 4120 section 3.1, MS-KILE section 3.3.5.6).

use std::sync::Arc;

use kerberos::codes::PaDataType;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::pac::{AttributesFlags, AttributesInfo, PacKeys};
use kerberos::wire::{
    AsRep, EncryptedData, KdcOptions, KdcReq, MethodData, MsgType, NameType, PaEncTsEnc, PaPacRequest,
    PrincipalName, Pvno, Ticket, TicketFlags,
};

use crate::config::Armoring;
use crate::decision::Detail;
use crate::directory::{Account, AccountKind, KeySet, UserAccountControl};
use crate::issue::{
    Bounds, Grant, Life, PacSource, kdc_key, krbtgt_keys, kvno_of, session_etype, supported_enctypes,
};
use crate::lookup::{self, Service};
use crate::preauth::{self, Hints, bit};
use crate::refusal::{ArmorRefusal, Exchange, Refusal, Skew};
use crate::request::Context;
use crate::tgs_issue::service_key;
use crate::{authn_policy, fast, rules, u2u};

/// Answers an AS-REQ.
pub(crate) fn serve(context: &mut Context<'_>, outer: &KdcReq, octets: &[u8]) -> Result<Vec<u8>, Refusal> {
    let inner = fast::open_as(context, outer)?;
    let request = inner.as_ref().unwrap_or(outer);
    let body = request.body();
    check_realm(context, request)?;
    if context.is_postdated(body) {
        return Err(Refusal::Postdated);
    }
    let account = client(context, request)?;
    context.passed(&rules::AS_CLIENT_KNOWN, Detail::Client(account.clone()));
    let service = service(context, body.sname.as_ref())?;
    context.check_secrets(&account, Exchange::As)?;
    if let Target::Account(service) = &service {
        context.check_secrets(service, Exchange::As)?;
    }
    context.check_state(&account)?;
    check_armored(context, request, &account)?;
    authn_policy::check_origin(context, request, &account)?;
    let (reply_key, proved) = preauthenticate(context, request, &account)?;
    authn_policy::check_proof(&account, &reply_key, proved)?;
    if let Target::Account(service) = &service {
        authn_policy::check_service(context, &account, service)?;
    }
    if let (Some(restriction), false) = (
        account.password_restriction(context.now),
        service.changes_password(context),
    ) {
        return Err(Refusal::PasswordState {
            account,
            restriction,
            exchange: Exchange::As,
        });
    }
    issue(context, request, octets, &account, &service, &reply_key, proved)
}

fn check_realm(context: &Context<'_>, request: &KdcReq) -> Result<(), Refusal> {
    let body = request.body();
    let wrong = |right| Refusal::WrongRealm {
        asked: body.realm.clone(),
        right,
    };
    if !context.domain.is_own_realm(&body.realm) {
        let domain = context.domain;
        let routed = domain.route(&body.realm).or_else(|| domain.trust(&body.realm));
        let right = routed.map_or_else(|| domain.realm().clone(), |trust| trust.realm.clone());
        return Err(wrong(right));
    }
    // an enterprise name that somebody of another realm has
    let enterprise = body
        .cname
        .as_ref()
        .filter(|name| name.name_type == NameType::ENTERPRISE);
    let text = enterprise
        .and_then(|name| name.components.first())
        .and_then(|text| text.as_str());
    if let (Some(text), Some(name)) = (text, enterprise)
        && lookup::client(context.domain, name).is_none()
        && let Some(realm) = lookup::realm_of_upn(context.domain, text)
    {
        return Err(wrong(realm.clone()));
    }
    Ok(())
}

fn client(context: &Context<'_>, request: &KdcReq) -> Result<Arc<Account>, Refusal> {
    let name = request.body().cname.as_ref();
    let unknown = || Refusal::ClientUnknown {
        name: name.cloned().map(Box::new),
        exchange: Exchange::As,
    };
    let name = name.ok_or_else(unknown)?;
    lookup::client(context.domain, name).cloned().ok_or_else(unknown)
}

/// What an AS exchange can give a ticket for.
enum Target {
    Krbtgt,
    Account(Arc<Account>),
}

impl Target {
    /// Whether it is the service through which a password is changed: it may be asked for with an expired one.
    fn changes_password(&self, context: &Context<'_>) -> bool {
        matches!(self, Self::Account(account) if Arc::ptr_eq(account, context.domain.krbtgt()))
    }
}

fn service(context: &Context<'_>, name: Option<&PrincipalName>) -> Result<Target, Refusal> {
    let unknown = || Refusal::ServiceUnknown {
        name: name.cloned().map(Box::new),
        exchange: Exchange::As,
    };
    match name.and_then(|name| lookup::service(context.domain, name, false)) {
        Some(Service::Krbtgt) => Ok(Target::Krbtgt),
        Some(Service::Account(account)) => {
            u2u::check_service(account)?;
            Ok(Target::Account(account.clone()))
        }
        Some(Service::Trust(_)) | None => Err(unknown()),
    }
}

/// A user signs in with armor where that is required.
fn check_armored(context: &Context<'_>, request: &KdcReq, account: &Account) -> Result<(), Refusal> {
    let required = context.dc.armoring == Armoring::Required && account.kind != AccountKind::Computer;
    if required && context.armor.is_none() {
        let hints = Box::new(preauth::hints(
            context,
            account,
            &request.body().etype,
            Hints::Required,
        ));
        return Err(ArmorRefusal::Required { hints }.into());
    }
    Ok(())
}

/// The key for the reply, and whether the client proved that it has it.
fn preauthenticate(
    context: &mut Context<'_>,
    request: &KdcReq,
    account: &Arc<Account>,
) -> Result<(Key, bool), Refusal> {
    // within armor the timestamp is an encrypted challenge
    let method = if context.armor.is_some() {
        PaDataType::ENCRYPTED_CHALLENGE
    } else {
        PaDataType::ENC_TIMESTAMP
    };
    let Some(value) = request.padata.find(method).filter(|value| !value.is_empty()) else {
        return unproved(context, request, account);
    };
    let sealed = EncryptedData::decode(value).map_err(|error| Refusal::Malformed(Box::new(error)))?;
    let (key, plaintext) = open_proof(context, request, account, &sealed)?;
    let timestamp = PaEncTsEnc::decode(&plaintext).map_err(|error| Refusal::Malformed(Box::new(error)))?;
    let micros = timestamp.pausec.map_or(0, |micros| micros.get());
    let client = timestamp.patimestamp.timestamp() + std::time::Duration::from_micros(micros.into());
    let skew =
        Skew::check(client, context.now, context.dc.max_skew).map_err(|skew| Refusal::PreauthSkew {
            skew,
            hints: failed(context, request, account),
        })?;
    context.state.forget_bad_passwords(account.rid);
    context.passed(
        &rules::AS_PREAUTH_KEY,
        Detail::Preauthenticated {
            account: account.clone(),
            etype: key.etype(),
            skew,
        },
    );
    Ok((key.clone(), true))
}

/// What a client without proof gets: a key if its account needs none, or the methods there are.
fn unproved(context: &Context<'_>, request: &KdcReq, account: &Arc<Account>) -> Result<(Key, bool), Refusal> {
    let listed = &request.body().etype;
    if !account.control.contains(UserAccountControl::DONT_REQUIRE_PREAUTH) {
        let hints = Box::new(preauth::hints(context, account, listed, Hints::Required));
        return Err(Refusal::PreauthRequired { hints });
    }
    let allowed = context.dc.supported_enctypes;
    let usable =
        |etype: &Etype| allowed.contains(bit(*etype)) && account.keys.current().key(*etype).is_some();
    let etype = listed
        .iter()
        .filter_map(|number| Etype::from_number(*number))
        .find(usable);
    let key = etype.and_then(|etype| account.keys.current().key(etype));
    key.map(|key| (key.clone(), false))
        .ok_or_else(|| Refusal::EtypeUnsupported {
            listed: listed.clone(),
        })
}

fn failed(context: &Context<'_>, request: &KdcReq, account: &Account) -> Box<MethodData> {
    Box::new(preauth::hints(
        context,
        account,
        &request.body().etype,
        Hints::Failed,
    ))
}

/// Opens the timestamp or challenge with a key of the account.
fn open_proof<'k>(
    context: &mut Context<'_>,
    request: &KdcReq,
    account: &'k Arc<Account>,
    sealed: &EncryptedData,
) -> Result<(&'k Key, Vec<u8>), Refusal> {
    let wrong_etype = |context: &Context<'_>| Refusal::PreauthEtype {
        etype: sealed.etype,
        hints: failed(context, request, account),
    };
    let allowed = context.dc.supported_enctypes;
    let etype = sealed
        .known_etype()
        .filter(|etype| allowed.contains(bit(*etype)))
        .ok_or_else(|| wrong_etype(context))?;
    let open = |context: &Context<'_>, set: &'k KeySet| match &context.armor {
        Some(armor) => armor.open_challenge(sealed, set),
        None => {
            let key = set.key(etype)?;
            Some((key, sealed.open(key, KeyUsage::PA_ENC_TIMESTAMP).ok()?))
        }
    };
    if context.armor.is_none() && account.keys.current().key(etype).is_none() {
        return Err(wrong_etype(context));
    }
    if let Some(opened) = open(context, account.keys.current()) {
        return Ok(opened);
    }
    let mut earlier = account.keys.previous().iter();
    let earlier_password = earlier.any(|set| open(context, set).is_some());
    if !earlier_password {
        context.state.count_bad_password(account.rid);
    }
    Err(Refusal::PreauthFailed {
        account: account.clone(),
        etype,
        earlier_password,
        hints: failed(context, request, account),
    })
}

fn issue(
    context: &mut Context<'_>,
    request: &KdcReq,
    octets: &[u8],
    account: &Arc<Account>,
    service: &Target,
    reply_key: &Key,
    proved: bool,
) -> Result<Vec<u8>, Refusal> {
    let body = request.body();
    let wants_enc_pa_rep = request.padata.contains(PaDataType::REQ_ENC_PA_REP);
    let own_life = authn_policy::tgt_life(account);
    let (age, target) = match service {
        Target::Krbtgt => (
            own_life.unwrap_or(context.dc.max_ticket_age),
            context.domain.krbtgt().clone(),
        ),
        Target::Account(account) => {
            let age = context.dc.max_service_age;
            (own_life.map_or(age, |life| age.min(life)), account.clone())
        }
    };
    let supported = supported_enctypes(context, &target);
    let session_etype = session_etype(context, &body.etype, supported)?;
    let renew_life = own_life.unwrap_or(context.dc.max_renew_age);
    let renew_till = (context.now + renew_life).kerberos_time();
    let bounds = Bounds {
        age,
        end: (context.now + age).kerberos_time(),
        renew_till: Some(renew_till),
    };
    let life = Life::grant(context.now, body, bounds)?;
    let session = Key::generate(session_etype, context.rng);
    let cname = client_name(body.cname.as_ref(), body.kdc_options, account);
    let sname = match service {
        Target::Krbtgt => context.domain.krbtgt_name().clone(),
        Target::Account(_) => body
            .sname
            .clone()
            .unwrap_or_else(|| context.domain.krbtgt_name().clone()),
    };
    let domain = context.domain;
    let grant = Grant {
        flags: flags(body.kdc_options, account, &life, proved, wants_enc_pa_rep),
        session: &session,
        crealm: domain.realm(),
        cname: &cname,
        authtime: life.start,
        life,
        addresses: body.addresses.as_ref().filter(|_| context.dc.client_addresses),
        srealm: domain.realm(),
        sname: &sname,
        transited: None,
    };
    let ticket = seal(context, request, account, service, &grant)?;
    let mut methods = preauth::reply_methods(account, reply_key.etype());
    if proved && context.armor.is_some() {
        fast::answer_challenge(context, reply_key, methods.get_or_insert_default());
    }
    let finished = fast::finish(
        context,
        methods.as_ref(),
        reply_key,
        grant.crealm,
        grant.cname,
        &ticket,
    );
    let sealing_key = finished.as_ref().map_or(reply_key, |finished| &finished.key);
    let announces = context.dc.armoring != Armoring::Off;
    let encrypted_pa_data = wants_enc_pa_rep.then(|| enc_pa_rep(sealing_key, octets, supported, announces));
    let part = grant.reply_part(body.nonce, encrypted_pa_data).encode_as_rep();
    let etype = Etype::from_number(ticket.enc_part.etype).unwrap_or(session_etype);
    context.trail.noted(
        &rules::ISSUED,
        Detail::Issued {
            client: cname.clone(),
            service: sname.clone(),
            etype,
            flags: grant.flags,
            endtime: life.end,
        },
    );
    let enc_part = EncryptedData::seal(
        sealing_key,
        KeyUsage::AS_REP,
        Some(kvno_of(account.keys.current())),
        &part,
        context.rng,
    );
    let (padata, crealm, cname) = match finished {
        Some(finished) => (Some(finished.methods), finished.crealm, finished.cname),
        None => (methods, domain.realm().clone(), cname),
    };
    let reply = AsRep {
        pvno: Pvno,
        msg_type: MsgType,
        padata,
        crealm,
        enc_part,
        ticket,
        cname,
    };
    Ok(reply.encode())
}

fn seal(
    context: &mut Context<'_>,
    request: &KdcReq,
    account: &Arc<Account>,
    service: &Target,
    grant: &Grant<'_>,
) -> Result<Ticket, Refusal> {
    let source = PacSource::Directory(account.clone());
    let Target::Account(target) = service else {
        let (keys, kvno) = krbtgt_keys(context)?;
        let pac = source.for_tgt(context, grant.authtime, grant.cname, attributes(context, request));
        return Ok(grant.seal_tgt(context, pac, &keys, kvno));
    };
    let server = service_key(context, target, &request.body().etype)?;
    let (issuer, rodc_identifier) = context.issuer_keys();
    let keys = PacKeys {
        server,
        kdc: kdc_key(context, issuer).unwrap_or(server),
        rodc_identifier,
    };
    let kvno = kvno_of(target.keys.current());
    if target.kind == AccountKind::Krbtgt {
        let pac = source.for_tgt(context, grant.authtime, grant.cname, None);
        return Ok(grant.seal_tgt(context, pac, &keys, kvno));
    }
    let (pac, count) = source.for_service(context, grant.authtime, grant.cname)?;
    context
        .trail
        .noted(&rules::TGS_RESOURCE_GROUPS, Detail::ResourceGroups { count });
    Ok(grant.seal_service(context, Some(pac), &keys, Some(kvno)))
}

/// With canonicalisation, and for an enterprise name always, the sAMAccountName.
fn client_name(asked: Option<&PrincipalName>, options: KdcOptions, account: &Account) -> PrincipalName {
    match asked {
        Some(name)
            if !options.contains(KdcOptions::CANONICALIZE) && name.name_type != NameType::ENTERPRISE =>
        {
            name.clone()
        }
        _ => PrincipalName::principal(&*account.name),
    }
}

fn flags(options: KdcOptions, account: &Account, life: &Life, proved: bool, enc_pa_rep: bool) -> TicketFlags {
    let mut flags = TicketFlags::INITIAL;
    flags.set(TicketFlags::PRE_AUTHENT, proved);
    flags.set(TicketFlags::ENC_PA_REP, enc_pa_rep);
    flags.set(TicketFlags::RENEWABLE, life.renew_till.is_some());
    flags.set(
        TicketFlags::FORWARDABLE,
        options.contains(KdcOptions::FORWARDABLE) && account.may_delegate(),
    );
    flags.set(
        TicketFlags::PROXIABLE,
        options.contains(KdcOptions::PROXIABLE) && account.may_delegate(),
    );
    flags
}

/// Whether the client asked for a PAC. It gets one in a TGT in any case, with this written into it.
fn attributes(context: &Context<'_>, request: &KdcReq) -> Option<AttributesInfo> {
    let asked = request
        .padata
        .find(PaDataType::PAC_REQUEST)
        .and_then(|value| PaPacRequest::decode(value).ok());
    let flags = match asked {
        Some(PaPacRequest { include_pac: true }) => AttributesFlags::PAC_WAS_REQUESTED,
        Some(PaPacRequest { include_pac: false }) => AttributesFlags::empty(),
        None => AttributesFlags::PAC_WAS_GIVEN_IMPLICITLY,
    };
    context
        .dc
        .requires_requestor()
        .then(|| AttributesInfo::new(flags))
}

/// Encrypted pre-authentication data: a checksum of the request, the encryption types of the service (RFC 6806 section
/// 11), and whether there is FAST (RFC 6113 section 5.4.2).
fn enc_pa_rep(
    reply_key: &Key,
    request: &[u8],
    supported: kerberos::wire::SupportedEnctypes,
    announces_fast: bool,
) -> MethodData {
    let checksum = reply_key.checksum(KeyUsage::AS_REQ_CHECKSUM, request);
    let mut methods = MethodData::default()
        .with(
            PaDataType::REQ_ENC_PA_REP,
            checksum_der(reply_key.checksum_type().number(), &checksum),
        )
        .with(PaDataType::SUPPORTED_ENCTYPES, supported.to_octets().to_vec());
    if announces_fast {
        methods.push(PaDataType::FX_FAST, Vec::new());
    }
    methods
}

/// The DER of a Checksum (RFC 4120 section 5.2.9) of one of the types of this KDC: all lengths are below 128.
fn checksum_der(number: i32, octets: &[u8]) -> Vec<u8> {
    let [.., high, low] = number.to_be_bytes();
    let integer = if i32::from(low.cast_signed()) == number {
        vec![low]
    } else {
        vec![high, low]
    };
    let wrap = |tag: u8, contents: Vec<u8>| [vec![tag, contents.len() as u8], contents].concat();
    let kind = wrap(0xA0, wrap(0x02, integer));
    let value = wrap(0xA1, wrap(0x04, octets.to_vec()));
    wrap(0x30, [kind, value].concat())
}
