//! S4U2Proxy: a service passes a user on to another service (MS-SFU section 3.2.5.2).

use std::sync::Arc;

use kerberos::codes::PaDataType;
use kerberos::crypto::{Key, KeyUsage};
use kerberos::pac::{
    Pac, PacKeys, RpcString, S4uDelegationInfo, SignatureError, SignatureKind, SignatureSet,
    ticket_without_pac,
};
use kerberos::wire::{
    EncTicketPart, KdcOptions, KdcReq, PaPacOptions, PacOptions, PrincipalName, Ticket, TicketFlags,
};

use crate::config::UpdateLevel;
use crate::decision::Detail;
use crate::directory::Account;
use crate::issue::PacSource;
use crate::lookup::{self, Service};
use crate::refusal::{DelegationRefusal, Exchange, Refusal};
use crate::request::Context;
use crate::tgs_issue::{Client, Target, issue};
use crate::tgt::{Tgt, signing_key};
use crate::{rodc, rules, u2u};

/// Answers a request whose TGT is that of the first service.
pub(crate) fn serve(
    context: &mut Context<'_>,
    request: &KdcReq,
    tgt: &Tgt<'_>,
    service: &Arc<Account>,
    target: &Target,
) -> Result<Vec<u8>, Refusal> {
    let ticket = u2u::further_ticket(request, KdcOptions::CNAME_IN_ADDL_TKT)?;
    let Target::Account(second) = target else {
        return Err(DelegationRefusal::elsewhere(request).into());
    };
    let evidence = open(context, ticket, service)?;
    let user = user(context, tgt, &evidence.part)?;
    let octets = evidence.part.pac();
    let octets = octets.ok_or(DelegationRefusal::EvidenceUnsigned { error: None })?;
    let pac = verify(context, tgt, &evidence, &octets)?;
    let by_resource = check_policy(context, request, service, second, &evidence.part, user.as_ref())?;
    context.trail.noted(
        &rules::S4U_PROXY,
        Detail::Delegated {
            service: service.clone(),
            user: evidence.part.cname.clone(),
            target: second.clone(),
            by_resource,
        },
    );
    let delegation = delegation_info(request, ticket, &pac)?;
    let client = Client {
        crealm: &evidence.part.crealm,
        cname: &evidence.part.cname,
        basis: &evidence.part,
        account: user.as_ref(),
        source: PacSource::Evidence(pac, Box::new(delegation)),
        attributes: None,
        visitor: None,
        may_forward: true,
        methods: None,
    };
    issue(context, request, tgt, &client, target)
}

/// An evidence ticket that opened.
struct Evidence<'a> {
    part: EncTicketPart,
    plaintext: Vec<u8>,
    key: &'a Key,
}

/// Opens the evidence ticket, which must be for the service that shows it, with a key of the service.
fn open<'a>(
    context: &Context<'_>,
    ticket: &Ticket,
    service: &'a Arc<Account>,
) -> Result<Evidence<'a>, Refusal> {
    let holder = match lookup::service(context.domain, &ticket.sname, false) {
        Some(Service::Account(account)) if context.domain.is_own_realm(&ticket.realm) => Some(account),
        _ => None,
    };
    if holder.is_none_or(|holder| holder.rid != service.rid) {
        return Err(DelegationRefusal::EvidenceForOthers {
            service: service.clone(),
            sname: Box::new(ticket.sname.clone()),
        }
        .into());
    }
    let etype = ticket.enc_part.known_etype();
    let keys = service.keys.sets().take(2);
    let mut last = None;
    for key in keys.filter_map(|set| set.key(etype?)) {
        match ticket.enc_part.open(key, KeyUsage::TICKET) {
            Ok(plaintext) => {
                let part =
                    EncTicketPart::decode(&plaintext).map_err(|error| Refusal::Malformed(Box::new(error)))?;
                check_times(context, &part)?;
                return Ok(Evidence { part, plaintext, key });
            }
            Err(error) => last = Some(error),
        }
    }
    Err(DelegationRefusal::EvidenceKey {
        service: service.clone(),
        error: last,
    }
    .into())
}

fn check_times(context: &Context<'_>, part: &EncTicketPart) -> Result<(), Refusal> {
    let now = context.now;
    if part.flags.contains(TicketFlags::INVALID) {
        let starttime = part.valid_from();
        return Err(Refusal::TicketNotYetValid { starttime, now });
    }
    if part.endtime.timestamp() <= now {
        let endtime = part.endtime;
        return Err(DelegationRefusal::EvidenceEnded { endtime, now }.into());
    }
    Ok(())
}

/// The user of the evidence ticket, whose state counts; `None` for one of another realm. Behind a partial TGT the
/// read-only domain controller must be allowed to speak for the user, too.
fn user(
    context: &mut Context<'_>,
    tgt: &Tgt<'_>,
    part: &EncTicketPart,
) -> Result<Option<Arc<Account>>, Refusal> {
    if !context.domain.is_own_realm(&part.crealm) {
        return Ok(None);
    }
    let unknown = || Refusal::ClientUnknown {
        name: Some(Box::new(part.cname.clone())),
        exchange: Exchange::Tgs,
    };
    let user = lookup::client(context.domain, &part.cname)
        .ok_or_else(unknown)?
        .clone();
    context.check_state(&user)?;
    if let Some(issuer) = tgt.rodc() {
        rodc::check_replication_policy(context, issuer, &user)?;
    }
    Ok(Some(user))
}

/// Verifies all signatures of the evidence ticket. Whoever issued the TGT must have issued it.
fn verify<'p>(
    context: &Context<'_>,
    tgt: &Tgt<'_>,
    evidence: &Evidence<'_>,
    octets: &'p [u8],
) -> Result<Pac<'p>, Refusal> {
    let unsigned = |error: SignatureError| {
        Refusal::from(DelegationRefusal::EvidenceUnsigned {
            error: Some(Box::new(error)),
        })
    };
    let pac = Pac::parse(octets).map_err(|error| Refusal::BadPac(Box::new(error.into())))?;
    let blank = ticket_without_pac(&evidence.plaintext)
        .map_err(|_| DelegationRefusal::EvidenceUnsigned { error: None })?;
    let expected = SignatureSet {
        ticket: Some(&blank),
        full: false,
    };
    let checksum_type = pac.signature(SignatureKind::Kdc).map_err(unsigned)?.checksum_type;
    let mut last = None;
    for set in tgt.issuer_keys(context) {
        let keys = PacKeys {
            server: evidence.key,
            kdc: signing_key(set, checksum_type).unwrap_or(evidence.key),
            rodc_identifier: tgt.rodc().map(|rodc| rodc.number),
        };
        match pac.verify(&keys, &expected) {
            Ok(()) => return Ok(pac),
            // the first key is the likeliest one
            Err(error) => last = last.or(Some(error)),
        }
    }
    Err(last.map_or_else(
        || DelegationRefusal::EvidenceUnsigned { error: None }.into(),
        unsigned,
    ))
}

/// Whether the delegation is allowed, and whether it is the target that allows it.
fn check_policy(
    context: &Context<'_>,
    request: &KdcReq,
    service: &Arc<Account>,
    target: &Arc<Account>,
    part: &EncTicketPart,
    user: Option<&Arc<Account>>,
) -> Result<bool, Refusal> {
    let sname = request.body().sname.as_ref();
    let sname = sname.unwrap_or_else(|| context.domain.krbtgt_name());
    let text = sname.to_string();
    let forwardable = part.flags.contains(TicketFlags::FORWARDABLE);
    let not_forwardable = || {
        let user = Box::new(part.cname.clone());
        Refusal::from(DelegationRefusal::NotForwardable { user })
    };
    if service
        .delegate_to
        .iter()
        .any(|name| name.eq_ignore_ascii_case(&text))
    {
        return if forwardable {
            Ok(false)
        } else {
            Err(not_forwardable())
        };
    }
    if !knows_resource_based(request) {
        return Err(DelegationRefusal::NotAllowed {
            service: service.clone(),
            sname: Box::new(sname.clone()),
        }
        .into());
    }
    let accepted = |(sid, _): &(kerberos::sid::Sid, Arc<str>)| service.token.contains(sid);
    if !target.accepts_delegation_from.iter().any(accepted) {
        return Err(DelegationRefusal::NotAccepted {
            service: service.clone(),
            target: target.clone(),
        }
        .into());
    }
    let tolerated =
        context.dc.updates < UpdateLevel::DELEGATION_HARDENING && user.is_none_or(|user| user.may_delegate());
    if forwardable || tolerated {
        Ok(true)
    } else {
        Err(not_forwardable())
    }
}

fn knows_resource_based(request: &KdcReq) -> bool {
    let options = request
        .padata
        .find(PaDataType::PAC_OPTIONS)
        .and_then(|value| PaPacOptions::decode(value).ok());
    options.is_some_and(|options| {
        options
            .options
            .contains(PacOptions::RESOURCE_BASED_CONSTRAINED_DELEGATION)
    })
}

/// The way of the user so far, with the first service at its end.
fn delegation_info(request: &KdcReq, ticket: &Ticket, pac: &Pac<'_>) -> Result<S4uDelegationInfo, Refusal> {
    let before = pac
        .delegation_info()
        .map_err(|error| Refusal::BadPac(Box::new(error)))?;
    let mut transited_services = before.map_or_else(Vec::new, |info| info.transited_services);
    transited_services.push(RpcString::from(&*format!("{}@{}", ticket.sname, ticket.realm)));
    let sname = request.body().sname.as_ref().map(PrincipalName::to_string);
    Ok(S4uDelegationInfo {
        proxy_target: RpcString::from(&*sname.unwrap_or_default()),
        transited_services,
    })
}
