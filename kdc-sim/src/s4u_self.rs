//! S4U2Self: a service gets a ticket to itself for a user (MS-SFU section 3.2.5.1).

use std::sync::Arc;

use kerberos::codes::PaDataType;
use kerberos::crypto::{ChecksumType, Key, KeyUsage, hmac_md5_checksum};
use kerberos::wire::{
    Checksum, KdcOptions, KdcReq, MethodData, NameType, PaForUser, PaS4uX509User, PrincipalName, Realm,
    S4uOptions, S4uUserId,
};

use crate::config::{Profile, UpdateLevel};
use crate::decision::Detail;
use crate::directory::{Account, Restriction, UserAccountControl};
use crate::issue::PacSource;
use crate::refusal::{DelegationRefusal, Refusal};
use crate::request::Context;
use crate::tgs_issue::{Client, Target, issue};
use crate::tgt::{Tgt, same_octets};
use crate::{lookup, rules};

/// Whether a request is one.
pub(crate) fn is_asked(request: &KdcReq) -> bool {
    request.padata.contains(PaDataType::FOR_USER) || request.padata.contains(PaDataType::S4U_X509_USER)
}

/// Answers one, whose TGT is that of the service.
pub(crate) fn serve(
    context: &mut Context<'_>,
    request: &KdcReq,
    tgt: &Tgt<'_>,
    service: &Arc<Account>,
    target: &Target,
) -> Result<Vec<u8>, Refusal> {
    if tgt.rodc().is_some() && context.dc.profile == Profile::Windows {
        return Err(Refusal::RodcS4u);
    }
    let wanted = wanted(request, tgt)?;
    let user = find(context, &wanted)?;
    check_state(context, &user, wanted.options)?;
    let itself = target.account().is_some_and(|target| target.rid == service.rid);
    if !itself {
        let sname = request.body().sname.as_ref();
        return Err(DelegationRefusal::NotItself {
            service: service.clone(),
            sname: Box::new(sname.unwrap_or_else(|| context.domain.krbtgt_name()).clone()),
        }
        .into());
    }
    let may_forward = may_forward(context, service, &user);
    context.trail.noted(
        &rules::S4U_SELF,
        Detail::Impersonated {
            service: service.clone(),
            user: user.clone(),
            may_forward,
        },
    );
    let cname = user_name(request, wanted.name.as_ref(), &user);
    let client = Client {
        crealm: context.domain.realm(),
        cname: &cname,
        basis: &tgt.part,
        account: Some(&user),
        source: PacSource::Impersonated(user.clone()),
        attributes: None,
        visitor: None,
        may_forward,
        methods: wanted
            .answers
            .map(|id| answer(id, tgt, context.domain.realm(), &cname)),
    };
    issue(context, request, tgt, &client, target)
}

/// The user a service asks for.
struct Wanted {
    /// `None` when a certificate stands for it.
    name: Option<PrincipalName>,
    realm: Realm,
    options: S4uOptions,
    /// What the reply answers, where the request has PA-S4U-X509-USER.
    answers: Option<S4uUserId>,
}

/// PA-S4U-X509-USER counts where both are there.
fn wanted(request: &KdcReq, tgt: &Tgt<'_>) -> Result<Wanted, Refusal> {
    let malformed = |error| Refusal::Malformed(Box::new(error));
    if let Some(value) = request.padata.find(PaDataType::S4U_X509_USER) {
        let user = PaS4uX509User::decode(value).map_err(malformed)?;
        return wanted_by_x509(user, tgt);
    }
    let value = request.padata.find(PaDataType::FOR_USER);
    let user = PaForUser::decode(value.map_or(&[][..], |value| value)).map_err(malformed)?;
    let signed = PaForUser::checksum_input(&user.user_name, &user.user_realm, &user.auth_package);
    check(&tgt.session, KeyUsage::PA_FOR_USER, &signed, &user.cksum)?;
    Ok(Wanted {
        name: Some(user.user_name),
        realm: user.user_realm,
        options: S4uOptions::empty(),
        answers: None,
    })
}

fn wanted_by_x509(user: PaS4uX509User, tgt: &Tgt<'_>) -> Result<Wanted, Refusal> {
    let (key, _) = tgt.reply_key();
    let usage = KeyUsage::PA_S4U_X509_USER_REQUEST;
    check(key, usage, &user.user_id.encode(), &user.checksum)?;
    let named = |name: &PrincipalName| name.components.iter().any(|part| !part.as_bytes().is_empty());
    Ok(Wanted {
        name: user.user_id.cname.clone().filter(named),
        realm: user.user_id.crealm.clone(),
        options: user.user_id.options.unwrap_or_default(),
        answers: Some(user.user_id),
    })
}

/// PA-S4U-X509-USER of the reply: the user as the ticket names them, under a checksum, so that the service can trust the
/// name that stands in clear. MIT refuses another.
fn answer(asked: S4uUserId, tgt: &Tgt<'_>, realm: &Realm, cname: &PrincipalName) -> MethodData {
    let (key, _) = tgt.reply_key();
    let signs = asked.options.unwrap_or_default() & S4uOptions::SIGN_REPLY;
    let usage = if signs.is_empty() {
        KeyUsage::PA_S4U_X509_USER_REQUEST
    } else {
        KeyUsage::PA_S4U_X509_USER_REPLY
    };
    let user_id = S4uUserId {
        options: asked.options.map(|_| signs),
        cname: Some(cname.clone()),
        crealm: realm.clone(),
        ..asked
    };
    let reply = PaS4uX509User {
        checksum: Checksum {
            r#type: key.checksum_type().number(),
            checksum: key.checksum(usage, &user_id.encode()).as_slice().to_vec().into(),
        },
        user_id,
    };
    MethodData::default().with(PaDataType::S4U_X509_USER, reply.encode())
}

/// A checksum of the key's type, or HMAC-MD5, which MS-SFU asks for whatever the key is.
fn check(key: &Key, usage: KeyUsage, signed: &[u8], checksum: &Checksum) -> Result<(), Refusal> {
    let wrong = |error| Refusal::from(DelegationRefusal::UserChecksum(error));
    if checksum.r#type == key.checksum_type().number() {
        return key
            .verify_checksum(usage, signed, &checksum.checksum)
            .map_err(wrong);
    }
    if checksum.r#type != ChecksumType::HmacMd5.number() {
        let came = checksum.r#type;
        return Err(DelegationRefusal::UserChecksumType { came }.into());
    }
    let expected = hmac_md5_checksum(key.expose(), usage, signed);
    if same_octets(&expected, &checksum.checksum) {
        Ok(())
    } else {
        let checksum_type = ChecksumType::HmacMd5;
        Err(wrong(kerberos::crypto::CryptoError::ChecksumMismatch {
            checksum_type,
            usage,
        }))
    }
}

fn find(context: &Context<'_>, wanted: &Wanted) -> Result<Arc<Account>, Refusal> {
    let own = context.domain.is_own_realm(&wanted.realm);
    let found = wanted
        .name
        .as_ref()
        .filter(|_| own)
        .and_then(|name| lookup::client(context.domain, name));
    let unknown = || DelegationRefusal::UserUnknown {
        name: wanted.name.clone().map(Box::new),
        realm: wanted.realm.clone(),
    };
    found.cloned().ok_or_else(|| unknown().into())
}

/// A password plays no part here, and logon hours only when the service asks for them.
fn check_state(context: &Context<'_>, user: &Arc<Account>, options: S4uOptions) -> Result<(), Refusal> {
    match context.check_state(user) {
        Err(Refusal::AccountState {
            restriction: Restriction::LogonHours,
            ..
        }) if !options.contains(S4uOptions::CHECK_LOGON_HOURS) => Ok(()),
        checked => checked,
    }
}

/// Whether the ticket may be passed on. Since December 2020 that of a service without a list of targets may, so that
/// resource-based delegation goes on; Samba asks for protocol transition.
fn may_forward(context: &Context<'_>, service: &Account, user: &Account) -> bool {
    let changes_protocols = service
        .control
        .contains(UserAccountControl::TRUSTED_TO_AUTH_FOR_DELEGATION);
    let windows = context.dc.profile == Profile::Windows;
    let hardened = context.dc.updates >= UpdateLevel::DELEGATION_HARDENING;
    user.may_delegate() && (changes_protocols || (windows && hardened && service.delegate_to.is_empty()))
}

/// The name as it was asked for; with canonicalisation, and for an enterprise name always, the sAMAccountName.
fn user_name(request: &KdcReq, asked: Option<&PrincipalName>, user: &Account) -> PrincipalName {
    let canonicalize = request.body().kdc_options.contains(KdcOptions::CANONICALIZE);
    match asked {
        Some(name) if !canonicalize && name.name_type != NameType::ENTERPRISE => name.clone(),
        _ => PrincipalName::principal(&*user.name),
    }
}
