//! Trusts: what a domain knows of another realm, as a trustedDomain object has it (MS-ADTS section 6.1.6.7).

use std::sync::Arc;

use bitflags::bitflags;
use kerberos::sid::Sid;
use kerberos::wire::Realm;

use super::keys::KeyRing;
use super::names;

/// Another realm that this domain trusts, or is trusted by.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The other realm.
    pub realm: Realm,
    /// What was specified.
    pub spec: TrustSpec,
}

/// A trust as it is written down, on this side of it.
#[derive(Clone, Debug)]
pub struct TrustSpec {
    /// The other realm, upper case (trustPartner in upper case).
    pub realm: Arc<str>,
    /// Its NetBIOS name (flatName).
    pub netbios: Arc<str>,
    /// SID of the other domain (securityIdentifier); a realm that is no domain has none.
    pub sid: Option<Sid>,
    /// trustAttributes.
    pub attributes: TrustAttributes,
    /// Keys of the inbound direction (trustAuthIncoming): the other realm trusts this one, and referral TGTs to it are
    /// sealed with them. `None` where it does not.
    pub incoming: Option<KeyRing>,
    /// Keys of the outbound direction (trustAuthOutgoing): this domain trusts the other one, whose referral TGTs they
    /// open. `None` where it does not.
    pub outgoing: Option<KeyRing>,
    /// DNS suffixes that are looked for in the other realm or beyond it: names of its domains, and the top-level names
    /// of a forest (msDS-TrustForestTrustInfo).
    pub suffixes: Vec<Arc<str>>,
    /// Realms that are reached through the other one, upper case.
    pub beyond: Vec<Arc<str>>,
    /// SIDs of the domains behind the trust, besides that of the other domain: whose users may come this way
    /// (msDS-TrustForestTrustInfo).
    pub domains: Vec<Sid>,
}

impl Trust {
    /// Whether services may be given the TGTs of who came this way (MS-KILE section 3.3.5.7.5).
    #[must_use]
    pub fn delegates(&self) -> bool {
        let attributes = self.spec.attributes;
        attributes.contains(TrustAttributes::WITHIN_FOREST)
            || attributes.contains(TrustAttributes::CROSS_ORGANIZATION_ENABLE_TGT_DELEGATION)
    }
}

impl TrustSpec {
    /// A trust of both directions within a forest, with one ring of keys for both, as a new one has.
    #[must_use]
    pub fn within_forest(realm: &str, netbios: &str, sid: Sid, keys: KeyRing) -> Self {
        Self {
            realm: realm.to_uppercase().into(),
            netbios: netbios.into(),
            sid: Some(sid),
            attributes: TrustAttributes::WITHIN_FOREST,
            incoming: Some(keys.clone()),
            outgoing: Some(keys),
            suffixes: vec![realm.to_lowercase().into()],
            beyond: Vec::new(),
            domains: Vec::new(),
        }
    }

    /// How strictly SIDs that come this way are looked at.
    #[must_use]
    pub fn boundary(&self) -> Boundary {
        let quarantined = self.attributes.contains(TrustAttributes::QUARANTINED_DOMAIN);
        let has = |attribute| self.attributes.contains(attribute);
        match (has(TrustAttributes::WITHIN_FOREST), quarantined) {
            (true, true) => Boundary::QuarantinedWithinForest,
            (true, false) => Boundary::WithinForest,
            (false, true) => Boundary::QuarantinedExternal,
            (false, false) if has(TrustAttributes::TREAT_AS_EXTERNAL) => Boundary::External,
            (false, false) if has(TrustAttributes::FOREST_TRANSITIVE) => Boundary::CrossForest,
            (false, false) => Boundary::External,
        }
    }

    /// Whether a domain's users may come over this trust.
    #[must_use]
    pub fn speaks_for(&self, domain: &Sid) -> bool {
        self.sid.as_ref() == Some(domain) || self.domains.contains(domain)
    }

    /// Whether the way to a realm leads over this trust: it is the other one, or lies beyond it.
    #[must_use]
    pub fn leads_to(&self, realm: &str) -> bool {
        names::same(&self.realm, realm)
            || names::same(&self.netbios, realm)
            || self.beyond.iter().any(|other| names::same(other, realm))
    }

    /// Whether a host name or the suffix of a userPrincipalName belongs to the other side.
    #[must_use]
    pub fn has_suffix(&self, name: &str) -> bool {
        self.suffixes.iter().any(|suffix| is_below(name, suffix))
    }
}

/// Whether a DNS name is `suffix` or below it.
fn is_below(name: &str, suffix: &str) -> bool {
    let (name, suffix) = (name.as_bytes(), suffix.trim_start_matches('.').as_bytes());
    let at = name.len().checked_sub(suffix.len());
    at.is_some_and(|at| {
        name.get(at..)
            .is_some_and(|tail| tail.eq_ignore_ascii_case(suffix))
            && (at == 0 || name.get(at - 1) == Some(&b'.'))
    })
}

bitflags! {
    /// trustAttributes (MS-ADTS section 6.1.6.7.9).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct TrustAttributes: u32 {
        /// Only users of the other domain itself, and only into this one.
        const NON_TRANSITIVE = 0x0000_0001;
        /// Only SIDs of the other domain itself pass.
        const QUARANTINED_DOMAIN = 0x0000_0004;
        /// A trust between two forests.
        const FOREST_TRANSITIVE = 0x0000_0008;
        /// Selective authentication.
        const CROSS_ORGANIZATION = 0x0000_0010;
        /// Both domains are of one forest.
        const WITHIN_FOREST = 0x0000_0020;
        /// SID history is let through a forest trust, as through an external one.
        const TREAT_AS_EXTERNAL = 0x0000_0040;
        /// Tickets with RC4.
        const USES_RC4_ENCRYPTION = 0x0000_0080;
        /// TGTs of the other forest are not delegated.
        const CROSS_ORGANIZATION_NO_TGT_DELEGATION = 0x0000_0200;
        /// TGTs of the other forest are delegated.
        const CROSS_ORGANIZATION_ENABLE_TGT_DELEGATION = 0x0000_0800;
        const _ = !0;
    }
}

/// How strictly SIDs are looked at where a PAC crosses a trust (MS-PAC section 4.1.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Boundary {
    /// Between domains of one forest.
    WithinForest,
    /// The same, but with a domain that is not believed what it says of others.
    QuarantinedWithinForest,
    /// Between forests.
    CrossForest,
    /// With a domain of another forest.
    External,
    /// The same, and only what it says of its own.
    QuarantinedExternal,
}

impl std::fmt::Display for Boundary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::WithinForest => "within the forest",
            Self::QuarantinedWithinForest => "within the forest, quarantined",
            Self::CrossForest => "between forests",
            Self::External => "with a domain outside the forest",
            Self::QuarantinedExternal => "with a domain outside the forest, quarantined",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_ends_at_a_dot() {
        for (name, expected) in [
            ("north.ad.example", true),
            ("fs9.NORTH.ad.example", true),
            ("snorth.ad.example", false),
            ("ad.example", false),
        ] {
            assert_eq!(is_below(name, "north.ad.example"), expected, "{name}");
        }
    }

    #[test]
    fn attributes_decide_the_boundary() {
        use TrustAttributes as A;
        let sid = Sid::of_domain([1, 2, 3]);
        let keys = KeyRing::new(super::super::KeySet::from_keys(1, "", []));
        let mut trust = TrustSpec::within_forest("b.example", "B", sid, keys);
        for (attributes, expected) in [
            (A::WITHIN_FOREST, Boundary::WithinForest),
            (
                A::WITHIN_FOREST | A::QUARANTINED_DOMAIN,
                Boundary::QuarantinedWithinForest,
            ),
            (A::FOREST_TRANSITIVE, Boundary::CrossForest),
            (A::FOREST_TRANSITIVE | A::TREAT_AS_EXTERNAL, Boundary::External),
            (A::empty(), Boundary::External),
            (A::QUARANTINED_DOMAIN, Boundary::QuarantinedExternal),
        ] {
            trust.attributes = attributes;
            assert_eq!(trust.boundary(), expected, "{attributes:?}");
        }
    }
}
