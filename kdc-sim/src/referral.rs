//! Clients that come over a trust with a referral TGT of another realm (RFC 4120 section 3.3.3, MS-KILE section 3.3.5.7.5).

use std::sync::Arc;

use kerberos::pac::{LogonInfo, Pac, PacType, SidAndAttributes, UserFlags};
use kerberos::sid::Sid;
use kerberos::wire::{KdcOptions, TransitedEncoding};

use crate::decision::Detail;
use crate::directory::{Account, Boundary, Trust, TrustAttributes};
use crate::refusal::Refusal;
use crate::request::Context;
use crate::rules;
use crate::tgt::Tgt;
use crate::transited;

/// What is believed of a client that came over a trust.
pub(crate) struct Visitor {
    /// LOGON_INFO without what was filtered.
    pub(crate) info: LogonInfo,
    /// The realms that the client came through.
    pub(crate) transited: TransitedEncoding,
    /// Whether the realms were checked.
    pub(crate) path_checked: bool,
}

/// Looks at a referral TGT that opened: whose client it is, which way it came, and what its PAC says.
pub(crate) fn check<'p>(
    context: &mut Context<'_>,
    tgt: &Tgt<'_>,
    trust: &Arc<Trust>,
    pac: Option<Pac<'p>>,
    options: KdcOptions,
) -> Result<(Visitor, Pac<'p>), Refusal> {
    let crealm = &tgt.part.crealm;
    if !crealm.as_str().is_some_and(|realm| trust.spec.leads_to(realm)) {
        return Err(Refusal::TrustClient {
            trust: trust.clone(),
            crealm: crealm.clone(),
        });
    }
    let (transited, path_checked) = check_path(context, tgt, trust, options)?;
    let pac = pac.ok_or(Refusal::PacMissing { partial: false })?;
    let info = pac
        .logon_info()
        .map_err(|error| Refusal::BadPac(Box::new(error)))?
        .ok_or(Refusal::PacIncomplete {
            missing: PacType::LOGON_INFO,
        })?;
    let info = filter(context, trust, info)?;
    let visitor = Visitor {
        info,
        transited,
        path_checked,
    };
    Ok((visitor, pac))
}

/// The realm that issued the TGT is added to those it names, unless it is the client's own. Windows leaves it at that; another
/// KDC compares them with the way that its trusts describe.
fn check_path(
    context: &mut Context<'_>,
    tgt: &Tgt<'_>,
    trust: &Arc<Trust>,
    options: KdcOptions,
) -> Result<(TransitedEncoding, bool), Refusal> {
    let part = &tgt.part;
    let came = |realms| Refusal::Transited {
        trust: trust.clone(),
        realms,
    };
    let mut realms =
        transited::decode(&part.transited, &part.crealm, &trust.realm).ok_or_else(|| came(Vec::new()))?;
    if trust.realm != part.crealm {
        realms.push(trust.realm.to_string());
    }
    let wanted = context.dc.check_transited && !options.contains(KdcOptions::DISABLE_TRANSITED_CHECK);
    if wanted {
        if let Some(stranger) = realms.iter().find(|realm| !trust.spec.leads_to(realm)) {
            return Err(came(vec![stranger.clone()]));
        }
        context.passed(
            &rules::TGS_TRANSITED,
            Detail::Transited {
                realms: realms.clone(),
            },
        );
    }
    Ok((transited::encode(&realms), wanted))
}

/// Removes the SIDs that the trust does not let through (MS-PAC section 4.1.2.2).
fn filter(context: &mut Context<'_>, trust: &Arc<Trust>, mut info: LogonInfo) -> Result<LogonInfo, Refusal> {
    let boundary = trust.spec.boundary();
    let domain = info.logon_domain_id;
    let speaks = domain.filter(|domain| boundary == Boundary::WithinForest || trust.spec.speaks_for(domain));
    if speaks.is_none_or(|domain| domain == context.domain.sid()) {
        return Err(Refusal::TrustSid {
            trust: trust.clone(),
            came: domain.map(Box::new),
        });
    }
    let own = context.domain.sid();
    let mut dropped = Vec::new();
    info.extra_sids.retain(|entry| {
        let passes = passes(&entry.sid, &trust.spec, boundary, &own);
        if !passes {
            dropped.push(entry.sid);
        }
        passes
    });
    // groups of the resource's domain are worked out anew where the resource is
    info.resource_groups.clear();
    info.resource_group_domain = None;
    info.user_flags.remove(UserFlags::RESOURCE_GROUPS);
    if trust
        .spec
        .attributes
        .contains(TrustAttributes::CROSS_ORGANIZATION)
    {
        info.extra_sids
            .push(SidAndAttributes::new(Sid::OTHER_ORGANIZATION));
    }
    if !info.extra_sids.is_empty() {
        info.user_flags |= UserFlags::EXTRA_SIDS;
    }
    context.trail.noted(
        &rules::TGS_SIDS_FILTERED,
        Detail::SidsFiltered {
            trust: trust.clone(),
            dropped,
        },
    );
    Ok(info)
}

/// Whether a SID of another group may come over a trust.
fn passes(sid: &Sid, trust: &crate::directory::TrustSpec, boundary: Boundary, own: &Sid) -> bool {
    const NT_AUTHORITY: u64 = 5;
    const AUTHENTICATION_AUTHORITY: u64 = 18;
    /// RIDs below belong to what every domain has: groups of administrators among them.
    const FIRST_OWN_RID: u32 = 1000;
    let within = matches!(
        boundary,
        Boundary::WithinForest | Boundary::QuarantinedWithinForest
    );
    match (sid.authority(), sid.sub_authorities()) {
        (AUTHENTICATION_AUTHORITY, _) => true,
        (NT_AUTHORITY, [21, 0, 0, 0, _]) => true,
        // Enterprise Domain Controllers
        (NT_AUTHORITY, [9]) => within,
        (NT_AUTHORITY, _) if *sid == Sid::OTHER_ORGANIZATION => true,
        (NT_AUTHORITY, [21, ..]) => {
            let (Some(domain), Some(rid)) = (sid.domain(), sid.rid()) else {
                return false;
            };
            match boundary {
                Boundary::WithinForest => true,
                Boundary::CrossForest => trust.speaks_for(&domain),
                Boundary::External => domain != *own && (trust.sid == Some(domain) || rid >= FIRST_OWN_RID),
                Boundary::QuarantinedWithinForest | Boundary::QuarantinedExternal => {
                    trust.sid == Some(domain)
                }
            }
        }
        _ => false,
    }
}

/// Selective authentication: who came over such a trust needs the right "Allowed to Authenticate" to the service.
pub(crate) fn check_selective(
    context: &mut Context<'_>,
    info: &LogonInfo,
    service: &Arc<Account>,
) -> Result<(), Refusal> {
    let mut organization = info.extra_sids.iter().map(|entry| entry.sid);
    if !organization.any(|sid| sid == Sid::OTHER_ORGANIZATION) {
        return Ok(());
    }
    let is_allowed = |sid: Sid| service.allowed_to_authenticate.contains(&sid);
    if info.sids().any(is_allowed) {
        context.passed(
            &rules::TGS_SELECTIVE,
            Detail::AllowedToAuthenticate(service.clone()),
        );
        return Ok(());
    }
    Err(Refusal::SelectiveAuthentication {
        client: info.user_sid().map(Box::new),
        service: service.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{KeyRing, KeySet, TrustSpec};

    const OWN: [u32; 3] = [1, 1, 1];
    const THEIRS: [u32; 3] = [2, 2, 2];
    const BEHIND: [u32; 3] = [3, 3, 3];
    const STRANGE: [u32; 3] = [4, 4, 4];

    fn sid(domain: [u32; 3], rid: u32) -> Sid {
        Sid::of_domain(domain).with_rid(rid).unwrap()
    }

    fn trust(attributes: TrustAttributes) -> TrustSpec {
        let keys = KeyRing::new(KeySet::from_keys(1, "", []));
        let mut trust = TrustSpec::within_forest("b.example", "B", Sid::of_domain(THEIRS), keys);
        trust.domains = vec![Sid::of_domain(BEHIND)];
        trust.attributes = attributes;
        trust
    }

    /// Which of the six SIDs pass: theirs, of a domain behind, of our own, of nobody's known, with a low RID of nobody's, builtin.
    fn passing(attributes: TrustAttributes) -> Vec<bool> {
        let trust = trust(attributes);
        let sids = [
            sid(THEIRS, 512),
            sid(BEHIND, 1105),
            sid(OWN, 519),
            sid(STRANGE, 1105),
            sid(STRANGE, 512),
            Sid::new(5, &[32, 544]).unwrap(),
        ];
        sids.iter()
            .map(|sid| passes(sid, &trust, trust.boundary(), &Sid::of_domain(OWN)))
            .collect()
    }

    #[test]
    fn each_boundary_lets_its_own_sids_through() {
        use TrustAttributes as A;
        for (attributes, expected) in [
            (A::WITHIN_FOREST, [true, true, true, true, true, false]),
            (A::FOREST_TRANSITIVE, [true, true, false, false, false, false]),
            (
                A::FOREST_TRANSITIVE | A::TREAT_AS_EXTERNAL,
                [true, true, false, true, false, false],
            ),
            (A::empty(), [true, true, false, true, false, false]),
            (A::QUARANTINED_DOMAIN, [true, false, false, false, false, false]),
            (
                A::WITHIN_FOREST | A::QUARANTINED_DOMAIN,
                [true, false, false, false, false, false],
            ),
        ] {
            assert_eq!(passing(attributes), expected, "{attributes:?}");
        }
    }

    #[test]
    fn only_a_forest_lets_enterprise_domain_controllers_through() {
        let controllers = Sid::new(5, &[9]).unwrap();
        let own = Sid::of_domain(OWN);
        for (attributes, expected) in [
            (TrustAttributes::WITHIN_FOREST, true),
            (TrustAttributes::FOREST_TRANSITIVE, false),
        ] {
            let trust = trust(attributes);
            assert_eq!(passes(&controllers, &trust, trust.boundary(), &own), expected);
            assert!(passes(
                &Sid::AUTHENTICATION_AUTHORITY_ASSERTED,
                &trust,
                trust.boundary(),
                &own
            ));
        }
    }
}
