//! Making the reply of a TGS exchange: a ticket that follows from one that the client has.

use std::sync::Arc;

use kerberos::codes::PaDataType;
use kerberos::crypto::{Etype, Key};
use kerberos::pac::{AttributesFlags, AttributesInfo, PacKeys};
use kerberos::wire::{
    EncTicketPart, EncryptedData, EncryptionKey, KdcOptions, KdcReq, KeyListRep, KeyListReq, Kvno,
    MethodData, MsgType, PrincipalName, Pvno, Realm, SupportedEnctypes, TgsRep, Ticket, TicketFlags,
};

use crate::config::Profile;
use crate::decision::Detail;
use crate::directory::{Account, AccountKind, Trust, UserAccountControl};
use crate::issue::{
    Bounds, Grant, Life, PacSource, kdc_key, krbtgt_keys, kvno_of, session_etype, supported_enctypes,
};
use crate::preauth::bit;
use crate::referral::Visitor;
use crate::refusal::{Exchange, Refusal};
use crate::request::Context;
use crate::tgt::Tgt;
use crate::{fast, rules};

/// Whose ticket it becomes, and what it follows from.
pub(crate) struct Client<'a> {
    pub(crate) crealm: &'a Realm,
    pub(crate) cname: &'a PrincipalName,
    /// The ticket that the new one follows from: the TGT, or the evidence ticket of a delegation.
    pub(crate) basis: &'a EncTicketPart,
    /// `None` for a client of another realm.
    pub(crate) account: Option<&'a Arc<Account>>,
    pub(crate) source: PacSource<'a>,
    /// ATTRIBUTES_INFO of the TGT.
    pub(crate) attributes: Option<AttributesInfo>,
    /// What is believed of a client of another realm.
    pub(crate) visitor: Option<&'a Visitor>,
    /// Whether the ticket may be forwardable or proxiable.
    pub(crate) may_forward: bool,
    /// Pre-authentication data of the reply.
    pub(crate) methods: Option<MethodData>,
}

/// What a ticket is wanted for.
pub(crate) enum Target {
    Krbtgt,
    Account(Arc<Account>),
    Trust(Arc<Trust>),
    /// An account that opens the ticket with the session key of its own TGT.
    UserToUser {
        account: Arc<Account>,
        key: Box<Key>,
    },
}

impl Target {
    /// The account of a service.
    pub(crate) fn account(&self) -> Option<&Arc<Account>> {
        match self {
            Self::Account(account) | Self::UserToUser { account, .. } => Some(account),
            Self::Krbtgt | Self::Trust(_) => None,
        }
    }
}

/// The reply with a new ticket.
pub(crate) fn issue(
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
        Target::Account(account) | Target::UserToUser { account, .. } => supported_enctypes(context, account),
        Target::Trust(_) => SupportedEnctypes::from_bits_retain(0x1C),
    };
    let life = life(context, request, tgt, client, target)?;
    let session = Key::generate(session_etype(context, &body.etype, supported)?, context.rng);
    let trust_name;
    let sname = match (target, &body.sname) {
        (Target::Trust(trust), _) => {
            trust_name = PrincipalName::krbtgt(trust.realm.clone());
            &trust_name
        }
        (Target::Account(_) | Target::UserToUser { .. }, Some(name)) => name,
        _ => domain.krbtgt_name(),
    };
    let grant = Grant {
        flags: flags(body.kdc_options, tgt, client, target, &life),
        session: &session,
        crealm: client.crealm,
        cname: client.cname,
        authtime: client.basis.authtime,
        life,
        addresses: if body
            .kdc_options
            .intersects(KdcOptions::FORWARDED | KdcOptions::PROXY)
        {
            body.addresses.as_ref().filter(|_| context.dc.client_addresses)
        } else {
            client.basis.caddr.as_ref()
        },
        srealm: domain.realm(),
        sname,
        transited: match client.visitor {
            Some(visitor) => Some(&visitor.transited),
            None => Some(&client.basis.transited).filter(|_| tgt.rodc().is_none()),
        },
    };
    let ticket = seal(context, request, client, target, &grant)?;
    let methods = encrypted_methods(context, request, tgt, client, target, supported);
    let part = grant.reply_part(body.nonce, Some(methods)).encode_tgs_rep();
    context.trail.noted(
        &rules::ISSUED,
        Detail::Issued {
            client: client.cname.clone(),
            service: sname.clone(),
            etype: ticket.enc_part.known_etype().unwrap_or_else(|| session.etype()),
            flags: grant.flags,
            endtime: life.end,
        },
    );
    Ok(reply(context, tgt, client, &part, ticket))
}

/// The reply, within armor where the request came in some.
fn reply(
    context: &mut Context<'_>,
    tgt: &Tgt<'_>,
    client: &Client<'_>,
    part: &[u8],
    ticket: Ticket,
) -> Vec<u8> {
    let (reply_key, usage) = tgt.reply_key();
    let finished = fast::finish(
        context,
        client.methods.as_ref(),
        reply_key,
        client.crealm,
        client.cname,
        &ticket,
    );
    let sealed =
        |key: &Key, context: &mut Context<'_>| EncryptedData::seal(key, usage, None, part, context.rng);
    let reply = match finished {
        None => TgsRep {
            pvno: Pvno,
            msg_type: MsgType,
            padata: client.methods.clone(),
            crealm: client.crealm.clone(),
            cname: client.cname.clone(),
            enc_part: sealed(reply_key, context),
            ticket,
        },
        Some(finished) => TgsRep {
            pvno: Pvno,
            msg_type: MsgType,
            enc_part: sealed(&finished.key, context),
            padata: Some(finished.methods),
            crealm: finished.crealm,
            cname: finished.cname,
            ticket,
        },
    };
    reply.encode()
}

fn life(
    context: &Context<'_>,
    request: &KdcReq,
    tgt: &Tgt<'_>,
    client: &Client<'_>,
    target: &Target,
) -> Result<Life, Refusal> {
    let part = client.basis;
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
        Target::Account(_) | Target::UserToUser { .. } => context.dc.max_service_age,
    };
    let renewable = part.flags.contains(TicketFlags::RENEWABLE);
    let bounds = Bounds {
        age,
        end: part.endtime.min(tgt.part.endtime),
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
    let had = client.basis.flags;
    if options.intersects(KdcOptions::RENEW | KdcOptions::VALIDATE) {
        return had.difference(TicketFlags::INVALID | TicketFlags::INITIAL);
    }
    let inherited = TicketFlags::PRE_AUTHENT
        | TicketFlags::HW_AUTHENT
        | TicketFlags::ENC_PA_REP
        | TicketFlags::FORWARDED
        | TicketFlags::PROXY;
    let mut flags = had & inherited;
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
        inherits(KdcOptions::FORWARDABLE, TicketFlags::FORWARDABLE) && client.may_forward,
    );
    flags.set(
        TicketFlags::PROXIABLE,
        inherits(KdcOptions::PROXIABLE, TicketFlags::PROXIABLE) && client.may_forward,
    );
    if options.contains(KdcOptions::FORWARDED) {
        flags |= TicketFlags::FORWARDED;
    }
    if options.contains(KdcOptions::PROXY) {
        flags |= TicketFlags::PROXY;
    }
    if let Some(service) = target.account() {
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
    let (issuer, rodc_identifier) = context.issuer_keys();
    let kdc = kdc_key(context, issuer);
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
            Ok(seal_tgt(context, client, grant, attributes, (&keys, kvno)))
        }
        Target::Trust(trust) => seal_referral(context, request, client, trust, grant),
        Target::Account(account) => {
            let server = service_key(context, account, &request.body().etype)?;
            let keys = PacKeys {
                server,
                kdc: kdc.unwrap_or(server),
                rodc_identifier,
            };
            let kvno = kvno_of(account.keys.current());
            if account.kind == AccountKind::Krbtgt {
                return Ok(seal_tgt(context, client, grant, client.attributes, (&keys, kvno)));
            }
            seal_service(context, client, grant, &keys, Some(kvno))
        }
        Target::UserToUser { key, .. } => {
            let listed = &request.body().etype;
            if !listed.contains(&key.etype().number()) {
                return Err(Refusal::EtypeUnsupported {
                    listed: listed.clone(),
                });
            }
            let keys = PacKeys {
                server: key,
                kdc: kdc.unwrap_or(key),
                rodc_identifier,
            };
            seal_service(context, client, grant, &keys, None)
        }
    }
}

/// A TGT for the other side of a trust.
fn seal_referral(
    context: &mut Context<'_>,
    request: &KdcReq,
    client: &Client<'_>,
    trust: &Trust,
    grant: &Grant<'_>,
) -> Result<Ticket, Refusal> {
    let unknown = || Refusal::ServiceUnknown {
        name: request.body().sname.clone().map(Box::new),
        exchange: Exchange::Tgs,
    };
    let set = trust.spec.incoming.as_ref().ok_or_else(unknown)?.current();
    let server = set.strongest().ok_or_else(|| Refusal::EtypeUnsupported {
        listed: request.body().etype.clone(),
    })?;
    let (issuer, rodc_identifier) = context.issuer_keys();
    let keys = PacKeys {
        server,
        kdc: kdc_key(context, issuer).unwrap_or(server),
        rodc_identifier,
    };
    let key = (&keys, kvno_of(set));
    Ok(seal_tgt(context, client, grant, client.attributes, key))
}

fn seal_tgt(
    context: &mut Context<'_>,
    client: &Client<'_>,
    grant: &Grant<'_>,
    attributes: Option<AttributesInfo>,
    (keys, kvno): (&PacKeys<'_>, Kvno),
) -> Ticket {
    let pac = client
        .source
        .for_tgt(context, grant.authtime, grant.cname, attributes);
    grant.seal_tgt(context, pac, keys, kvno)
}

fn seal_service(
    context: &mut Context<'_>,
    client: &Client<'_>,
    grant: &Grant<'_>,
    keys: &PacKeys<'_>,
    kvno: Option<Kvno>,
) -> Result<Ticket, Refusal> {
    let unwanted = client
        .attributes
        .is_some_and(|attributes| attributes.flags == AttributesFlags::empty());
    if unwanted {
        return Ok(grant.seal_service(context, None, keys, kvno));
    }
    let (pac, count) = client.source.for_service(context, grant.authtime, grant.cname)?;
    context
        .trail
        .noted(&rules::TGS_RESOURCE_GROUPS, Detail::ResourceGroups { count });
    Ok(grant.seal_service(context, Some(pac), keys, kvno))
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
