//! The TGS exchange: a ticket for a TGT (RFC 4120 section 3.3, MS-KILE section 3.3.5.7). A partial TGT becomes a full one here.

use std::sync::Arc;

use kerberos::pac::Pac;
use kerberos::wire::{KdcOptions, KdcReq, TicketFlags};

use crate::config::Profile;
use crate::directory::Trust;
use crate::identity::identify;
use crate::issue::PacSource;
use crate::lookup::{self, Service};
use crate::referral;
use crate::refusal::{DelegationRefusal, Exchange, Refusal};
use crate::request::Context;
use crate::tgs_issue::{Client, Target, issue};
use crate::tgt::{self, Tgt};
use crate::{authn_policy, fast, s4u_proxy, s4u_self, u2u};

/// Answers a TGS-REQ.
pub(crate) fn serve(context: &mut Context<'_>, outer: &KdcReq) -> Result<Vec<u8>, Refusal> {
    let tgt = tgt::open(context, outer)?;
    let inner = fast::open_tgs(context, outer, &tgt)?;
    let request = inner.as_ref().unwrap_or(outer);
    if inner.is_some() {
        // the options that count are those within the armor
        tgt::check_times(context, &tgt.part, request.body().kdc_options)?;
    }
    check_options(context, request, &tgt)?;
    let target = target(context, request)?;
    let pac = tgt.part.pac();
    let pac = pac
        .as_ref()
        .map(|octets| tgt::verify_pac(context, &tgt, octets))
        .transpose()?;
    if let Target::Account(service) = &target {
        context.check_secrets(service, Exchange::Tgs)?;
    }
    if let Some(trust) = tgt.trust().cloned() {
        return serve_visitor(context, request, &tgt, &trust, pac, target);
    }
    let (account, source, attributes) = identify(context, &tgt, pac)?.into_parts();
    let target = u2u::resolve(context, request, target)?;
    let on_behalf = request.body().kdc_options.contains(KdcOptions::CNAME_IN_ADDL_TKT);
    if !on_behalf && s4u_self::is_asked(request) {
        return s4u_self::serve(context, request, &tgt, &account, &target);
    }
    if let Some(service) = target.account() {
        authn_policy::check_service(context, &account, service)?;
    }
    if on_behalf {
        return s4u_proxy::serve(context, request, &tgt, &account, &target);
    }
    let client = Client {
        crealm: &tgt.part.crealm,
        cname: &tgt.part.cname,
        basis: &tgt.part,
        account: Some(&account),
        source,
        attributes,
        visitor: None,
        may_forward: account.may_delegate(),
        methods: None,
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
    target: Target,
) -> Result<Vec<u8>, Refusal> {
    let options = request.body().kdc_options;
    if options.intersects(KdcOptions::RENEW | KdcOptions::VALIDATE) {
        // the realm that issued it does that
        return Err(Refusal::OptionNotGranted {
            option: options & (KdcOptions::RENEW | KdcOptions::VALIDATE),
        });
    }
    if options.contains(KdcOptions::CNAME_IN_ADDL_TKT) || s4u_self::is_asked(request) {
        return Err(DelegationRefusal::elsewhere(request).into());
    }
    let (visitor, pac) = referral::check(context, tgt, trust, pac, options)?;
    let attributes = pac
        .attributes_info()
        .map_err(|error| Refusal::BadPac(Box::new(error)))?;
    let target = u2u::resolve(context, request, target)?;
    if let Some(service) = target.account() {
        referral::check_selective(context, &visitor.info, service)?;
        authn_policy::check_visitor(context, &visitor.info, service)?;
    }
    let client = Client {
        crealm: &tgt.part.crealm,
        cname: &tgt.part.cname,
        basis: &tgt.part,
        account: None,
        source: PacSource::Trusted(pac, Box::new(visitor.info.clone())),
        attributes,
        visitor: Some(&visitor),
        may_forward: true,
        methods: None,
    };
    issue(context, request, tgt, &client, &target)
}

fn check_options(context: &Context<'_>, request: &KdcReq, tgt: &Tgt<'_>) -> Result<(), Refusal> {
    let options = request.body().kdc_options;
    if context.is_postdated(request.body()) {
        return Err(Refusal::Postdated);
    }
    if options.contains(KdcOptions::VALIDATE) && context.dc.profile == Profile::Windows {
        // only a postdated ticket needs it, and there are none
        let option = KdcOptions::VALIDATE;
        return Err(Refusal::OptionUnavailable { option });
    }
    let further = KdcOptions::ENC_TKT_IN_SKEY | KdcOptions::CNAME_IN_ADDL_TKT;
    if options.contains(further) {
        return Err(DelegationRefusal::TicketMissing { option: further }.into());
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
        Service::Account(account) => {
            if !body.kdc_options.contains(KdcOptions::ENC_TKT_IN_SKEY) {
                u2u::check_service(account)?;
            }
            Ok(Target::Account(account.clone()))
        }
        // the keys of trusts are held by writable domain controllers only
        Service::Trust(_) if context.dc.rodc.is_some() => Err(Refusal::SecretsElsewhere {
            account: None,
            exchange: Exchange::Tgs,
        }),
        Service::Trust(trust) => Ok(Target::Trust(trust.clone())),
    }
}
