//! The TGS exchange: a ticket for a TGT (RFC 4120 section 3.3, MS-KILE section 3.3.5.7). A partial TGT becomes a full one here.

use std::sync::Arc;

use kerberos::codes::PaDataType;
use kerberos::crypto::{Etype, Key};
use kerberos::pac::{AttributesFlags, AttributesInfo, Pac, PacKeys};
use kerberos::wire::{
    EncryptedData, EncryptionKey, KdcOptions, KdcReq, KeyListRep, KeyListReq, MethodData, MsgType,
    PrincipalName, Pvno, SupportedEnctypes, TgsRep, Ticket, TicketFlags,
};

use crate::config::Profile;
use crate::decision::Detail;
use crate::directory::{Account, AccountKind, Trust, UserAccountControl};
use crate::issue::{
    Bounds, Grant, Life, PacSource, kdc_key, krbtgt_keys, kvno_of, session_etype, supported_enctypes,
};
use crate::lookup::{self, Service};
use crate::preauth::bit;
use crate::referral::{self, Visitor};
use crate::refusal::{Exchange, Refusal};
use crate::request::Context;
use crate::tgt::{self, Tgt};
use crate::{rodc, rules};

/// Answers a TGS-REQ.
pub(crate) fn serve(context: &mut Context<'_>, request: &KdcReq) -> Result<Vec<u8>, Refusal> {
    let tgt = tgt::open(context, request)?;
    check_options(context, request, &tgt)?;
    let target = target(context, request)?;
    let pac = tgt.part.pac();
    let pac = pac
        .as_ref()
        .map(|octets| tgt::verify_pac(context, &tgt, octets))
        .transpose()?;
    if let Some(trust) = tgt.trust().cloned() {
        return serve_visitor(context, request, &tgt, &trust, pac, &target);
    }
    let account = client(context, &tgt)?;
    let attributes = match &pac {
        Some(pac) => pac
            .attributes_info()
            .map_err(|error| Refusal::BadPac(Box::new(error)))?,
        None => None,
    };
    let source = match (tgt.rodc(), pac) {
        (Some(issuer), pac) => {
            match &pac {
                Some(pac) => rodc::check_requestor(context, pac, &account, true)?,
                None => check_pac_missing(context, true)?,
            }
            check_partial(context, &tgt, issuer, &account)?;
            PacSource::Directory(&account)
        }
        (None, Some(pac)) => {
            rodc::check_requestor(context, &pac, &account, false)?;
            PacSource::Ticket(pac)
        }
        (None, None) => {
            check_pac_missing(context, false)?;
            PacSource::Directory(&account)
        }
    };
    check_account(context, &tgt, &account)?;
    if tgt.rodc().is_some() {
        context
            .trail
            .noted(&rules::TGS_PAC_REBUILT, Detail::Rebuilt(account.clone()));
    }
    let client = Client {
        account: Some(&account),
        source,
        attributes,
        visitor: None,
    };
    issue(context, request, &tgt, &client, &target)
}

/// Serves a client of another realm.
fn serve_visitor(
    context: &mut Context<'_>,
    request: &KdcReq,
    tgt: &Tgt<'_>,
    trust: &Arc<Trust>,
    pac: Option<Pac<'_>>,
    target: &Target,
) -> Result<Vec<u8>, Refusal> {
    let options = request.body().kdc_options;
    if options.intersects(KdcOptions::RENEW | KdcOptions::VALIDATE) {
        // the realm that issued it does that
        return Err(Refusal::OptionNotGranted {
            option: options & (KdcOptions::RENEW | KdcOptions::VALIDATE),
        });
    }
    let visitor = referral::check(context, tgt, trust, pac.as_ref(), options)?;
    let pac = pac.ok_or(Refusal::PacMissing { partial: false })?;
    let attributes = pac
        .attributes_info()
        .map_err(|error| Refusal::BadPac(Box::new(error)))?;
    if let Target::Account(service) = target {
        referral::check_selective(context, &visitor.info, service)?;
    }
    let client = Client {
        account: None,
        source: PacSource::Trusted(pac, Box::new(visitor.info.clone())),
        attributes,
        visitor: Some(&visitor),
    };
    issue(context, request, tgt, &client, target)
}

/// Who the client is, and where the PAC of the new ticket comes from.
struct Client<'a> {
    /// `None` for a client of another realm.
    account: Option<&'a Arc<Account>>,
    source: PacSource<'a>,
    /// ATTRIBUTES_INFO of the TGT.
    attributes: Option<AttributesInfo>,
    /// What is believed of a client of another realm.
    visitor: Option<&'a Visitor>,
}

/// What a ticket is wanted for.
enum Target {
    Krbtgt,
    Account(Arc<Account>),
    Trust(Arc<Trust>),
}

fn check_options(context: &Context<'_>, request: &KdcReq, tgt: &Tgt<'_>) -> Result<(), Refusal> {
    let options = request.body().kdc_options;
    for option in [KdcOptions::ENC_TKT_IN_SKEY, KdcOptions::CNAME_IN_ADDL_TKT] {
        if options.contains(option) {
            return Err(Refusal::OptionUnavailable { option });
        }
    }
    if options.intersects(KdcOptions::POSTDATED) {
        return Err(Refusal::Postdated);
    }
    if request.padata.contains(PaDataType::FOR_USER) || request.padata.contains(PaDataType::S4U_X509_USER) {
        let refused = tgt.rodc().is_some() && context.dc.profile == Profile::Windows;
        return Err(if refused {
            Refusal::RodcS4u
        } else {
            Refusal::S4uUnsupported
        });
    }
    let needs = [
        (KdcOptions::FORWARDED, TicketFlags::FORWARDABLE),
        (KdcOptions::PROXY, TicketFlags::PROXIABLE),
        (KdcOptions::RENEW, TicketFlags::RENEWABLE),
        (KdcOptions::VALIDATE, TicketFlags::INVALID),
    ];
    let missing = needs
        .into_iter()
        .find(|(option, flag)| options.contains(*option) && !tgt.part.flags.contains(*flag));
    if let Some((option, _)) = missing {
        return Err(Refusal::OptionNotGranted { option });
    }
    if options.contains(KdcOptions::RENEW) {
        let renew_till = tgt.part.renew_till;
        if renew_till.is_none_or(|till| till.timestamp() <= context.now) {
            return Err(Refusal::RenewTillPassed { renew_till });
        }
    }
    Ok(())
}

fn target(context: &Context<'_>, request: &KdcReq) -> Result<Target, Refusal> {
    let body = request.body();
    let unknown = || Refusal::ServiceUnknown {
        name: body.sname.clone().map(Box::new),
        exchange: Exchange::Tgs,
    };
    let name = body.sname.as_ref().ok_or_else(unknown)?;
    let refer = body.kdc_options.contains(KdcOptions::CANONICALIZE);
    match lookup::service(context.domain, name, refer).ok_or_else(unknown)? {
        Service::Krbtgt => Ok(Target::Krbtgt),
        _ if body
            .kdc_options
            .intersects(KdcOptions::RENEW | KdcOptions::VALIDATE) =>
        {
            // what is renewed is the TGT that came
            Err(Refusal::OptionNotGranted {
                option: body.kdc_options & (KdcOptions::RENEW | KdcOptions::VALIDATE),
            })
        }
        Service::Account(account) => Ok(Target::Account(account.clone())),
        Service::Trust(trust) => Ok(Target::Trust(trust.clone())),
    }
}

fn client(context: &mut Context<'_>, tgt: &Tgt<'_>) -> Result<Arc<Account>, Refusal> {
    let name = &tgt.part.cname;
    let own = context.domain.is_own_realm(&tgt.part.crealm);
    let account = if own {
        lookup::client(context.domain, name)
    } else {
        None
    };
    let unknown = || Refusal::ClientUnknown {
        name: Some(Box::new(name.clone())),
        exchange: Exchange::Tgs,
    };
    let account = account.ok_or_else(unknown)?.clone();
    context.passed(&rules::TGS_CLIENT_KNOWN, Detail::Client(account.clone()));
    Ok(account)
}

fn check_pac_missing(context: &mut Context<'_>, partial: bool) -> Result<(), Refusal> {
    if context.dc.requires_requestor() {
        return Err(Refusal::PacMissing { partial });
    }
    let rule = if partial {
        &rules::TGS_RODC_PAC
    } else {
        &rules::TGS_PAC_PRESENT
    };
    context.passed(rule, Detail::NoPac);
    Ok(())
}

/// What only a partial TGT has to pass.
fn check_partial(
    context: &mut Context<'_>,
    tgt: &Tgt<'_>,
    issuer: &Arc<crate::directory::Rodc>,
    account: &Arc<Account>,
) -> Result<(), Refusal> {
    rodc::check_replication_policy(context, issuer, account)?;
    let left = tgt.part.endtime.timestamp().saturating_since(context.now);
    if left <= context.dc.rodc_minimum_left {
        return Err(Refusal::RodcLifetime { left });
    }
    rodc::check_password(context, account)
}

/// The state of the account is looked at again when the TGT is old enough (MS-KILE section 3.3.5.7.1).
fn check_account(context: &Context<'_>, tgt: &Tgt<'_>, account: &Arc<Account>) -> Result<(), Refusal> {
    let age = context.now.saturating_since(tgt.part.authtime.timestamp());
    if age > context.dc.account_recheck_after {
        context.check_state(account)
    } else {
        Ok(())
    }
}

fn issue(
    context: &mut Context<'_>,
    request: &KdcReq,
    tgt: &Tgt<'_>,
    client: &Client<'_>,
    target: &Target,
) -> Result<Vec<u8>, Refusal> {
    let body = request.body();
    let domain = context.domain;
    let supported = match target {
        Target::Krbtgt => supported_enctypes(context, domain.krbtgt()),
        Target::Account(account) => supported_enctypes(context, account),
        Target::Trust(_) => SupportedEnctypes::from_bits_retain(0x1C),
    };
    let life = life(context, request, tgt, target)?;
    let session = Key::generate(session_etype(context, &body.etype, supported)?, context.rng);
    let trust_name;
    let sname = match (target, &body.sname) {
        (Target::Trust(trust), _) => {
            trust_name = PrincipalName::krbtgt(trust.realm.clone());
            &trust_name
        }
        (Target::Account(_), Some(name)) => name,
        _ => domain.krbtgt_name(),
    };
    let grant = Grant {
        flags: flags(body.kdc_options, tgt, client, target, &life),
        session: &session,
        crealm: &tgt.part.crealm,
        cname: &tgt.part.cname,
        authtime: tgt.part.authtime,
        life,
        addresses: if body
            .kdc_options
            .intersects(KdcOptions::FORWARDED | KdcOptions::PROXY)
        {
            body.addresses.as_ref()
        } else {
            tgt.part.caddr.as_ref()
        },
        srealm: domain.realm(),
        sname,
        transited: match client.visitor {
            Some(visitor) => Some(&visitor.transited),
            None => Some(&tgt.part.transited).filter(|_| tgt.rodc().is_none()),
        },
    };
    let ticket = seal(context, request, client, target, &grant)?;
    let methods = encrypted_methods(context, request, tgt, client, target, supported);
    let part = grant.reply_part(body.nonce, Some(methods)).encode_tgs_rep();
    context.trail.noted(
        &rules::ISSUED,
        Detail::Issued {
            client: tgt.part.cname.clone(),
            service: sname.clone(),
            etype: ticket.enc_part.known_etype().unwrap_or_else(|| session.etype()),
            flags: grant.flags,
            endtime: life.end,
        },
    );
    let reply = TgsRep {
        pvno: Pvno,
        msg_type: MsgType,
        padata: None,
        crealm: tgt.part.crealm.clone(),
        cname: tgt.part.cname.clone(),
        enc_part: EncryptedData::seal(&tgt.reply_key, tgt.reply_usage, None, &part, context.rng),
        ticket,
    };
    Ok(reply.encode())
}

fn life(context: &Context<'_>, request: &KdcReq, tgt: &Tgt<'_>, target: &Target) -> Result<Life, Refusal> {
    let part = &tgt.part;
    if request.body().kdc_options.contains(KdcOptions::RENEW) {
        // as long as before, from now on, but not beyond the last renewal
        let length = part
            .endtime
            .timestamp()
            .saturating_since(part.valid_from().timestamp());
        let end = (context.now + length).kerberos_time();
        return Ok(Life {
            start: context.now.kerberos_time(),
            end: part.renew_till.map_or(end, |till| end.min(till)),
            renew_till: part.renew_till,
        });
    }
    let age = match target {
        Target::Krbtgt | Target::Trust(_) => context.dc.max_ticket_age,
        Target::Account(_) => context.dc.max_service_age,
    };
    let renewable = part.flags.contains(TicketFlags::RENEWABLE);
    let bounds = Bounds {
        age,
        end: part.endtime,
        renew_till: part.renew_till.filter(|_| renewable),
    };
    Life::grant(context.now, request.body(), bounds)
}

fn flags(
    options: KdcOptions,
    tgt: &Tgt<'_>,
    client: &Client<'_>,
    target: &Target,
    life: &Life,
) -> TicketFlags {
    let had = tgt.part.flags;
    if options.intersects(KdcOptions::RENEW | KdcOptions::VALIDATE) {
        return had.difference(TicketFlags::INVALID | TicketFlags::INITIAL);
    }
    let inherited = TicketFlags::PRE_AUTHENT
        | TicketFlags::HW_AUTHENT
        | TicketFlags::ENC_PA_REP
        | TicketFlags::FORWARDED
        | TicketFlags::PROXY;
    let mut flags = had & inherited;
    let may_delegate = client.account.is_none_or(|account| account.may_delegate());
    flags.set(
        TicketFlags::TRANSITED_POLICY_CHECKED,
        match client.visitor {
            Some(visitor) => visitor.path_checked,
            None => had.contains(TicketFlags::TRANSITED_POLICY_CHECKED),
        },
    );
    let inherits = |option, flag| options.contains(option) && had.contains(flag);
    flags.set(TicketFlags::RENEWABLE, life.renew_till.is_some());
    flags.set(
        TicketFlags::FORWARDABLE,
        inherits(KdcOptions::FORWARDABLE, TicketFlags::FORWARDABLE) && may_delegate,
    );
    flags.set(
        TicketFlags::PROXIABLE,
        inherits(KdcOptions::PROXIABLE, TicketFlags::PROXIABLE) && may_delegate,
    );
    if options.contains(KdcOptions::FORWARDED) {
        flags |= TicketFlags::FORWARDED;
    }
    if options.contains(KdcOptions::PROXY) {
        flags |= TicketFlags::PROXY;
    }
    if let Target::Account(service) = target {
        flags.set(
            TicketFlags::OK_AS_DELEGATE,
            tgt.trust().is_none_or(|trust| trust.delegates())
                && service
                    .control
                    .contains(UserAccountControl::TRUSTED_FOR_DELEGATION),
        );
    }
    flags
}

fn seal(
    context: &mut Context<'_>,
    request: &KdcReq,
    client: &Client<'_>,
    target: &Target,
    grant: &Grant<'_>,
) -> Result<Ticket, Refusal> {
    let domain = context.domain;
    let kdc = kdc_key(context, domain.krbtgt().keys.current());
    match target {
        Target::Krbtgt => {
            let (keys, kvno) = krbtgt_keys(context)?;
            let renewed = request
                .body()
                .kdc_options
                .intersects(KdcOptions::RENEW | KdcOptions::VALIDATE);
            // Samba never copies it from a partial TGT, and a renewed one has none
            let attributes = client
                .attributes
                .filter(|_| !renewed && context.dc.profile == Profile::Windows);
            let pac = client
                .source
                .for_tgt(context, grant.authtime, grant.cname, attributes);
            Ok(grant.seal_tgt(context, pac, &keys, kvno))
        }
        Target::Trust(trust) => {
            let ring = trust
                .spec
                .incoming
                .as_ref()
                .ok_or_else(|| Refusal::ServiceUnknown {
                    name: request.body().sname.clone().map(Box::new),
                    exchange: Exchange::Tgs,
                })?;
            let set = ring.current();
            let server = set.strongest().ok_or_else(|| Refusal::EtypeUnsupported {
                listed: request.body().etype.clone(),
            })?;
            let pac = client
                .source
                .for_tgt(context, grant.authtime, grant.cname, client.attributes);
            let keys = PacKeys {
                server,
                kdc: kdc.unwrap_or(server),
                rodc_identifier: None,
            };
            Ok(grant.seal_tgt(context, pac, &keys, kvno_of(set)))
        }
        Target::Account(account) => {
            let server = service_key(context, account, &request.body().etype)?;
            let keys = PacKeys {
                server,
                kdc: kdc.unwrap_or(server),
                rodc_identifier: None,
            };
            let kvno = kvno_of(account.keys.current());
            if account.kind == AccountKind::Krbtgt {
                let pac = client
                    .source
                    .for_tgt(context, grant.authtime, grant.cname, client.attributes);
                return Ok(grant.seal_tgt(context, pac, &keys, kvno));
            }
            let unwanted = client
                .attributes
                .is_some_and(|attributes| attributes.flags == AttributesFlags::empty());
            if unwanted {
                return Ok(grant.seal_service(context, None, &keys, kvno));
            }
            let (pac, count) = client.source.for_service(context, grant.authtime, grant.cname)?;
            context
                .trail
                .noted(&rules::TGS_RESOURCE_GROUPS, Detail::ResourceGroups { count });
            Ok(grant.seal_service(context, Some(pac), &keys, kvno))
        }
    }
}

/// Encrypted pre-authentication data: the key list first, since some clients look at the first element only.
fn encrypted_methods(
    context: &mut Context<'_>,
    request: &KdcReq,
    tgt: &Tgt<'_>,
    client: &Client<'_>,
    target: &Target,
    supported: SupportedEnctypes,
) -> MethodData {
    let mut methods = MethodData::default();
    let asked = request
        .padata
        .find(PaDataType::KERB_KEY_LIST_REQ)
        .and_then(|value| KeyListReq::decode(value).ok());
    let answered = context.dc.key_list && tgt.rodc().is_some() && matches!(target, Target::Krbtgt);
    if let (Some(asked), Some(account), true) = (asked, client.account, answered) {
        let etypes = asked.0.iter().filter_map(|number| Etype::from_number(*number));
        let keys: Vec<&Key> = etypes
            .filter_map(|etype| account.keys.current().key(etype))
            .collect();
        let list = KeyListRep(keys.iter().map(|key| EncryptionKey::from(*key)).collect());
        methods.push(PaDataType::KERB_KEY_LIST_REP, list.encode());
        let etypes = keys.iter().map(|key| key.etype()).collect();
        context.trail.noted(
            &rules::TGS_KEY_LIST,
            Detail::KeyList {
                account: account.clone(),
                etypes,
            },
        );
    }
    methods.with(PaDataType::SUPPORTED_ENCTYPES, supported.to_octets().to_vec())
}

/// The strongest key of a service that its settings, the policy and the client's list allow.
pub(crate) fn service_key<'a>(
    context: &Context<'_>,
    account: &'a Account,
    listed: &[i32],
) -> Result<&'a Key, Refusal> {
    let wanted = |key: &&Key| {
        listed.contains(&key.etype().number()) && context.dc.supported_enctypes.contains(bit(key.etype()))
    };
    let set = account.keys.current();
    let supported = supported_enctypes(context, account);
    let chosen = set
        .iter()
        .filter(|key| supported.contains(bit(key.etype())))
        .find(wanted);
    // where nothing is set and the assumed types do not fit, any key will do
    let any = || {
        set.iter()
            .find(wanted)
            .filter(|_| account.supported_enctypes.is_none())
    };
    let refused = || Refusal::ServiceEtype {
        account: Arc::new(account.clone()),
        listed: listed.to_vec(),
    };
    chosen.or_else(any).ok_or_else(refused)
}
